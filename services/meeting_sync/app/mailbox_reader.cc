#include "meeting_sync/app/mailbox_reader.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "meeting_sync/app/mailbox_moved.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kNow{0};
constexpr milliseconds kNever = milliseconds::max();
constexpr milliseconds kShortestLeaseRetry{20};

bool IsStoreTrouble(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info && info->domain == "redis.crosspoint";
}

}  // namespace

// What happened since the last step, taken at once.
struct MailboxReader::Inputs {
  Goal goal;
  bool lease_lost;
  bool address_changed;
  bool gap;
  std::optional<absl::Status> feed_trouble;
};

MailboxReader::MailboxReader(const Parts& parts, Mailbox mailbox) : parts_(parts), mailbox_(std::move(mailbox)) {}

MailboxReader::~MailboxReader() {
  CloseStream();
  if (lease_) parts_.observer.OnHeld(-1);
}

void MailboxReader::Start() { Wake(); }

void MailboxReader::SetMailbox(const Mailbox& mailbox) {
  {
    const std::lock_guard lock(mu_);
    if (mailbox_ == mailbox) return;
    mailbox_ = mailbox;
    address_changed_ = true;
  }
  Wake();
}

void MailboxReader::Resync() {
  {
    const std::lock_guard lock(mu_);
    look_ = true;
  }
  Wake();
}

void MailboxReader::Stop(std::function<void()> done) {
  {
    const std::lock_guard lock(mu_);
    goal_ = Goal::kStop;
    done_ = std::move(done);
  }
  Wake();
}

void MailboxReader::Retire(std::function<void()> done) {
  {
    const std::lock_guard lock(mu_);
    goal_ = Goal::kRetire;
    done_ = std::move(done);
  }
  Wake();
}

bool MailboxReader::holding() const {
  const std::lock_guard lock(mu_);
  return lease_.has_value();
}

void MailboxReader::Wake() {
  {
    const std::lock_guard lock(mu_);
    woken_ = true;
    if (driving_) return;
    driving_ = true;
  }
  parts_.tasks.Post([self = shared_from_this()] { self->Drive(); });
}

void MailboxReader::Drive() {
  Delay delay = kNever;
  while (true) {
    Inputs inputs;
    {
      const std::lock_guard lock(mu_);
      woken_ = false;
      inputs = {goal_, std::exchange(lease_lost_, false), std::exchange(address_changed_, false),
                std::exchange(gap_, false), std::exchange(feed_trouble_, std::nullopt)};
      to_log_.insert(dirty_.begin(), dirty_.end());
      sync_due_ |= dirty_.contains(MailboxFolder::kCalendar) || std::exchange(look_, false);
      dirty_.clear();
      reading_ = mailbox_;
    }
    delay = Step(inputs);
    std::function<void()> done;
    {
      const std::lock_guard lock(mu_);
      if (!woken_) {
        driving_ = false;
        if (goal_ != Goal::kRead && delay == kNever) done = std::exchange(done_, nullptr);
        if (!done) break;
      }
    }
    if (done) {
      done();
      return;
    }
  }
  if (delay != kNever) Arm(delay);
}

void MailboxReader::Arm(Delay delay) {
  uint64_t generation;
  {
    const std::lock_guard lock(mu_);
    // One that runs out earlier arms again: a timer for every notification would fill the task runner.
    const auto due = parts_.tasks.Now() + delay;
    if (timer_due_ <= due) return;
    timer_due_ = due;
    generation = ++timer_generation_;
  }
  parts_.tasks.PostAfter(delay, [weak = weak_from_this(), generation] {
    const auto self = weak.lock();
    if (!self) return;
    {
      const std::lock_guard lock(self->mu_);
      if (generation != self->timer_generation_) return;
      self->timer_due_ = SteadyTime::max();
    }
    self->Wake();
  });
}

MailboxReader::Delay MailboxReader::Step(const Inputs& inputs) {
  const auto now = parts_.tasks.Now();
  if (inputs.lease_lost) DropLease(true);
  const bool moved = inputs.feed_trouble && HasReason(*inputs.feed_trouble, kMailboxMoved);
  if (inputs.address_changed || moved) CloseStream();
  if (inputs.goal == Goal::kStop) return StepStop(false);
  if (inputs.feed_trouble && stream_) NoteFeedTrouble(*inputs.feed_trouble);
  if (inputs.gap) {
    awaiting_feed_ = false;
    feed_problem_.clear();
    to_log_ = {MailboxFolder::kCalendar, MailboxFolder::kInbox, MailboxFolder::kContacts, MailboxFolder::kOther};
    sync_due_ = true;
  }
  if (now < not_before_) return std::chrono::ceil<milliseconds>(not_before_ - now);
  if (!lease_) {
    if (const auto delay = StepLease(); delay != kNow) return delay;
  }
  if (inputs.goal == Goal::kRetire) return StepStop(true);
  if (!stream_) {
    if (const auto delay = StepFeed(); delay != kNow) return delay;
  }
  if (std::exchange(awaiting_feed_, false)) {
    if (now < feed_patience_) {
      awaiting_feed_ = true;
      return std::chrono::ceil<milliseconds>(feed_patience_ - now);
    }
    sync_due_ = true;
  }
  return StepSync();
}

MailboxReader::Delay MailboxReader::StepLease() {
  auto lease = parts_.leases.Acquire(reading_.user, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    {
      const std::lock_guard lock(self->mu_);
      self->lease_lost_ = true;
    }
    self->Wake();
  });
  if (lease.ok()) {
    const std::lock_guard lock(mu_);
    lease_ = *std::move(lease);
    parts_.observer.OnHeld(+1);
    return kNow;
  }
  if (!HasReason(lease.status(), kLeaseHeld)) return AfterTrouble(Annotate(lease.status(), "take lease"), ++failures_);
  const auto remaining = MillisecondsIn(lease.status(), "remaining_ms").value_or(kNow);
  return Jittered(std::clamp(remaining, kShortestLeaseRetry, parts_.timing.lease_retry));
}

MailboxReader::Delay MailboxReader::StepFeed() {
  uint64_t generation;
  {
    const std::lock_guard lock(mu_);
    generation = ++stream_generation_;
  }
  ChangeCallbacks callbacks;
  callbacks.on_change = [weak = weak_from_this(), generation](MailboxFolder folder) {
    const auto self = weak.lock();
    if (!self) return;
    {
      const std::lock_guard lock(self->mu_);
      if (generation != self->stream_generation_) return;
      self->dirty_.insert(folder);
    }
    self->Wake();
  };
  callbacks.on_gap = [weak = weak_from_this(), generation] {
    const auto self = weak.lock();
    if (!self) return;
    {
      const std::lock_guard lock(self->mu_);
      if (generation != self->stream_generation_) return;
      self->gap_ = true;
      self->feed_trouble_.reset();
    }
    self->Wake();
  };
  callbacks.on_trouble = [weak = weak_from_this(), generation](const absl::Status& status) {
    const auto self = weak.lock();
    if (!self) return;
    {
      const std::lock_guard lock(self->mu_);
      if (generation != self->stream_generation_) return;
      self->feed_trouble_ = status;
    }
    self->Wake();
  };
  awaiting_feed_ = true;
  auto stream = parts_.feed.Open(reading_, std::move(callbacks));
  if (!stream.ok()) return AfterTrouble(Annotate(stream.status(), "open change feed"), ++failures_);
  stream_ = *std::move(stream);
  feed_patience_ = parts_.tasks.Now() + parts_.timing.reconcile;
  return kNow;
}

// Without the feed the mailbox is read on schedule; the first look need not wait for it any longer.
void MailboxReader::NoteFeedTrouble(const absl::Status& status) {
  if (std::exchange(awaiting_feed_, false)) sync_due_ = true;
  feed_problem_ = MessageOf(Annotate(status, "change feed"));
  parts_.log.Debug("mailbox_not_fed", {{"user", reading_.user.Name()}, {"problem", feed_problem_}});
  NoteProblem(feed_problem_);
}

MailboxReader::Delay MailboxReader::StepSync() {
  if (!to_log_.empty()) {
    const auto status = parts_.feed_log.Append(reading_.user, {to_log_.begin(), to_log_.end()});
    if (!status.ok()) return AfterTrouble(Annotate(status, "write mailbox feed"), ++failures_);
    to_log_.clear();
  }
  const auto started = parts_.tasks.Now();
  if (!sync_due_ && started < next_look_) return std::chrono::ceil<milliseconds>(next_look_ - started);
  sync_due_ = true;
  const auto report = parts_.sync.Run(reading_, *lease_);
  const auto ended = parts_.tasks.Now();
  parts_.observer.OnRun(report.status(), report.ok() ? *report : SyncReport{},
                        std::chrono::duration_cast<milliseconds>(ended - started));
  if (HasReason(report.status(), kFenced)) {
    DropLease(true);
    return Jittered(parts_.timing.lease_retry);
  }
  if (!report.ok()) return AfterTrouble(Annotate(report.status(), "synchronise calendar"), ++failures_);
  sync_due_ = false;
  failures_ = 0;
  noted_problem_.clear();
  if (!feed_problem_.empty()) NoteProblem(feed_problem_);  // the commit has cleared it
  if (report->reset) {
    parts_.log.Info("mailbox_read_anew", {{"user", reading_.user.Name()},
                                          {"changes", report->changes},
                                          {"claims_put", report->claims_put},
                                          {"claims_deleted", report->claims_deleted}});
  }
  const auto next = parts_.timing.reconcile * 9 / 10 +
                    milliseconds(static_cast<int64_t>(parts_.timing.reconcile.count() * 0.2 * parts_.random()));
  next_look_ = ended + next;
  return next;
}

MailboxReader::Delay MailboxReader::StepStop(bool retire) {
  CloseStream();
  if (retire && lease_) {
    const auto status = parts_.sync.Retire(reading_.user, *lease_);
    if (!status.ok() && !HasReason(status, kFenced))
      return AfterTrouble(Annotate(status, "forget mailbox"), ++failures_);
  }
  DropLease(false);
  return kNever;
}

MailboxReader::Delay MailboxReader::AfterTrouble(const absl::Status& status, int failures) {
  const auto problem = MessageOf(status);
  // Cancelled is what ends with the process: no problem of the mailbox.
  if (problem != noted_problem_ && !IsStoreTrouble(status) && !absl::IsCancelled(status)) {
    parts_.log.Debug("mailbox_trouble", {{"user", reading_.user.Name()}, {"problem", problem}});
    NoteProblem(problem);
  }
  auto delay = MillisecondsIn(status, "back_off_ms").value_or(kNow);
  if (delay == kNow) {
    delay = parts_.timing.first_retry * (int64_t{1} << std::min(failures - 1, 16));
    delay = Jittered(std::min(delay, parts_.timing.max_retry));
  }
  not_before_ = parts_.tasks.Now() + delay;
  return delay;
}

void MailboxReader::NoteProblem(const std::string& problem) {
  if (!lease_ || problem == noted_problem_) return;
  if (parts_.store.NoteProblem(reading_.user, *lease_, problem).ok()) noted_problem_ = problem;
}

void MailboxReader::DropLease(bool lost) {
  if (!lease_) return;
  CloseStream();
  const auto lease = *lease_;
  {
    const std::lock_guard lock(mu_);
    lease_.reset();
  }
  parts_.observer.OnHeld(-1);
  if (lost) {
    parts_.log.Info("mailbox_lost", {{"user", reading_.user.Name()}, {"fence", static_cast<int64_t>(lease.fence)}});
  }
  // Given back also when lost: it may be ours still if only the store did not answer.
  parts_.leases.Release(reading_.user, lease);
}

void MailboxReader::CloseStream() {
  {
    const std::lock_guard lock(mu_);
    ++stream_generation_;
  }
  stream_.reset();
  feed_problem_.clear();
}

MailboxReader::Delay MailboxReader::Jittered(Delay delay) const {
  return delay + milliseconds(static_cast<int64_t>(static_cast<double>(delay.count()) * 0.3 * parts_.random()));
}

}  // namespace crosspoint::meeting_sync
