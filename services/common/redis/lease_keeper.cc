#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
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

  // When something has to be done about it.
  Time Due() const {
    if (lost) return Time::min();
    return asking ? give_up_at : std::min(renew_at, give_up_at);
  }
};

// Shared with the callbacks of renewals under way, which may outlive the keeper.
struct Book {
  using Entries = std::unordered_map<std::string, Kept>;

  std::mutex mu;
  std::condition_variable changed;
  Entries kept;  // guarded by mu; by key
  std::set<std::pair<Time, const Kept*>>
      due;                // guarded by mu; all of `kept` by Due(): thousands are not looked through
  bool stopping = false;  // guarded by mu

  void Put(const std::string& key, Kept entry) {
    Erase(kept.find(key));
    const auto [place, inserted] = kept.emplace(key, std::move(entry));
    Schedule(place->second);
  }
  void Erase(Entries::iterator entry) {
    if (entry == kept.end()) return;
    due.erase({entry->second.Due(), &entry->second});
    kept.erase(entry);
  }
  template <class Change>
  void Update(Kept& entry, const Change& change) {
    due.erase({entry.Due(), &entry});
    change();
    Schedule(entry);
  }
  void Schedule(const Kept& entry) {
    const auto [place, inserted] = due.emplace(entry.Due(), &entry);
    if (place == due.begin()) changed.notify_one();
  }

  void Renewed(const Lease& lease, Time asked, const absl::Status& status) {
    const std::lock_guard lock(mu);
    const auto found = kept.find(lease.key);
    if (found == kept.end() || found->second.lease.token != lease.token) return;
    auto& entry = found->second;
    Update(entry, [&] {
      entry.asking = false;
      if (status.ok()) {
        entry.renew_at = asked + lease.ttl / 3;
        entry.give_up_at = asked + lease.ttl * 9 / 10;
      } else if (absl::IsAborted(status)) {
        entry.lost = true;
      } else {
        entry.renew_at = std::chrono::steady_clock::now() + lease.ttl / 20;
      }
    });
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
  // What is due now, taken out of the book or marked as asked for.
  struct Work {
    std::vector<Kept> lost;
    std::vector<std::pair<Lease, Time>> renew;
  };
  Work TakeDue(Time now) {
    Work work;
    while (!book_->due.empty() && book_->due.begin()->first <= now) {
      auto& kept = book_->kept.at(book_->due.begin()->second->lease.key);
      if (kept.lost || now >= kept.give_up_at) {
        work.lost.push_back(kept);
        book_->Erase(book_->kept.find(work.lost.back().lease.key));
        continue;
      }
      work.renew.emplace_back(kept.lease, kept.give_up_at);
      book_->Update(kept, [&kept] { kept.asking = true; });
    }
    return work;
  }

  void Run() {
    std::unique_lock lock(book_->mu);
    while (!book_->stopping) {
      const auto now = std::chrono::steady_clock::now();
      const auto work = TakeDue(now);
      if (work.lost.empty() && work.renew.empty()) {
        const auto idle = now + std::chrono::hours(1);
        book_->changed.wait_until(lock, book_->due.empty() ? idle : std::min(idle, book_->due.begin()->first));
        continue;
      }
      lock.unlock();
      for (const auto& [lease, until] : work.renew) {
        // A renewal gets a third of the time to live, so that a second attempt fits in before the lease runs out.
        leases_.RenewAsync(
            lease, std::min(until, now + lease.ttl / 3),
            [book = book_, lease = lease, now](const absl::Status& status) { book->Renewed(lease, now, status); });
      }
      for (const auto& kept : work.lost) kept.on_lost(kept.lease);
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
  impl_->book_->Put(lease.key, Kept{.lease = lease,
                                    .on_lost = std::move(on_lost),
                                    .renew_at = acquired + lease.ttl / 3,
                                    .give_up_at = acquired + lease.ttl * 9 / 10});
}

void LeaseKeeper::Drop(const std::string& key) {
  const std::lock_guard lock(impl_->book_->mu);
  impl_->book_->Erase(impl_->book_->kept.find(key));
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
