#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/redis/lease.h"

namespace crosspoint {
namespace {

using Time = std::chrono::steady_clock::time_point;

struct Kept {
  Lease lease;
  std::function<void(const Lease&)> on_lost;
  Time renew_at;
  Time give_up_at;
  bool asking = false;  // a renewal is under way
  bool lost = false;    // Redis said so
};

// Shared with the callbacks of renewals under way, which may outlive the keeper.
struct Book {
  std::mutex mu;
  std::condition_variable changed;
  std::unordered_map<std::string, Kept> kept;  // guarded by mu; by key
  bool stopping = false;                       // guarded by mu

  void Renewed(const Lease& lease, Time asked, const absl::Status& status) {
    const std::lock_guard lock(mu);
    const auto found = kept.find(lease.key);
    if (found == kept.end() || found->second.lease.token != lease.token) return;
    auto& entry = found->second;
    entry.asking = false;
    if (status.ok()) {
      entry.renew_at = asked + lease.ttl / 3;
      entry.give_up_at = asked + lease.ttl * 9 / 10;
    } else if (absl::IsAborted(status)) {
      entry.lost = true;
    } else {
      entry.renew_at = std::chrono::steady_clock::now() + lease.ttl / 20;
    }
    changed.notify_one();
  }
};

}  // namespace

class LeaseKeeper::Impl {
 public:
  explicit Impl(RedisClient& redis) : leases_(redis), book_(std::make_shared<Book>()), thread_([this] { Run(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(book_->mu);
      book_->stopping = true;
      book_->changed.notify_one();
    }
    thread_.join();
  }

  Leases leases_;
  std::shared_ptr<Book> book_;

 private:
  void Run() {
    std::unique_lock lock(book_->mu);
    while (!book_->stopping) {
      const auto now = std::chrono::steady_clock::now();
      auto next = now + std::chrono::hours(1);
      std::vector<Kept> lost;
      std::vector<std::pair<Lease, Time>> due;
      for (auto entry = book_->kept.begin(); entry != book_->kept.end();) {
        auto& kept = entry->second;
        if (kept.lost || now >= kept.give_up_at) {
          lost.push_back(std::move(kept));
          entry = book_->kept.erase(entry);
          continue;
        }
        if (!kept.asking && now >= kept.renew_at) {
          kept.asking = true;
          due.emplace_back(kept.lease, kept.give_up_at);
        }
        next = std::min(next, kept.asking ? kept.give_up_at : std::min(kept.renew_at, kept.give_up_at));
        ++entry;
      }
      if (lost.empty() && due.empty()) {
        book_->changed.wait_until(lock, next);
        continue;
      }
      lock.unlock();
      for (auto& [lease, until] : due) {
        // A renewal gets a third of the time to live, so that a second attempt fits in before the lease runs out.
        leases_.RenewAsync(
            lease, std::min(until, now + lease.ttl / 3),
            [book = book_, lease = lease, now](const absl::Status& status) { book->Renewed(lease, now, status); });
      }
      for (const auto& kept : lost) kept.on_lost(kept.lease);
      lock.lock();
    }
  }

  std::thread thread_;
};

LeaseKeeper::LeaseKeeper(RedisClient& redis) : impl_(std::make_unique<Impl>(redis)) {}
LeaseKeeper::~LeaseKeeper() = default;

void LeaseKeeper::Keep(const Lease& lease, std::function<void(const Lease&)> on_lost) {
  const std::lock_guard lock(impl_->book_->mu);
  const auto acquired = lease.valid_until - lease.ttl;
  impl_->book_->kept[lease.key] = Kept{.lease = lease,
                                       .on_lost = std::move(on_lost),
                                       .renew_at = acquired + lease.ttl / 3,
                                       .give_up_at = acquired + lease.ttl * 9 / 10};
  impl_->book_->changed.notify_one();
}

void LeaseKeeper::Drop(const std::string& key) {
  const std::lock_guard lock(impl_->book_->mu);
  impl_->book_->kept.erase(key);
}

absl::Status LeaseKeeper::Release(const Lease& lease, Deadline deadline) {
  Drop(lease.key);
  return impl_->leases_.Release(lease, deadline);
}

size_t LeaseKeeper::size() const {
  const std::lock_guard lock(impl_->book_->mu);
  return impl_->book_->kept.size();
}

}  // namespace crosspoint
