#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "presence/domain/claim.h"
#include "presence/domain/presence.h"

namespace crosspoint::presence {

using Deadline = std::chrono::steady_clock::time_point;

inline constexpr size_t kShards = 256;

// A user inside the service, the store and on the bus: "acme/u42".
using UserKey = std::string;
inline UserKey KeyOf(const UserId& user) { return user.tenant.value + "/" + user.value; }
UserId UserOf(std::string_view key);

// Which of the kShards parts a user lies in; injected, because the bus owns the rule.
using ShardFunction = uint8_t (*)(std::string_view key);

// A claim as a source asks for it.
struct ClaimWish {
  ClaimId id;
  SourceId source;
  ClaimClass claim_class = ClaimClass::kOwnWord;
  StateId state;
  std::string note;
  std::optional<TimePoint> start;  // unset: now, or as it was when the rest of the claim is the same
  TimePoint end = kOpenEnd;
};

// Marks a request so that its repetition within 24 hours gets the same answer.
struct RequestMark {
  std::string id;
  std::string fingerprint;  // of the content: the same id with another one is refused
};

struct ClaimChange {
  std::vector<ClaimId> remove;  // first
  std::optional<ClaimWish> put;
  std::optional<uint64_t> expected_revision;  // of the user's record; another one: kAborted, nothing changed
  std::optional<RequestMark> request;
  size_t max_claims = kMaxClaims;
};

// What the store did. `record` is the user's new state, also when nothing changed.
struct ChangeResult {
  PresenceRecord record;
  bool changed = false;  // took the shard's next revision, so it must be published
  uint8_t shard = 0;
  std::string epoch;           // of the revisions, see RedisShards
  TimePoint now{};             // Redis clock
  std::optional<Claim> claim;  // the one put, as stored; revision 0 when it had ended already
};

struct UserClaims {
  TimePoint now{};  // Redis clock
  PresenceRecord record;
  std::vector<Claim> claims;  // unordered; may include some that have ended
  // What was answered to the request asked about, if it was carried out already.
  std::optional<std::string> answered_fingerprint;
  PresenceRecord answered_record;
};

// The claims of all users, durable. Thread-safe.
class PresenceStore {
 public:
  virtual ~PresenceStore() = default;

  // Changes the user's claims, drops those that have ended, computes the state and takes the shard's next revision if
  // anything changed, all in one atomic step. The same again succeeds and changes nothing.
  //   kResourceExhausted  TOO_MANY_CLAIMS
  //   kAborted            CHANGED_MEANWHILE: the record has another revision, or the request was carried out meanwhile
  //   kUnavailable        store unreachable or `deadline` passed; the change may or may not have happened
  virtual absl::StatusOr<ChangeResult> Change(const UserId& user, const ClaimChange& change, Deadline deadline) = 0;

  // `request_id` may be empty.
  virtual absl::StatusOr<UserClaims> Read(const UserId& user, const std::string& request_id, Deadline deadline) = 0;
};

// What was seen of a user's devices and programs, believed for a lease: idle and offline are what holds without.
struct SignalReport {
  std::vector<std::pair<DeviceId, LineState>> lines;  // each device once
  std::optional<ImState> im;
};

// Volatile: a report is answered when the store has it in memory. Thread-safe.
class SignalStore {
 public:
  virtual ~SignalStore() = default;
  using Done = std::function<void(absl::StatusOr<ChangeResult>)>;

  // Notes the report and recomputes the user's state; takes a revision only when others see something else, or an
  // earlier edge. Does not wait; `done` runs on any thread, exactly once, and must not block. Two reports about a user
  // may overtake each other: wait for the first.
  //   kResourceExhausted  TOO_MANY_DEVICES; nothing of the report was taken
  //   kUnavailable        store unreachable or `deadline` passed
  virtual void Report(const UserKey& user, const SignalReport& report, Deadline deadline, Done done) = 0;
};

// How long reports are believed.
struct SignalLeases {
  std::chrono::milliseconds line{90'000};
  std::chrono::milliseconds im{300'000};
};

// What the timers need of the store. Thread-safe.
class EdgeStore {
 public:
  virtual ~EdgeStore() = default;

  // Recomputes the user's state if its next edge has passed, or if its record was made at a time the store's clock has
  // been set back behind. However many replicas do it, one of them takes the
  // revision. Does not wait; `done` runs on any thread, exactly once, and must not block.
  virtual void FireEdge(const UserKey& user, std::function<void(absl::StatusOr<ChangeResult>)> done) = 0;

  // The store's clock as far as known; nullopt until it was first heard.
  virtual std::optional<TimePoint> StoreNow() const = 0;

  // Asks for the time again, in the background. Called about once a second.
  virtual void RefreshClock() = 0;
};

// Tells the other replicas. Thread-safe, never blocks. A hint: whoever misses it sees the revision gap and reads.
class ChangePublisher {
 public:
  virtual ~ChangePublisher() = default;
  virtual void Publish(const UserKey& user, const ChangeResult& change) = 0;
};

// A presence on its way to all who watch the user: made once for all, and so is the text that their sinks make of it.
// Thread-safe.
class ToldPresence {
 public:
  explicit ToldPresence(Presence presence) : presence_(std::move(presence)) {}

  const Presence& presence() const { return presence_; }
  // What `render` makes of the presence for those who see details, or for those who do not: the first caller's is kept.
  template <class Render>
  const std::string& Rendered(bool detail, Render render) const {
    auto& rendering = renderings_[detail ? 1 : 0];
    std::call_once(rendering.once, [&] { rendering.text = render(presence_); });
    return rendering.text;
  }

 private:
  struct Rendering {
    std::once_flag once;
    std::string text;
  };
  const Presence presence_;
  mutable std::array<Rendering, 2> renderings_;
};

using SharedPresence = std::shared_ptr<const ToldPresence>;  // shared by all watches that have not sent it yet
using SharedText = std::shared_ptr<const std::string>;       // shared by those who send the same

// One message of a watch.
struct WatchUpdate {
  std::vector<SharedPresence> presences;
  SharedText resume_token;  // null: none
  bool synced = false;
  bool gap = false;
  bool may_be_stale = false;
};

// Where a watch writes to: the stream of a caller. Thread-safe; never blocks.
class WatchSink {
 public:
  virtual ~WatchSink() = default;
  // Messages that wait for the reader.
  virtual size_t Backlog() const = 0;
  // False: no room, try again later.
  [[nodiscard]] virtual bool Write(const WatchUpdate& update) = 0;
};

// Runs `write`, which writes to many sinks; what they are given may be held back until it returns.
using WriteTogether = std::function<void(const std::function<void()>& write)>;

}  // namespace crosspoint::presence
