#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/feed/hub_impl.h"

// Subscribing, a few mailboxes of a server at a time: the anchor of each group first, because its answer names the
// server that holds the group. Source: reference "Maintain affinity between a group of subscriptions and the Mailbox
// server in Exchange".
namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;

// Refusals that only an administrator can end are asked about this much less often.
constexpr int kRefusedFactor = 10;

// Says something of the server as a whole: it is away, or refuses us whatever the mailbox.
bool IsOfTheServer(const absl::Status& status) {
  if (!ResponseCodeOf(status).empty()) return false;
  const auto info = GetErrorInfo(status);
  // The gate's own, of one mailbox.
  return !info || (info->reason != "EWS_BACKING_OFF" && info->reason != "EWS_NO_SLOT");
}

bool MayPass(const absl::Status& status) {
  const auto reaction = ReactionOf(status);
  return ResponseCodeOf(status).empty() || reaction == Reaction::kBackOff || reaction == Reaction::kRetry ||
         reaction == Reaction::kResubscribe;
}

}  // namespace

void FeedHub::Impl::QueueSubscribes(Group& group, FeedTime& next) {
  using State = Member::State;
  const auto now = tasks_.Now();
  const bool asking = std::any_of(group.members.begin(), group.members.end(), [](const MemberPtr& member) {
    return member->state == State::kQueued || member->state == State::kSubscribing;
  });
  if (!group.anchored && asking) return;  // its answer decides
  for (const auto& member : group.members) {
    if (member->state != State::kWaiting) continue;
    if (member->not_before > now) {
      next = std::min(next, member->not_before);
      continue;
    }
    member->state = State::kQueued;
    group.site.queue.push_back(member);
    if (group.anchored) continue;
    group.affinity = {.anchor_mailbox = member->address, .cookie = ""};
    return;
  }
}

void FeedHub::Impl::PumpSite(Site& site) {
  if (stopped_) return;
  const auto now = tasks_.Now();
  if (site.armed <= now) site.armed = FeedTime::max();
  if (now < site.not_before) {
    if (site.not_before >= site.armed) return;
    site.armed = site.not_before;
    Post(std::chrono::ceil<milliseconds>(site.not_before - now), [&site](Impl& self) {
      const std::lock_guard lock(self.mu_);
      self.PumpSite(site);
    });
    return;
  }
  // A server in trouble is tried with one call at a time.
  const int limit = site.failures > 0 ? 1 : options_.parallel_subscribes;
  while (site.active < limit) {
    if (!site.queue.empty()) {
      const auto member = std::move(site.queue.front());
      site.queue.pop_front();
      // Removed, or moved to another group, which queued it again.
      if (member->removed || member->state != Member::State::kQueued) continue;
      member->state = Member::State::kSubscribing;
      ++site.active;
      Post(milliseconds{0}, [member](Impl& self) { self.Subscribe(member); });
    } else if (!site.leftovers.empty() && site.failures == 0) {
      ++site.active;
      Post(milliseconds{0},
           [&site, leftover = std::move(site.leftovers.front())](Impl& self) { self.EndLeftover(site, leftover); });
      site.leftovers.pop_front();
    } else {
      return;
    }
  }
}

void FeedHub::Impl::Subscribe(const MemberPtr& member) {
  Site& site = member->site;
  Affinity affinity;
  uint64_t group_id = 0;
  {
    const std::lock_guard lock(mu_);
    if (!stopped_ && member->group != nullptr) {
      affinity = member->group->affinity;
      group_id = member->group->id;
    }
  }
  absl::StatusOr<Subscription> answer = absl::CancelledError();
  if (group_id != 0) answer = site.server->Subscribe(member->address, affinity);
  bool told = group_id != 0;
  {
    const std::lock_guard lock(mu_);
    --site.active;
    if (stopped_) return;
    if (answer.ok()) {
      told = Subscribed(member, group_id, affinity, *std::move(answer));
    } else if (told) {
      Refused(member, answer.status());
    }
    PumpSite(site);
  }
  if (told) Tell(member, answer.status());
}

bool FeedHub::Impl::Subscribed(const MemberPtr& member, uint64_t group_id, const Affinity& asked,
                               Subscription subscription) {
  Site& site = member->site;
  site.failures = 0;
  site.not_before = {};
  Group* const group = member->group;
  if (group == nullptr || group->id != group_id || member->state != Member::State::kSubscribing) {
    site.leftovers.push_back({std::move(subscription.id), member->address, asked});
    return false;
  }
  member->state = Member::State::kSubscribed;
  member->subscription = std::move(subscription.id);
  ++member->subscriptions;
  member->subscribed_at = tasks_.Now();
  member->gap_owed = false;  // told now
  by_subscription_[member->subscription] = member;
  group->anchored = true;
  if (!subscription.affinity_cookie.empty()) group->affinity.cookie = std::move(subscription.affinity_cookie);
  Wake(*group);
  return true;
}

void FeedHub::Impl::Refused(const MemberPtr& member, const absl::Status& status) {
  if (member->removed || member->state != Member::State::kSubscribing) return;
  Site& site = member->site;
  const auto now = tasks_.Now();
  if (IsOfTheServer(status)) {
    ++site.failures;
    site.not_before = now + Pause(status, site.failures, options_.max_retry);
    member->state = Member::State::kQueued;
    site.queue.push_back(member);
    return;
  }
  ++member->failures;
  member->state = Member::State::kWaiting;
  const auto longest = MayPass(status) ? options_.max_retry : options_.max_retry * kRefusedFactor;
  member->not_before = now + Pause(status, member->failures, longest);
  if (member->group != nullptr) Wake(*member->group);
}

void FeedHub::Impl::EndLeftover(Site& site, const Leftover& leftover) {
  site.server->Unsubscribe(leftover.subscription, leftover.mailbox, leftover.affinity);
  const std::lock_guard lock(mu_);
  --site.active;
  PumpSite(site);
}

}  // namespace crosspoint::ews
