#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/redis_config.h"
#include "common/redis/reply.h"
#include "common/redis/transport.h"

struct redisReader;

namespace crosspoint {

// The bytes of one command.
std::string EncodeRedisCommand(const std::vector<std::string>& args);

// One connection to Redis: transport, greeting (AUTH, CLIENT SETNAME, PING), output buffer and reply parser.
// Non-blocking, one thread; whoever owns it waits for readiness of fd(). After an error it is thrown away.
class RedisWire {
 public:
  using OnReply = std::function<void(RedisReply)>;

  static absl::StatusOr<std::unique_ptr<RedisWire>> Dial(const RedisConfig& config, const std::string& client_name,
                                                         unsigned attempt);
  ~RedisWire();
  RedisWire(const RedisWire&) = delete;
  RedisWire& operator=(const RedisWire&) = delete;

  int fd() const { return transport_->fd(); }
  bool ready() const { return state_ == State::kReady; }  // greeted; commands may be appended
  bool wants_write() const;

  // Does what the socket allows now: connects, greets, writes, reads, and hands every reply that belongs to an appended
  // command to `on_reply`. Call it once after Dial, then whenever fd() becomes ready.
  absl::Status Advance(const OnReply& on_reply);

  // Queues one encoded command; Flush writes what the socket takes. Over TLS no more than two flushes wait for replies
  // and later commands gather for the next: Redis reads one TLS record per turn of its loop, and syncs its file per
  // turn.
  void Append(std::string_view bytes) {
    output_.append(bytes);
    ++appended_;
  }
  absl::Status Flush();

  std::chrono::steady_clock::time_point last_received() const { return last_received_; }

 private:
  enum class State { kEstablishing, kGreeting, kReady };
  enum class Greeting { kAuth, kName, kPing };

  RedisWire(std::unique_ptr<RedisTransport> transport, std::string greeting, std::vector<Greeting> expected,
            size_t max_flights);
  absl::Status ReadAvailable(const OnReply& on_reply);
  absl::Status Parse(const OnReply& on_reply);
  absl::Status Greet(const RedisReply& reply);
  bool held_back() const;

  std::unique_ptr<RedisTransport> transport_;
  State state_ = State::kEstablishing;
  bool establish_wants_write_ = true;
  std::vector<Greeting> expected_;
  size_t greeted_ = 0;
  std::string output_;
  size_t written_ = 0;            // of output_
  bool under_way_ = false;        // a flush could not write everything yet
  const size_t max_flights_;      // flushes that may wait for their replies
  std::deque<uint64_t> flights_;  // value of appended_ at the end of each
  uint64_t appended_ = 0;         // commands
  uint64_t replied_ = 0;
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
  RedisReply parsed_;  // what reader_ is building
  std::chrono::steady_clock::time_point last_received_;
};

}  // namespace crosspoint
