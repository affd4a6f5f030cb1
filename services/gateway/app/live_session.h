#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/tasks/task_runner.h"
#include "gateway/app/ports.h"

namespace crosspoint::gateway {

struct SessionSettings {
  milliseconds lease{30'000};       // a program not heard of for longer is gone
  milliseconds role_lease{30'000};  // of a role, until renewed
  size_t channel_queue = 8;         // payloads of one channel waiting for the program; then its service is not read
  int64_t window = 256;             // events under way to a program that acknowledges
  milliseconds reopen_min{100};     // before a broken watch is opened again; doubles
  milliseconds reopen_max{5'000};
  milliseconds retry{10};  // how often a program with a full stream is looked at again
};

// The store keeps a lease this much longer than the program may be silent, so that it never ends first.
inline milliseconds StoredLease(const SessionSettings& settings) { return settings.lease + settings.lease / 3; }

struct SessionCounters {
  std::atomic<uint64_t> events_sent{0};
  std::atomic<uint64_t> reopened{0};
  std::atomic<uint64_t> gaps{0};
  std::atomic<uint64_t> channels_ended{0};
};

struct Subscription {
  Channel channel = Channel::kPresence;
  std::vector<std::string> add;
  std::vector<std::string> remove;
  std::string resume_token;
  std::optional<ClientRole> as;
};

// A session whose stream is at this replica: what services tell and commands are numbered and written down the one
// stream. Commands go first; channels take turns, each with a short queue, and a full one is not read further, so its
// service coalesces. Thread-safe. Kept by the hub and by what is under way.
class LiveSession final : public std::enable_shared_from_this<LiveSession> {
 public:
  struct Parts {
    RoleStore& roles;
    ChannelSource& channels;
    TaskRunner& tasks;
    SessionCounters& counters;
    const SessionSettings& settings;
  };

  LiveSession(SessionRecord record, Caller caller, std::shared_ptr<SessionSink> sink, Parts parts);

  const SessionRecord& record() const { return record_; }
  const Caller& caller() const { return caller_; }

  void Welcome(const WelcomeEvent& welcome);
  // Errors of the message itself. That a channel is not for this program is told on the channel.
  absl::Status Subscribe(const Subscription& subscription, Deadline deadline);
  absl::Status Acknowledge(int64_t number);
  void Send(Command command);
  void Heartbeat();
  // Room in the sink again.
  void Writable();
  // A role of the user ended or changed hands: whether what is fed by it goes on.
  void CheckRoles();
  // Ends the stream with `status`.
  void End(const absl::Status& status);
  // The stream is gone: everything stops.
  void Stop();

  // When the program was last heard of; and when the store was last told so.
  std::atomic<std::chrono::steady_clock::time_point> heard;
  std::atomic<std::chrono::steady_clock::time_point> touched;

 private:
  struct ChannelState {
    std::unique_ptr<ChannelWatch> watch;
    uint64_t generation = 0;  // of the watch; events of an older one count no more
    bool open = false;        // subscribed and not ended, though perhaps waiting to be opened again
    bool reading = false;
    bool gap_next = false;
    std::deque<ChannelTold> queue;
    std::set<std::string> names;
    std::string resume_token;
    std::optional<ClientRole> as;
    std::chrono::steady_clock::time_point held_until;  // with `as`: known from the store; nothing is told later
    milliseconds backoff{0};
  };

  absl::Status CheckSubscription(const Subscription& subscription, const ChannelState& state) const;
  // How long the role is held at least, or why the channel may not be fed.
  absl::StatusOr<milliseconds> CheckRole(ClientRole role, Deadline deadline);
  void OpenLocked(Channel channel, ChannelState& state);
  void OnPayload(Channel channel, uint64_t generation, ChannelPayload payload);
  void OnEnd(Channel channel, uint64_t generation, const absl::Status& status);
  void Reopen(Channel channel, uint64_t generation);
  void EndChannelLocked(Channel channel, ChannelState& state, const absl::Status& why);
  void ReadMoreLocked(ChannelState& state);
  void ArmRoleCheck(Channel channel, uint64_t generation, milliseconds in);
  void RecheckRole(Channel channel, uint64_t generation);
  bool WriteLocked(const Event& event);
  void PumpLocked();
  // Also a replica that was frozen for longer than the role's lease must not tell what it kept.
  bool MayTell(const ChannelState& state) const { return !state.as || parts_.tasks.Now() < state.held_until; }
  ChannelState* NextChannelLocked();

  const SessionRecord record_;
  const Caller caller_;
  const std::shared_ptr<SessionSink> sink_;  // shared with the stream's callbacks
  const Parts parts_;

  std::mutex mu_;
  std::deque<Event> control_;                 // guarded by mu_; goes before all channels
  std::map<Channel, ChannelState> channels_;  // guarded by mu_
  Channel last_told_ = Channel::kPresence;    // guarded by mu_; takes its turn last
  int64_t number_ = 0;                        // guarded by mu_; of the last event written
  int64_t acknowledged_ = -1;                 // guarded by mu_; -1: this program does not acknowledge
  bool retry_armed_ = false;                  // guarded by mu_
  bool welcomed_ = false;                     // guarded by mu_; nothing goes before the welcome
  bool stopped_ = false;                      // guarded by mu_
};

}  // namespace crosspoint::gateway
