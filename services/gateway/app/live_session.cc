#include "gateway/app/live_session.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "gateway/app/refusals.h"

namespace crosspoint::gateway {
namespace {

constexpr size_t kMaxNames = 10'000;
constexpr size_t kMaxNamesPerMessage = 1'000;
// Written but not yet taken by the transport; beyond it channels wait, so that a command never stands behind many.
constexpr size_t kSinkBacklog = 16;
constexpr milliseconds kRoleRetry{500};
constexpr milliseconds kAfterExpiry{5};

// What asking again will not change.
bool IsFinal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnauthenticated:
      return true;
    default:
      return false;
  }
}

}  // namespace

LiveSession::LiveSession(SessionRecord record, Caller caller, std::shared_ptr<SessionSink> sink, Parts parts)
    : heard(parts.tasks.Now()),
      touched(parts.tasks.Now()),
      record_(std::move(record)),
      caller_(std::move(caller)),
      sink_(std::move(sink)),
      parts_(parts) {}

void LiveSession::Welcome(const WelcomeEvent& welcome) {
  const std::lock_guard lock(mu_);
  welcomed_ = true;
  control_.emplace_front(welcome);
  PumpLocked();
}

void LiveSession::Send(Command command) {
  const std::lock_guard lock(mu_);
  if (stopped_) return;
  control_.emplace_back(std::move(command));
  PumpLocked();
}

void LiveSession::Heartbeat() {
  const std::lock_guard lock(mu_);
  if (stopped_ || !control_.empty()) return;
  control_.emplace_back(HeartbeatEvent{});
  PumpLocked();
}

void LiveSession::Writable() {
  const std::lock_guard lock(mu_);
  PumpLocked();
}

absl::Status LiveSession::Acknowledge(int64_t number) {
  const std::lock_guard lock(mu_);
  if (number < 0 || number > number_)
    return InvalidField("acknowledge", "must be the number of an event of this stream");
  acknowledged_ = std::max(acknowledged_, number);
  PumpLocked();
  return absl::OkStatus();
}

absl::Status LiveSession::CheckSubscription(const Subscription& subscription, const ChannelState& state) const {
  if (!record_.Has(subscription.channel) || subscription.channel == Channel::kCommands) {
    return InvalidField("subscribe.channel", "must be a channel of the hello that is subscribed to");
  }
  const bool presence = subscription.channel == Channel::kPresence;
  if (!presence && !(subscription.add.empty() && subscription.remove.empty() && !subscription.as)) {
    return InvalidField("subscribe.channel", "must be presence where users or a role are named");
  }
  if (subscription.add.size() > kMaxNamesPerMessage || subscription.remove.size() > kMaxNamesPerMessage) {
    return InvalidField("subscribe.add_users", "must be at most 1,000 names in a message");
  }
  for (const auto& name : subscription.add) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(name, "subscribe.add_users"));
    if (user.tenant != record_.owner.tenant) {
      return ErrorWithInfo(
          absl::StatusCode::kNotFound, "subscribe.add_users: not found",
          {.reason = "RESOURCE_NOT_FOUND", .domain = "crosspoint", .metadata = {{"field", "subscribe.add_users"}}});
    }
  }
  if (state.names.size() + subscription.add.size() > kMaxNames + subscription.remove.size()) {
    return InvalidField("subscribe.add_users", "must be at most 10,000 users in all");
  }
  if (state.open && (!subscription.resume_token.empty() || subscription.as)) {
    return InvalidField("subscribe.resume_token", "and `as` must come with the first subscription of a channel");
  }
  return absl::OkStatus();
}

absl::StatusOr<milliseconds> LiveSession::CheckRole(ClientRole role, Deadline deadline) {
  if (!Allows(record_.program, NeededFor(role))) return NotForProgram(record_.program, NeededFor(role));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto holder, parts_.roles.Holder(record_.owner, record_.device, role, deadline));
  if (!holder) {
    return Refused(absl::StatusCode::kFailedPrecondition, "ROLE_NOT_HELD",
                   "no running program of the user holds the role on this device");
  }
  return holder->remaining;
}

absl::Status LiveSession::Subscribe(const Subscription& subscription, Deadline deadline) {
  {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(CheckSubscription(subscription, channels_[subscription.channel]));
  }
  milliseconds held{0};
  const auto asked = parts_.tasks.Now();
  if (subscription.as) {
    const auto role = CheckRole(*subscription.as, deadline);
    if (!role.ok()) {
      const std::lock_guard lock(mu_);
      EndChannelLocked(subscription.channel, channels_[subscription.channel], role.status());
      return absl::OkStatus();
    }
    held = *role;
  }
  const std::lock_guard lock(mu_);
  if (stopped_) return absl::OkStatus();
  auto& state = channels_[subscription.channel];
  for (const auto& name : subscription.remove) state.names.erase(name);
  state.names.insert(subscription.add.begin(), subscription.add.end());
  if (state.open) {
    if (state.watch != nullptr) state.watch->Change(subscription.add, subscription.remove);
    return absl::OkStatus();
  }
  state.open = true;
  state.resume_token = subscription.resume_token;
  state.as = subscription.as;
  state.held_until = asked + held;
  OpenLocked(subscription.channel, state);
  if (state.as) ArmRoleCheck(subscription.channel, state.generation, held + kAfterExpiry);
  return absl::OkStatus();
}

void LiveSession::OpenLocked(Channel channel, ChannelState& state) {
  const auto generation = ++state.generation;
  const std::weak_ptr<LiveSession> weak = weak_from_this();
  ChannelSource::Events events;
  events.on_payload = [weak, channel, generation](ChannelPayload payload) {
    if (const auto self = weak.lock()) self->OnPayload(channel, generation, std::move(payload));
  };
  events.on_end = [weak, channel, generation](const absl::Status& status) {
    if (const auto self = weak.lock()) self->OnEnd(channel, generation, status);
  };
  state.reading = false;
  state.watch = parts_.channels.Open(channel, caller_, {state.names.begin(), state.names.end()}, state.resume_token,
                                     std::move(events));
  ReadMoreLocked(state);
}

void LiveSession::ReadMoreLocked(ChannelState& state) {
  if (state.watch == nullptr || state.reading || state.queue.size() >= parts_.settings.channel_queue) return;
  state.reading = true;
  state.watch->ReadNext();
}

void LiveSession::OnPayload(Channel channel, uint64_t generation, ChannelPayload payload) {
  const std::lock_guard lock(mu_);
  auto& state = channels_[channel];
  if (stopped_ || generation != state.generation) return;
  state.reading = false;
  state.backoff = milliseconds{0};
  const bool gap = payload.gap || std::exchange(state.gap_next, false);
  if (gap) parts_.counters.gaps.fetch_add(1, std::memory_order_relaxed);
  if (!payload.resume_token.empty()) state.resume_token = std::move(payload.resume_token);
  state.queue.push_back({channel, std::move(payload.bytes), gap});
  ReadMoreLocked(state);
  PumpLocked();
}

void LiveSession::OnEnd(Channel channel, uint64_t generation, const absl::Status& status) {
  std::unique_ptr<ChannelWatch> ended;  // destroyed without the lock
  const std::lock_guard lock(mu_);
  auto& state = channels_[channel];
  if (stopped_ || generation != state.generation) return;
  ended = std::move(state.watch);
  state.reading = false;
  if (IsFinal(status)) return EndChannelLocked(channel, state, status);
  const auto& settings = parts_.settings;
  state.backoff = std::clamp(state.backoff * 2, settings.reopen_min, settings.reopen_max);
  parts_.tasks.PostAfter(state.backoff, [weak = weak_from_this(), channel, generation] {
    if (const auto self = weak.lock()) self->Reopen(channel, generation);
  });
}

void LiveSession::Reopen(Channel channel, uint64_t generation) {
  const std::lock_guard lock(mu_);
  auto& state = channels_[channel];
  if (stopped_ || !state.open || generation != state.generation) return;
  parts_.counters.reopened.fetch_add(1, std::memory_order_relaxed);
  // Without a token the service begins with the whole state, which the program must take as such.
  if (state.resume_token.empty()) state.gap_next = true;
  OpenLocked(channel, state);
  if (state.as) ArmRoleCheck(channel, state.generation, milliseconds{0});
}

void LiveSession::EndChannelLocked(Channel channel, ChannelState& state, const absl::Status& why) {
  ++state.generation;
  state.open = false;
  state.watch.reset();
  state.queue.clear();
  state.names.clear();
  parts_.counters.channels_ended.fetch_add(1, std::memory_order_relaxed);
  control_.emplace_back(ChannelEnded{channel, why});
  PumpLocked();
}

void LiveSession::ArmRoleCheck(Channel channel, uint64_t generation, milliseconds in) {
  parts_.tasks.PostAfter(in, [weak = weak_from_this(), channel, generation] {
    if (const auto self = weak.lock()) self->RecheckRole(channel, generation);
  });
}

void LiveSession::CheckRoles() {
  const std::lock_guard lock(mu_);
  for (auto& [channel, state] : channels_) {
    if (state.open && state.as) ArmRoleCheck(channel, state.generation, milliseconds{0});
  }
}

void LiveSession::RecheckRole(Channel channel, uint64_t generation) {
  ClientRole role{};
  {
    const std::lock_guard lock(mu_);
    const auto& state = channels_[channel];
    if (stopped_ || !state.open || !state.as || generation != state.generation) return;
    role = *state.as;
  }
  const auto asked = parts_.tasks.Now();
  const auto holder = parts_.roles.Holder(record_.owner, record_.device, role,
                                          std::chrono::steady_clock::now() + std::chrono::seconds(2));
  // While the store is away nobody else can take the role either.
  if (!holder.ok()) return ArmRoleCheck(channel, generation, kRoleRetry);
  const std::lock_guard lock(mu_);
  auto& state = channels_[channel];
  if (stopped_ || !state.open || generation != state.generation) return;
  if (*holder) {
    // Whoever renewed it meanwhile: it is looked at again when it could have ended.
    state.held_until = asked + (*holder)->remaining;
    ArmRoleCheck(channel, generation, (*holder)->remaining + kAfterExpiry);
    return PumpLocked();
  }
  EndChannelLocked(
      channel, state,
      Refused(absl::StatusCode::kAborted, "ROLE_LOST", "no program holds the role on this device any more"));
}

bool LiveSession::WriteLocked(const Event& event) {
  if (!sink_->Write(number_ + 1, event)) return false;
  ++number_;
  parts_.counters.events_sent.fetch_add(1, std::memory_order_relaxed);
  return true;
}

LiveSession::ChannelState* LiveSession::NextChannelLocked() {
  auto at = channels_.upper_bound(last_told_);
  for (size_t i = 0; i < channels_.size(); ++i, ++at) {
    if (at == channels_.end()) at = channels_.begin();
    if (!at->second.queue.empty() && MayTell(at->second)) return &at->second;
  }
  return nullptr;
}

void LiveSession::PumpLocked() {
  while (welcomed_ && !stopped_) {
    if (!control_.empty()) {
      if (!WriteLocked(control_.front())) return;
      control_.pop_front();
      continue;
    }
    auto* const state = NextChannelLocked();
    if (state == nullptr) return;
    if (acknowledged_ >= 0 && number_ - acknowledged_ >= parts_.settings.window) return;  // until the next one
    if (sink_->Backlog() >= kSinkBacklog) {
      if (std::exchange(retry_armed_, true)) return;
      parts_.tasks.PostAfter(parts_.settings.retry, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self == nullptr) return;
        const std::lock_guard lock(self->mu_);
        self->retry_armed_ = false;
        self->PumpLocked();
      });
      return;
    }
    if (!WriteLocked(state->queue.front())) return;
    last_told_ = state->queue.front().channel;
    state->queue.pop_front();
    ReadMoreLocked(*state);
  }
}

void LiveSession::End(const absl::Status& status) {
  Stop();
  sink_->Finish(status);
}

void LiveSession::Stop() {
  std::map<Channel, ChannelState> channels;  // destroyed without the lock
  const std::lock_guard lock(mu_);
  stopped_ = true;
  channels.swap(channels_);
  control_.clear();
}

}  // namespace crosspoint::gateway
