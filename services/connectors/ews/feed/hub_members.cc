#include <algorithm>
#include <utility>

#include "connectors/ews/feed/hub_impl.h"

// Who sits in which group.
namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kLongLife{10};  // a subscription lost sooner was lost because of how it was made

}  // namespace

FeedHub::Impl::MemberPtr FeedHub::Impl::Add(const FeedMailbox& mailbox, std::unique_ptr<FeedListener> listener) {
  const std::lock_guard lock(mu_);
  auto& site = sites_[{mailbox.server, mailbox.grouping}];
  if (!site) {
    site = std::make_unique<Site>();
    site->server = mailbox.server;
  }
  auto member = std::make_shared<Member>(mailbox.address, std::move(listener), *site);
  ++mailboxes_;
  site->newcomers.push_back(member);
  GatherLater(*site);
  return member;
}

void FeedHub::Impl::Remove(const MemberPtr& member) {
  std::unique_ptr<FeedListener> listener;
  {
    const std::lock_guard lock(member->calling);
    listener = std::move(member->listener);
  }
  const std::lock_guard lock(mu_);
  member->removed = true;
  --mailboxes_;
  Group* const group = member->group;
  if (group == nullptr) return;
  if (member->state == Member::State::kSubscribed) {
    group->leftovers.push_back({member->subscription, member->address, group->affinity, last_id_});
    DropSubscription(*member);
  }
  std::erase(group->members, member);
  member->group = nullptr;
  Wake(*group);
}

void FeedHub::Impl::GatherLater(Site& site) {
  if (std::exchange(site.gathering, true) || stopped_) return;
  Post(options_.gather, [&site](Impl& self) { self.Gather(site); });
}

void FeedHub::Impl::Gather(Site& site) {
  const std::lock_guard lock(mu_);
  site.gathering = false;
  auto newcomers = std::exchange(site.newcomers, {});
  std::erase_if(newcomers, [](const MemberPtr& member) { return member->removed; });
  std::sort(newcomers.begin(), newcomers.end(),
            [](const MemberPtr& a, const MemberPtr& b) { return a->address < b->address; });
  std::vector<Group*> roomy;
  for (const auto& group : site.groups) {
    if (group->members.size() < options_.group_size) roomy.push_back(group.get());
  }
  // The fullest first, so that few connections are enough.
  std::sort(roomy.begin(), roomy.end(),
            [](const Group* a, const Group* b) { return a->members.size() > b->members.size(); });
  auto next = newcomers.begin();
  while (next != newcomers.end()) {
    if (roomy.empty()) {
      auto group = std::make_unique<Group>(++last_id_, site);
      groups_.emplace(group->id, group.get());
      roomy.push_back(group.get());
      site.groups.push_back(std::move(group));
    }
    Group& group = *roomy.front();
    roomy.erase(roomy.begin());
    while (next != newcomers.end() && group.members.size() < options_.group_size) Join(group, *next++);
    Wake(group);
  }
}

void FeedHub::Impl::Join(Group& group, const MemberPtr& member) {
  member->group = &group;
  member->state = Member::State::kWaiting;
  const auto place = std::upper_bound(group.members.begin(), group.members.end(), member,
                                      [](const MemberPtr& a, const MemberPtr& b) { return a->address < b->address; });
  group.members.insert(place, member);
}

// A half-empty group whose members find room elsewhere is a connection too many.
bool FeedHub::Impl::ShouldDissolve(const Group& group) const {
  if (group.members.size() > options_.group_size / 2) return false;
  size_t room = 0;
  for (const auto& other : group.site.groups) {
    if (other.get() != &group) room += options_.group_size - other->members.size();
  }
  return room >= group.members.size() + group.site.newcomers.size();
}

void FeedHub::Impl::Dissolve(Group& group, Effects& effects) {
  for (const auto& member : std::exchange(group.members, {})) {
    if (member->state == Member::State::kSubscribed) {
      group.leftovers.push_back({member->subscription, member->address, group.affinity, last_id_});
      DropSubscription(*member);
      member->not_before = {};
    }
    member->state = Member::State::kWaiting;
    member->group = nullptr;
    group.site.newcomers.push_back(member);
  }
  GatherLater(group.site);
  EraseGroup(group, effects);
}

void FeedHub::Impl::EraseGroup(Group& group, Effects& effects) {
  if (group.current) Discard(group.current, effects);
  for (const auto& connection : group.replaced) Discard(connection, effects);
  auto& site = group.site;
  std::move(group.leftovers.begin(), group.leftovers.end(), std::back_inserter(site.leftovers));
  groups_.erase(group.id);
  std::erase_if(site.groups, [&group](const auto& other) { return other.get() == &group; });
}

void FeedHub::Impl::DropSubscription(Member& member) {
  if (member.state != Member::State::kSubscribed) return;
  by_subscription_.erase(member.subscription);
  member.subscription.clear();
  member.state = Member::State::kWaiting;
  member.connection = 0;
  member.fed = false;
  const auto now = tasks_.Now();
  member.failures = now - member.subscribed_at < kLongLife ? member.failures + 1 : 0;
  // The first loss is made good at once; what is lost again and again is not asked for in a storm.
  member.not_before =
      member.failures > 1 ? now + Pause(absl::OkStatus(), member.failures - 1, options_.max_retry) : now;
  Group& group = *member.group;
  group.anchored = std::any_of(group.members.begin(), group.members.end(),
                               [](const MemberPtr& other) { return other->state == Member::State::kSubscribed; });
  if (!group.anchored) group.affinity.cookie.clear();
}

FeedHub::Impl::Group* FeedHub::Impl::FindGroup(uint64_t id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : found->second;
}

}  // namespace crosspoint::ews
