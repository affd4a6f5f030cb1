#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/zmq/curve_keys.h"
#include "common/zmq/wakeup.h"

namespace zmq {
class context_t;
}

namespace crosspoint {

// Who may read. Asked on the publisher's thread; must not wait.
class ClientGate {
 public:
  virtual ~ClientGate() = default;
  virtual bool Knows(const std::string& public_key) = 0;
  // Has the list of peers read again soon; BusPublisher::OnPeersRead is called afterwards, whatever came of it.
  virtual void AskForPeers() = 0;
};

struct BusPublisherOptions {
  std::string bind;
  CurveKeys keys;
  int high_water_mark = 0;  // frames waiting for one slow reader
  size_t max_queued = 0;    // messages waiting for the thread
};

// The PUB socket, and the ZAP handler that admits its readers; both belong to one thread. A client whose key is unknown
// waits until the list of peers was read once more, since a peer that joins connects as soon as it has registered.
class BusPublisher {
 public:
  BusPublisher(zmq::context_t& context, BusPublisherOptions options, ClientGate& gate);
  ~BusPublisher();

  // Binds, starts the thread and returns the address with the port taken.
  //   kUnavailable  the address cannot be bound
  absl::StatusOr<std::string> Start();
  // Sends what is queued and ends the thread. Idempotent.
  void Stop();

  // Never waits; false when the queue is full or closed and `message` is lost. Thread-safe.
  bool Send(std::string message);
  void OnPeersRead();  // thread-safe

  uint64_t refused() const { return refused_; }

 private:
  struct Sockets;
  void Run();
  void SendQueued();
  void AnswerZap();
  void AnswerWaiting();

  BusPublisherOptions options_;
  ClientGate& gate_;
  std::unique_ptr<Sockets> sockets_;  // of the thread, once it runs
  Wakeup wakeup_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> peers_read_{false};
  std::atomic<uint64_t> refused_{0};
  std::mutex mu_;
  std::vector<std::string> queue_;  // guarded by mu_
  std::thread thread_;
};

}  // namespace crosspoint
