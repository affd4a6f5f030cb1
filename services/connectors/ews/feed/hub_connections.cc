#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/feed/hub_impl.h"

// One streaming connection per group. When its members change, a new one over all of them is opened while the old is
// read on: the server hands the subscriptions over and ends the old with ErrorNewEventStreamConnectionOpened, so
// nothing is lost between the two.
namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLongLife{10};    // a connection that lived so long did not fail because of how it was opened
constexpr seconds kCloseGrace{30};  // beyond its life a connection that the server does not close is replaced
constexpr int kFailuresToTell = 2;  // one failure may be a connection that died in a bad moment

bool IsTakenOver(const absl::Status& status) { return ReactionOf(status) == Reaction::kCloseStream; }

// The server has dropped subscriptions of this connection; what it names only after another try counts at the second.
bool VoidsSubscriptions(const absl::Status& status, int failures_before) {
  if (ReactionOf(status) == Reaction::kResubscribe) return true;
  const auto code = ResponseCodeOf(status);
  if (code.empty() || RuleOf(code).then != Reaction::kResubscribe) return false;
  return ReactionOf(status) != Reaction::kRetry || failures_before > 0;
}

// The server ended its answer in good order, but without saying Closed.
bool IsEndedUnsaid(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info && info->reason == "EWS_STREAM_CUT";
}

// The server will not open a connection in the name of this mailbox.
bool IsOfTheSpeaker(const absl::Status& status) {
  if (ResponseCodeOf(status).empty()) return false;
  const auto reaction = ReactionOf(status);
  return reaction == Reaction::kStop || reaction == Reaction::kStopMailbox || reaction == Reaction::kGone ||
         reaction == Reaction::kRediscover;
}

}  // namespace

void FeedHub::Impl::DriveGroup(uint64_t id) {
  Effects effects;
  {
    const std::lock_guard lock(mu_);
    Group* const group = stopped_ ? nullptr : FindGroup(id);
    if (group == nullptr) return;
    Site& site = group->site;
    group->woken = false;
    if (group->armed <= tasks_.Now()) group->armed = FeedTime::max();
    TakeNews(*group, effects);
    if (FindGroup(id) == nullptr) {
      // Dissolved.
    } else if (group->members.empty()) {
      EraseGroup(*group, effects);
    } else {
      auto next = FeedTime::max();
      QueueSubscribes(*group, next);
      MaybeOpen(*group, next, effects);
      ReleaseLeftovers(*group);
      for (const auto& connection : group->replaced) next = std::min(next, connection->cut_at);
      Arm(*group, next);
    }
    PumpSite(site);
  }
  Perform(std::move(effects));
}

void FeedHub::Impl::Wake(Group& group) {
  if (stopped_ || std::exchange(group.woken, true)) return;
  Post(milliseconds{0}, [id = group.id](Impl& self) { self.DriveGroup(id); });
}

void FeedHub::Impl::Arm(Group& group, FeedTime at) {
  if (at >= group.armed) return;
  group.armed = at;
  const auto delay = std::chrono::ceil<milliseconds>(at - tasks_.Now());
  Post(std::max(delay, milliseconds{0}), [id = group.id](Impl& self) { self.DriveGroup(id); });
}

void FeedHub::Impl::TakeNews(Group& group, Effects& effects) {
  auto connections = group.replaced;
  if (group.current) connections.push_back(group.current);
  for (const auto& connection : connections) {
    for (const auto& id : std::exchange(connection->lost, {})) {
      const auto found = by_subscription_.find(id);
      if (found == by_subscription_.end()) continue;
      const auto member = found->second;
      DropSubscription(*member);
      if (member->group != &group) Wake(*member->group);
    }
    if (connection->alive && !connection->noted && !connection->end) NoteAlive(group, *connection, effects);
  }
  const auto now = tasks_.Now();
  for (const auto& connection : std::vector(group.replaced)) {
    if (connection->end) {
      EndReplaced(group, connection, *connection->end, effects);
    } else if (connection->cut_at <= now) {
      EndReplaced(group, connection, absl::CancelledError("did not end by itself"), effects);
    }
  }
  if (group.current && group.current->end) EndCurrent(group, effects);
}

void FeedHub::Impl::NoteAlive(Group& group, Connection& connection, Effects& effects) {
  connection.noted = true;
  if (&connection != group.current.get()) return;
  for (const auto& [member, subscription] : connection.carried) {
    if (member->connection != connection.number) continue;
    member->fed = true;
    if (std::exchange(member->gap_owed, false)) effects.tell.emplace_back(member, absl::OkStatus());
  }
  for (const auto& replaced : group.replaced) replaced->cut_at = tasks_.Now() + options_.overlap;
}

// What was on its way on a connection that broke is lost. That is told when a connection carries the mailbox again:
// told earlier, what happens until then would be missed.
void FeedHub::Impl::Owe(const Group& group, const MemberPtr& member, Effects& effects) {
  if (member->state != Member::State::kSubscribed) return;  // the next Subscribe tells
  const bool carried = group.current && group.current->noted && member->connection == group.current->number;
  if (carried) {
    effects.tell.emplace_back(member, absl::OkStatus());
  } else {
    member->gap_owed = true;
  }
}

void FeedHub::Impl::EndReplaced(Group& group, const ConnectionPtr& connection, const absl::Status& status,
                                Effects& effects) {
  Discard(connection, effects);
  std::erase(group.replaced, connection);
  const bool clean = status.ok() || IsTakenOver(status) || (connection->named_losses && IsEndedUnsaid(status));
  if (clean) return;
  for (const auto& [member, subscription] : connection->carried) Owe(group, member, effects);
}

void FeedHub::Impl::EndCurrent(Group& group, Effects& effects) {
  const auto connection = std::exchange(group.current, nullptr);
  const auto status = *connection->end;
  Discard(connection, effects);
  for (const auto& [member, subscription] : connection->carried) {
    if (member->connection != connection->number) continue;
    member->connection = 0;
    member->fed = false;
  }
  if (!group.replaced.empty()) {
    // The one before still runs. If the server has taken its subscriptions away already, it will end as taken over.
    group.current = std::move(group.replaced.back());
    group.replaced.pop_back();
    group.current->cut_at = FeedTime::max();
    for (const auto& [member, subscription] : group.current->carried) {
      if (member->state != Member::State::kSubscribed || member->subscriptions != subscription) continue;
      member->connection = group.current->number;
      member->fed = group.current->noted;
    }
  }
  const bool clean = status.ok() || (connection->named_losses && IsEndedUnsaid(status));
  if (!clean) {
    for (const auto& [member, subscription] : connection->carried) Owe(group, member, effects);
  }
  AfterEnd(group, *connection, status, clean, effects);
}

void FeedHub::Impl::AfterEnd(Group& group, const Connection& connection, const absl::Status& status, bool clean,
                             Effects& effects) {
  const auto now = tasks_.Now();
  const bool lived = now - connection.opened_at >= kLongLife;
  if (VoidsSubscriptions(status, group.failures) && !connection.named_losses) {
    // Which ones is not said.
    for (const auto& [member, subscription] : connection.carried) {
      if (member->subscriptions == subscription) DropSubscription(*member);
    }
  } else if (!lived && IsOfTheSpeaker(status)) {
    ++connection.speaker->bad_speeches;
    const auto next = Speaker(group);
    if (next != nullptr) group.affinity.anchor_mailbox = next->address;
  }
  if (clean && (lived || connection.named_losses)) {
    group.failures = 0;
    group.not_before = now;
    if (status.ok() && !group.current && ShouldDissolve(group)) Dissolve(group, effects);
    return;
  }
  group.failures = lived ? 1 : group.failures + 1;
  group.not_before = now + Pause(status, group.failures, options_.max_retry);
  if (group.failures != kFailuresToTell) return;
  const auto problem = status.ok() ? absl::UnavailableError("streaming connections are closed at once") : status;
  for (const auto& member : group.members) {
    if (!member->fed) effects.tell.emplace_back(member, problem);
  }
}

void FeedHub::Impl::MaybeOpen(Group& group, FeedTime& next, Effects& effects) {
  if (group.current && !group.current->noted && !group.current->named_losses) return;  // being opened
  const auto now = tasks_.Now();
  bool any = false;
  bool unserved = false;
  bool more_to_come = false;
  for (const auto& member : group.members) {
    using State = Member::State;
    more_to_come |= member->state == State::kQueued || member->state == State::kSubscribing;
    if (member->state != State::kSubscribed) continue;
    any = true;
    unserved |= !group.current || member->connection != group.current->number;
  }
  if (!any) return;
  if (!unserved) {
    group.unserved_since = FeedTime::max();
  } else if (group.unserved_since == FeedTime::max()) {
    group.unserved_since = now;
  }
  auto at = group.not_before;
  if (!unserved) {
    at = std::max(at, group.current->opened_at + options_.life + kCloseGrace);
  } else {
    if (more_to_come) at = std::max(at, group.unserved_since + options_.longest_gather);
    if (group.current) at = std::max(at, group.current->opened_at + options_.reopen_interval);
  }
  if (at > now) {
    next = std::min(next, at);
  } else {
    effects.opening = PrepareOpening(group);
  }
}

FeedHub::Impl::MemberPtr FeedHub::Impl::Speaker(const Group& group) const {
  MemberPtr best;
  const auto rank = [&](const Member& member) {
    return std::pair(member.bad_speeches, member.address != group.affinity.anchor_mailbox);
  };
  for (const auto& member : group.members) {
    if (member->state != Member::State::kSubscribed) continue;
    if (best == nullptr || rank(*member) < rank(*best)) best = member;
  }
  return best;
}

FeedHub::Impl::Opening FeedHub::Impl::PrepareOpening(Group& group) {
  auto connection = std::make_shared<Connection>();
  connection->number = ++last_id_;
  connection->opened_at = tasks_.Now();
  connection->speaker = Speaker(group);
  Opening opening{.group_id = group.id,
                  .server = group.site.server,
                  .connection = connection,
                  .ids = {},
                  .affinity = group.affinity};
  for (const auto& member : group.members) {
    if (member->state != Member::State::kSubscribed) continue;
    member->connection = connection->number;
    connection->carried.push_back({member, member->subscriptions});
    opening.ids.push_back(member->subscription);
  }
  if (group.current) group.replaced.push_back(std::move(group.current));
  group.current = std::move(connection);
  group.unserved_since = FeedTime::max();
  return opening;
}

// Subscriptions of those who left are ended only when no connection carries them: a server may end a whole connection
// because of one.
void FeedHub::Impl::ReleaseLeftovers(Group& group) {
  if (!group.current || !group.current->noted || !group.replaced.empty()) return;
  const auto off = std::partition(group.leftovers.begin(), group.leftovers.end(),
                                  [&](const Leftover& leftover) { return leftover.after >= group.current->number; });
  std::move(off, group.leftovers.end(), std::back_inserter(group.site.leftovers));
  group.leftovers.erase(off, group.leftovers.end());
}

void FeedHub::Impl::Discard(const ConnectionPtr& connection, Effects& effects) {
  connection->discarded = true;
  if (connection->stream) effects.closed.push_back(std::move(connection->stream));
}

void FeedHub::Impl::Open(Opening opening) {
  auto stream =
      opening.server->OpenStream(opening.ids, options_.life, CallbacksOf(opening.group_id, opening.connection),
                                 opening.connection->speaker->address, opening.affinity);
  const std::lock_guard lock(mu_);
  // Else it ended meanwhile, and goes when the mutex is free.
  if (!opening.connection->discarded && !stopped_) opening.connection->stream = std::move(stream);
}

EwsStreamCallbacks FeedHub::Impl::CallbacksOf(uint64_t group_id, const ConnectionPtr& connection) {
  const auto note = [weak = weak_from_this(), group_id](const auto& change) {
    const auto self = weak.lock();
    if (!self) return;
    const std::lock_guard lock(self->mu_);
    if (!change()) return;
    if (Group* const group = self->FindGroup(group_id)) self->Wake(*group);
  };
  return {.on_event =
              [weak = weak_from_this(), connection](const StreamEvent& event) {
                if (const auto self = weak.lock()) self->OnEvent(connection, event);
              },
          .on_alive =
              [note, connection] {
                note([&] {
                  connection->alive = true;
                  return !connection->noted;
                });
              },
          .on_lost =
              [note, connection](const std::vector<std::string>& ids) {
                note([&] {
                  connection->lost.insert(connection->lost.end(), ids.begin(), ids.end());
                  connection->named_losses = true;
                  connection->alive = false;  // what named them may have been an error: the next sign tells
                  return true;
                });
              },
          .on_end =
              [note, connection](const absl::Status& status) {
                note([&] {
                  connection->end = status;
                  return true;
                });
              }};
}

void FeedHub::Impl::OnEvent(const ConnectionPtr& connection, const StreamEvent& event) {
  MemberPtr member;
  {
    const std::lock_guard lock(mu_);
    const auto found = by_subscription_.find(event.subscription_id);
    if (found != by_subscription_.end()) {
      member = found->second;
    } else if (event.subscription_id.empty()) {
      // Something happened to somebody.
      Effects effects;
      for (const auto& carried : connection->carried) effects.tell.emplace_back(carried.member, absl::OkStatus());
      Post(milliseconds{0}, [tell = std::move(effects.tell)](Impl&) {
        for (const auto& [whom, status] : tell) Tell(whom, status);
      });
      return;
    }
  }
  if (member == nullptr) return;
  const std::lock_guard lock(member->calling);
  if (member->listener) member->listener->OnEvent(event);
}

}  // namespace crosspoint::ews
