#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/presence/tally.h"

namespace crosspoint::bench {

// Where streams are opened and how.
struct WatchTarget {
  std::string address;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  std::string request;                              // WatchPresenceRequest, serialised
  int connections = 1;                              // the streams take turns on them
  std::function<std::string(int watcher)> token{};  // without it none is sent
};

// Programs that watch: a WatchPresence stream each, read on one thread that looks for marks and nothing else.
class Watchers {
 public:
  // Returns when each has received its first message.
  Watchers(const WatchTarget& target, int count, Tally& tally);
  ~Watchers();  // cancels
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  // The first message that came, e.g. to learn its size.
  const std::string& first_message() const { return first_message_; }

 private:
  struct Stream;
  void Read();

  Tally& tally_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> connections_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::string first_message_;
  std::atomic<int> ready_{0};
  std::atomic<int> over_{0};
  std::thread reader_;
};

}  // namespace crosspoint::bench
