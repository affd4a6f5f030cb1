#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/client.h"

namespace crosspoint {

// What must happen because of a change, recorded by the same script as the change.
struct OutboxEntry {
  std::string type;         // what to do, e.g. "put_claim"; stable
  std::string id;           // chosen by the writer; the consumer's key for doing it only once
  std::string payload;      // bytes, meaning fixed by `type`
  std::string traceparent;  // W3C; may be empty
  std::string request_id;   // may be empty
};

// An entry as its handler sees it.
struct OutboxDelivery {
  OutboxEntry entry;
  std::string stream;     // "cp:{presence:acme:7}:outbox"
  std::string stream_id;  // Redis's id of the entry
  int attempt = 1;        // counts deliveries, crashes of earlier workers included
};

struct DeadLetter {
  OutboxEntry entry;
  std::string stream;  // the outbox it came from
  std::string id;      // within the dead-letter stream; goes to ReplayDeadLetter
  std::string reason;  // the last error
  int attempts = 0;
  std::chrono::milliseconds failed_at{};  // since 1970, Redis's clock
};

// Lua to put in front of a script that adds outbox entries: std::string(kOutboxLua) + R"lua(…)lua". It defines
//   outbox_add(key, first)   appends ARGV[first] … ARGV[first + 4], as OutboxArgs gives them, to the stream `key`
// so that a use reads: outbox_add(KEYS[2], 3).
extern const char kOutboxLua[];
std::vector<std::string> OutboxArgs(const OutboxEntry& entry);

class OutboxWorker;

// The writing side. A tag's outbox is the stream "<prefix>{tag}:outbox" beside the tag's other keys, so one script can
// change a key and append. Which streams exist cannot be recorded by that script (it would touch a second tag), so:
// before the script, Prepare enters the stream in the service's registry, a sorted set of its own tag scored by Redis's
// time; the entry is trusted for a minute and forgotten by workers only when five minutes old with its stream empty. A
// registration without an entry costs nothing; an entry without a registration cannot come to be.
// After the script, Nudge wakes the worker of this process, or, without one, rings the service's bell, a capped list on
// which other processes' workers wait. Both are hints: the sweep over the registry finds what they miss. Thread-safe.
class Outbox {
 public:
  // `service` names the registry: "cp:{<service>:_}:outboxes".
  Outbox(RedisClient& redis, std::string service);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // The outbox of the tag that `key` lies in: "cp:{meeting_sync:acme:u42}:meeting:m7" ->
  // "cp:{meeting_sync:acme:u42}:outbox".
  static std::string StreamOf(std::string_view key);

  // Runs a durable script that may append to StreamOf(keys[0]), which must be among `keys`, with Prepare before and
  // Nudge after it.
  absl::StatusOr<RedisReply> RunScript(const RedisScript& script, std::vector<std::string> keys,
                                       std::vector<std::string> args, Deadline deadline);
  // For callers that run the script themselves. A script without a successful Prepare before it must not append.
  absl::Status Prepare(const std::string& stream, Deadline deadline);
  void Nudge(const std::string& stream);

  // Oldest first per stream. `limit` counts entries over all streams.
  absl::StatusOr<std::vector<DeadLetter>> ListDeadLetters(size_t limit, Deadline deadline);
  // Puts it back at the end of its outbox, attempts starting from one.  kNotFound: no such dead letter.
  absl::Status ReplayDeadLetter(const std::string& stream, const std::string& id, Deadline deadline);

  const std::string& registry_key() const;
  const std::string& bell_key() const;
  const std::string& dead_registry_key() const;
  RedisClient& redis();

 private:
  friend class OutboxWorker;
  void AttachWorker(OutboxWorker* worker);  // nullptr detaches

  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct OutboxWorkerOptions {
  int threads = 2;                                    // handlers running at once; one per stream at most
  std::chrono::milliseconds handler_timeout{10'000};  // the deadline a handler is given
  std::chrono::milliseconds claim_after{5000};        // a silent worker's streams are taken over after this
  std::chrono::milliseconds sweep_interval{2000};     // how long an entry whose nudge was lost can wait
  std::chrono::milliseconds first_backoff{50};        // doubles per attempt, with jitter
  std::chrono::milliseconds max_backoff{60'000};
  int max_attempts = 100;      // then the entry becomes a dead letter: about 80 minutes
  std::string consumer;        // unique per process; empty: random
  log::Logger* log = nullptr;  // outlives the worker
};

struct OutboxStats {
  uint64_t handled = 0;                      // entries carried out by this worker
  uint64_t retried = 0;                      // attempts that failed and are repeated
  uint64_t buried = 0;                       // entries that became dead letters
  std::chrono::milliseconds oldest_retry{};  // age of the oldest entry this worker waits to try again; 0 without one
  // Of the whole service, as the last sweep found.
  uint64_t entries = 0;  // waiting or being carried out
  uint64_t dead_letters = 0;
};

// Carries out what the outbox says, at least once, in order per stream: one entry of a stream is in flight at a time
// over all replicas, and a failing one holds back those behind it until it succeeds or is dead. A worker owns a stream
// while it works on it (a key of the tag, `claim_after` long, renewed); reading, acknowledging and passing on are
// scripts that check the ownership, and the consumer group's pending list carries the attempts over crashes.
//
// `handler` runs as a step of the entry's trace, under its request id. It returns OK when done (also when it was done
// before: it must be idempotent). kUnavailable, kDeadlineExceeded, kResourceExhausted and kAborted are tried again with
// backoff; any other code makes a dead letter at once.
class OutboxWorker {
 public:
  using Handler = std::function<absl::Status(const OutboxDelivery&, Deadline)>;

  OutboxWorker(Outbox& outbox, Handler handler, OutboxWorkerOptions options = {});
  ~OutboxWorker();  // Stop
  OutboxWorker(const OutboxWorker&) = delete;
  OutboxWorker& operator=(const OutboxWorker&) = delete;

  // Takes no more, waits for running handlers, gives the streams back. Idempotent.
  void Stop();

  OutboxStats stats() const;

 private:
  friend class Outbox;
  void Wake(const std::string& stream);

  class Impl;
  Outbox& outbox_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint
