#include "meeting_sync/app/feed_keeper.h"

#include <algorithm>
#include <utility>

#include "meeting_sync/domain/replica_choice.h"

namespace crosspoint::meeting_sync {

FeedKeeper::FeedKeeper(MailboxReader::Parts parts, UserBook& users, Replicas& replicas, std::chrono::milliseconds beat)
    : parts_(std::move(parts)), users_(users), replicas_(replicas), beat_(beat) {}

FeedKeeper::~FeedKeeper() { Stop(std::chrono::milliseconds{0}); }

void FeedKeeper::Start() {
  users_.SetListener({.on_mailbox = [this](const Mailbox& mailbox) { OnMailbox(mailbox); },
                      .on_gone = [this](const UserId& user, UserBook::Gone gone) { OnGone(user, gone); }});
  parts_.tasks.Post([this] { Beat(); });
}

void FeedKeeper::Beat() {
  {
    const std::lock_guard lock(mu_);
    if (stopped_) return;
    beating_ = true;
  }
  auto live = replicas_.Beat();
  bool changed = false;
  {
    const std::lock_guard lock(mu_);
    beating_ = false;
    ended_.notify_all();
    if (stopped_) return;
    // Without an answer the last list stays: leases decide, and guessing would only move mailboxes about.
    if (live.ok() && *live != live_) {
      live_ = *std::move(live);
      changed = true;
    }
  }
  if (changed) Rebalance();
  parts_.tasks.PostAfter(beat_, [this] { Beat(); });
}

bool FeedKeeper::IsMine(const UserId& user) const {
  return !stopped_ && !live_.empty() && ChooseReplica(user, live_) == replicas_.self();
}

void FeedKeeper::StartReader(const Mailbox& mailbox) {
  if (ending_.contains(mailbox.user)) {
    again_.insert(mailbox.user);  // the next one begins when the old one has given the lease back
    return;
  }
  auto reader = std::make_shared<MailboxReader>(parts_, mailbox);
  readers_.emplace(mailbox.user, reader);
  reader->Start();
}

void FeedKeeper::EndReader(Readers::iterator it, bool retire) {
  const auto user = it->first;
  auto reader = it->second;
  readers_.erase(it);
  ending_.emplace(user, reader);
  auto done = [this, user] {
    const std::lock_guard lock(mu_);
    ending_.erase(user);
    ended_.notify_all();
    if (!again_.erase(user) || stopped_ || !IsMine(user)) return;
    // The address may have changed meanwhile.
    if (const auto mailbox = users_.MailboxOf(user); mailbox.ok()) StartReader(*mailbox);
  };
  retire ? reader->Retire(std::move(done)) : reader->Stop(std::move(done));
}

void FeedKeeper::OnMailbox(const Mailbox& mailbox) {
  const std::lock_guard lock(mu_);
  if (const auto it = readers_.find(mailbox.user); it != readers_.end()) {
    it->second->SetMailbox(mailbox);
  } else if (IsMine(mailbox.user)) {
    StartReader(mailbox);
  }
}

void FeedKeeper::OnGone(const UserId& user, UserBook::Gone gone) {
  const std::lock_guard lock(mu_);
  again_.erase(user);
  auto it = readers_.find(user);
  const bool retire = gone == UserBook::Gone::kNoLonger;
  if (it == readers_.end()) {
    // Whoever should have read it forgets it, also when the user went while nobody was reading.
    if (!retire || !IsMine(user) || ending_.contains(user)) return;
    it = readers_.emplace(user, std::make_shared<MailboxReader>(parts_, Mailbox{user, ""})).first;
  }
  EndReader(it, retire);
}

void FeedKeeper::Rebalance() {
  const std::lock_guard lock(mu_);
  for (auto it = readers_.begin(); it != readers_.end();) {
    const auto reader = it++;
    if (!IsMine(reader->first)) EndReader(reader, false);
  }
  for (const auto& mailbox : users_.Mailboxes()) {
    if (!readers_.contains(mailbox.user) && IsMine(mailbox.user)) StartReader(mailbox);
  }
}

void FeedKeeper::Resync(const UserId& user) {
  const std::lock_guard lock(mu_);
  if (const auto it = readers_.find(user); it != readers_.end()) it->second->Resync();
}

size_t FeedKeeper::holding() const {
  const std::lock_guard lock(mu_);
  return static_cast<size_t>(
      std::count_if(readers_.begin(), readers_.end(), [](const auto& entry) { return entry.second->holding(); }));
}

void FeedKeeper::Stop(std::chrono::milliseconds limit) {
  std::unique_lock lock(mu_);
  if (stopped_) return;
  stopped_ = true;
  again_.clear();
  while (!readers_.empty()) EndReader(readers_.begin(), false);
  for (const auto& [user, reader] : ending_)
    reader->Stop([this, user = user] {
      const std::lock_guard inner(mu_);
      ending_.erase(user);
      ended_.notify_all();
    });
  ended_.wait_for(lock, limit, [this] { return ending_.empty() && !beating_; });
  lock.unlock();
  users_.SetListener({});
  replicas_.Leave();
}

}  // namespace crosspoint::meeting_sync
