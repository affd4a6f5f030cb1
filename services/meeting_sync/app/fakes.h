#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "common/tasks/manual_tasks.h"
#include "meeting_sync/app/ports.h"
#include "meeting_sync/app/reasons.h"

// Ports for tests: values in memory, faults on demand. What readers call may be called from any thread.
namespace crosspoint::meeting_sync {

// One mailbox as a server has it: singles, and series with their occurrences.
class FakeCalendar final : public CalendarSource {
 public:
  void Put(const CalendarEntry& entry) {
    const std::lock_guard lock(mu_);
    items_[entry.item.id] = entry;
    log_.push_back({.removed = false, .entry = entry});
  }
  void Remove(const std::string& id) {
    if (items_.erase(id) == 0) return;
    series_.erase(id);
    log_.push_back({.removed = true, .entry = {.item = {.id = id}}});
  }
  // `id` must be put as a kSeries; its occurrences are told by View alone.
  void SetOccurrences(const std::string& id, std::vector<CalendarEntry> occurrences) {
    series_[id] = std::move(occurrences);
    log_.push_back({.removed = false, .entry = items_[id]});
  }
  // The server forgets the sync states given out so far.
  void ForgetSyncStates() { ++life_; }
  void Fail(absl::Status status, int calls = 1) {
    failure_ = std::move(status);
    failing_calls_ = calls;
  }
  // Next enumeration from the beginning leaves out everything, as a broken server may.
  void HideOnce() { hide_ = true; }

  absl::StatusOr<ChangePage> Changes(const Mailbox&, const std::string& sync_state) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Fault());
    ++reads;
    size_t from = 0;
    if (!sync_state.empty()) {
      const auto colon = sync_state.find(':');
      if (std::stoi(sync_state.substr(0, colon)) != life_) {
        return Refused(absl::StatusCode::kFailedPrecondition, kSyncStateLost, "unknown sync state");
      }
      from = std::stoul(sync_state.substr(colon + 1));
    }
    ChangePage page;
    size_t to = log_.size();
    if (sync_state.empty() && std::exchange(hide_, false)) {
      page.sync_state = std::to_string(life_) + ":" + std::to_string(to);
      return page;
    }
    if (sync_state.empty()) {
      for (const auto& [id, entry] : items_) page.changes.push_back({.removed = false, .entry = entry});
    } else {
      to = std::min(to, from + page_size);
      page.changes.assign(log_.begin() + static_cast<long>(from), log_.begin() + static_cast<long>(to));
    }
    page.last = to == log_.size();
    page.sync_state = std::to_string(life_) + ":" + std::to_string(to);
    return page;
  }

  absl::StatusOr<std::vector<CalendarEntry>> View(const Mailbox&, TimePoint start, TimePoint end) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Fault());
    std::vector<CalendarEntry> entries;
    const auto add = [&](const CalendarEntry& entry) {
      if (entry.end > start && entry.start < end) entries.push_back(entry);
    };
    for (const auto& [id, entry] : items_) {
      if (entry.kind == EntryKind::kSingle) add(entry);
    }
    for (const auto& [id, occurrences] : series_) {
      for (const auto& occurrence : occurrences) add(occurrence);
    }
    return entries;
  }

  absl::StatusOr<std::vector<std::optional<CalendarEntry>>> Confirm(const Mailbox&,
                                                                    const std::vector<std::string>& ids) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Fault());
    confirmed += static_cast<int>(ids.size());
    std::vector<std::optional<CalendarEntry>> found;
    for (const auto& id : ids) {
      const auto all = Everything();
      const auto it = all.find(id);
      found.push_back(it == all.end() ? std::nullopt : std::optional(it->second));
    }
    return found;
  }

  // The truth, for comparison.
  std::map<std::string, CalendarEntry> Everything() const {
    auto all = items_;
    for (const auto& [id, occurrences] : series_) {
      for (const auto& occurrence : occurrences) all[occurrence.item.id] = occurrence;
    }
    return all;
  }

  size_t page_size = 3;
  int reads = 0;
  int confirmed = 0;

 private:
  absl::Status Fault() {
    if (failing_calls_ == 0) return absl::OkStatus();
    --failing_calls_;
    return failure_;
  }

  std::mutex mu_;
  std::map<std::string, CalendarEntry> items_;
  std::map<std::string, std::vector<CalendarEntry>> series_;
  std::vector<CalendarChange> log_;
  int life_ = 1;
  bool hide_ = false;
  int failing_calls_ = 0;
  absl::Status failure_;
};

// Meetings as a server tells them.
class FakeMeetings final : public MeetingSource {
 public:
  absl::StatusOr<std::vector<Meeting>> List(const Mailbox&, TimePoint start, TimePoint end, Deadline) override {
    ++lists;
    if (whole_seconds) {
      start = std::chrono::floor<std::chrono::seconds>(start);
      end = std::chrono::floor<std::chrono::seconds>(end);
    }
    std::vector<Meeting> found;
    for (const auto& meeting : meetings) {
      if (meeting.end > start && meeting.start < end) found.push_back(meeting);
    }
    if (found.size() > limit) return Refused(absl::StatusCode::kFailedPrecondition, kTooManyItems, "too many");
    return found;
  }
  absl::StatusOr<std::vector<std::optional<Meeting>>> Get(const Mailbox&, const std::vector<ItemRef>& items,
                                                          Deadline) override {
    std::vector<std::optional<Meeting>> found;
    for (const auto& item : items) {
      const auto it = std::find_if(meetings.begin(), meetings.end(),
                                   [&](const Meeting& meeting) { return meeting.item.id == item.id; });
      found.push_back(it == meetings.end() ? std::nullopt : std::optional(*it));
    }
    return found;
  }
  std::vector<Meeting> meetings;
  size_t limit = 1000;
  bool whole_seconds = false;  // cuts the times it is asked for to seconds, as Exchange does
  int lists = 0;
};

class FakeSyncStore final : public SyncStore {
 public:
  // What the outbox would carry, in order.
  struct Order {
    bool put = false;
    PlannedClaim claim;
  };

  absl::StatusOr<SyncPoint> LoadPoint(const UserId& user) override {
    const std::lock_guard lock(mu_);
    return mailboxes_[user].point;
  }
  absl::StatusOr<StoredItems> LoadItems(const UserId& user) override {
    const std::lock_guard lock(mu_);
    return mailboxes_[user].items;
  }
  absl::StatusOr<std::optional<ItemLink>> FindLink(const UserId& user, const ItemKey& key) override {
    const std::lock_guard lock(mu_);
    const auto& links = mailboxes_[user].items.links;
    const auto it = links.find(key);
    return it == links.end() ? std::nullopt : std::optional(it->second);
  }
  absl::Status Commit(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Check(user, lease));
    if (std::exchange(fail_commit, false)) return absl::UnavailableError("store away");
    auto& mailbox = mailboxes_[user];
    const auto asked = mailbox.point.resync_request;
    mailbox.point = commit.point;
    mailbox.point.resync_request = asked == commit.point.resync_request ? 0 : asked;
    for (const auto& link : commit.links.put) mailbox.items.links[link.key] = link;
    for (const auto& key : commit.links.removed) mailbox.items.links.erase(key);
    for (const auto& claim : commit.claims.put) {
      mailbox.items.claims[claim.id] = claim;
      mailbox.orders.push_back({true, claim});
    }
    for (const auto& id : commit.claims.deleted) {
      mailbox.items.claims.erase(id);
      mailbox.orders.push_back({false, {.id = id}});
    }
    for (const auto& id : commit.claims.ended) mailbox.items.claims.erase(id);
    ++commits;
    return absl::OkStatus();
  }
  absl::Status NoteProblem(const UserId& user, const MailboxLease& lease, const std::string& problem) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Check(user, lease));
    mailboxes_[user].point.problem = problem;
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Holder(const UserId&) override { return std::string(); }
  absl::Status RequestResync(const UserId& user) override {
    const std::lock_guard lock(mu_);
    ++mailboxes_[user].point.resync_request;
    return absl::OkStatus();
  }
  absl::Status Drop(const UserId& user, const MailboxLease& lease, const ClaimTable& claims) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Check(user, lease));
    auto& mailbox = mailboxes_[user];
    mailbox.point = {};
    mailbox.items = {};
    for (const auto& [id, claim] : claims) mailbox.orders.push_back({false, {.id = id}});
    return absl::OkStatus();
  }

  // What presence holds once all orders are delivered.
  ClaimTable Delivered(const UserId& user) {
    const std::lock_guard lock(mu_);
    ClaimTable table;
    for (const auto& order : mailboxes_[user].orders) {
      if (order.put) {
        table[order.claim.id] = order.claim;
      } else {
        table.erase(order.claim.id);
      }
    }
    return table;
  }
  std::vector<Order> Orders(const UserId& user) {
    const std::lock_guard lock(mu_);
    return mailboxes_[user].orders;
  }
  size_t OrderCount(const UserId& user) {
    const std::lock_guard lock(mu_);
    return mailboxes_[user].orders.size();
  }
  // Writers with a lower fence are refused from now on.
  void Fence(const UserId& user, uint64_t fence) {
    const std::lock_guard lock(mu_);
    mailboxes_[user].fence = fence;
  }

  bool fail_commit = false;
  int commits = 0;

 private:
  struct Stored {
    SyncPoint point;
    StoredItems items;
    std::vector<Order> orders;
    uint64_t fence = 0;
  };
  absl::Status Check(const UserId& user, const MailboxLease& lease) {
    if (lease.fence >= mailboxes_[user].fence) return absl::OkStatus();
    return Refused(absl::StatusCode::kAborted, kFenced, "lease lost");
  }

  std::mutex mu_;
  std::map<UserId, Stored> mailboxes_;
};

class FakeChangeFeed final : public ChangeFeed {
 public:
  absl::StatusOr<std::unique_ptr<ChangeStream>> Open(const Mailbox& mailbox, ChangeCallbacks callbacks) override {
    const std::lock_guard lock(mu_);
    ++opens;
    if (!failure.ok()) return failure;
    const auto& opened = open_[mailbox.user] = std::move(callbacks);
    if (!silent) opened.on_gap();
    return std::make_unique<Stream>(*this, mailbox.user);
  }
  // These do nothing when the user's stream is not open.
  void Tell(const UserId& user, MailboxFolder folder) {
    const std::lock_guard lock(mu_);
    if (const auto it = open_.find(user); it != open_.end()) it->second.on_change(folder);
  }
  void Gap(const UserId& user) {
    const std::lock_guard lock(mu_);
    if (const auto it = open_.find(user); it != open_.end()) it->second.on_gap();
  }
  void Trouble(const UserId& user, const absl::Status& status) {
    const std::lock_guard lock(mu_);
    if (const auto it = open_.find(user); it != open_.end()) it->second.on_trouble(status);
  }
  bool IsOpen(const UserId& user) const {
    const std::lock_guard lock(mu_);
    return open_.contains(user);
  }
  size_t open_count() const {
    const std::lock_guard lock(mu_);
    return open_.size();
  }

  absl::Status failure;
  bool silent = false;  // the begin is not told by itself
  int opens = 0;

 private:
  struct Stream final : ChangeStream {
    Stream(FakeChangeFeed& feed, UserId user) : feed(feed), user(std::move(user)) {}
    ~Stream() override {
      const std::lock_guard lock(feed.mu_);
      feed.open_.erase(user);
    }
    FakeChangeFeed& feed;
    UserId user;
  };
  mutable std::mutex mu_;
  std::map<UserId, ChangeCallbacks> open_;
};

// Shared by the replicas of a test.
class FakeLeaseTable {
 public:
  struct Held {
    std::string holder;
    uint64_t fence = 0;
    std::function<void()> on_lost;
  };
  std::mutex mu;
  std::map<UserId, Held> held;
  std::map<UserId, uint64_t> fences;
};

class FakeLeases final : public MailboxLeases {
 public:
  FakeLeases(FakeLeaseTable& table, std::string self) : table_(table), self_(std::move(self)) {}
  absl::StatusOr<MailboxLease> Acquire(const UserId& user, std::function<void()> on_lost) override {
    if (!failure.ok()) return failure;
    const std::lock_guard lock(table_.mu);
    const auto it = table_.held.find(user);
    if (it != table_.held.end() && it->second.holder != self_) {
      return ErrorWithInfo(
          absl::StatusCode::kFailedPrecondition, "held",
          {.reason = std::string(kLeaseHeld), .domain = kErrorDomain, .metadata = {{"remaining_ms", "1000"}}});
    }
    const auto fence = ++table_.fences[user];
    table_.held[user] = {self_, fence, std::move(on_lost)};
    return MailboxLease{std::to_string(fence) + ":" + self_, fence};
  }
  void Release(const UserId& user, const MailboxLease& lease) override {
    const std::lock_guard lock(table_.mu);
    const auto it = table_.held.find(user);
    if (it != table_.held.end() && it->second.fence == lease.fence) table_.held.erase(it);
  }
  // The lease runs out under its holder; nothing when nobody has it.
  void Lose(const UserId& user) {
    std::function<void()> lost;
    {
      const std::lock_guard lock(table_.mu);
      const auto it = table_.held.find(user);
      if (it == table_.held.end()) return;
      lost = it->second.on_lost;
      table_.held.erase(it);
    }
    lost();
  }
  absl::Status failure;

 private:
  FakeLeaseTable& table_;
  std::string self_;
};

class FakeFeedLog final : public FeedLog {
 public:
  absl::Status Append(const UserId& user, const std::vector<MailboxFolder>& folders) override {
    if (!failure.ok()) return failure;
    const std::lock_guard lock(mu_);
    for (const auto folder : folders) entries.emplace_back(user, folder);
    return absl::OkStatus();
  }
  absl::Status failure;
  std::vector<std::pair<UserId, MailboxFolder>> entries;

 private:
  std::mutex mu_;
};

class FakeReplicas final : public Replicas {
 public:
  FakeReplicas(std::set<std::string>& live, std::string self) : live_(live), self_(std::move(self)) {}
  absl::StatusOr<std::vector<std::string>> Beat() override {
    if (!failure.ok()) return failure;
    live_.insert(self_);
    return std::vector<std::string>(live_.begin(), live_.end());
  }
  void Leave() override { live_.erase(self_); }
  const std::string& self() const override { return self_; }
  absl::Status failure;

 private:
  std::set<std::string>& live_;
  const std::string self_;
};

}  // namespace crosspoint::meeting_sync
