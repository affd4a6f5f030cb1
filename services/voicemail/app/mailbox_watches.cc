#include "voicemail/app/mailbox_watches.h"

#include <algorithm>

namespace crosspoint::voicemail {

void MailboxWatches::Start() {
  tasks_.PostAfter(look_, [this] { Look(); });
}

void MailboxWatches::Add(const UserId& user, const std::shared_ptr<Wake>& wake) {
  const std::lock_guard lock(mu_);
  watched_[user].wakes.push_back(wake);
}

void MailboxWatches::Changed(const UserId& user) {
  std::vector<std::shared_ptr<Wake>> wakes;
  {
    const std::lock_guard lock(mu_);
    const auto it = watched_.find(user);
    if (it == watched_.end()) return;
    for (const auto& weak : it->second.wakes) {
      if (auto wake = weak.lock()) wakes.push_back(std::move(wake));
    }
  }
  for (auto& wake : wakes) {
    tasks_.Post([wake = std::move(wake)] { (*wake)(); });
  }
}

void MailboxWatches::Look() {
  std::vector<std::pair<UserId, uint64_t>> known;
  {
    const std::lock_guard lock(mu_);
    for (auto it = watched_.begin(); it != watched_.end();) {
      std::erase_if(it->second.wakes, [](const auto& wake) { return wake.expired(); });
      if (it->second.wakes.empty()) {
        it = watched_.erase(it);
      } else {
        known.emplace_back(it->first, it->second.revision);
        ++it;
      }
    }
  }
  for (const auto& [user, before] : known) {
    const auto revision = store_.Revision(user);
    if (!revision.ok()) break;  // the store is away: the next look finds what changed
    if (*revision == before) continue;
    {
      const std::lock_guard lock(mu_);
      if (const auto it = watched_.find(user); it != watched_.end()) it->second.revision = *revision;
    }
    Changed(user);
  }
  Start();
}

int MailboxWatches::watchers() const {
  const std::lock_guard lock(mu_);
  size_t count = 0;
  for (const auto& [user, watched] : watched_) {
    count += static_cast<size_t>(
        std::count_if(watched.wakes.begin(), watched.wakes.end(), [](const auto& wake) { return !wake.expired(); }));
  }
  return static_cast<int>(count);
}

}  // namespace crosspoint::voicemail
