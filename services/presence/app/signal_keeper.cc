#include "presence/app/signal_keeper.h"

#include <future>
#include <memory>
#include <utility>

namespace crosspoint::presence {

SignalKeeper::~SignalKeeper() {
  std::unique_lock lock(mu_);
  idle_.wait(lock, [this] { return under_way_ == 0; });
}

void SignalKeeper::Report(const UserId& user, const SignalReport& report, Deadline deadline, Done done) {
  {
    const std::lock_guard lock(mu_);
    ++under_way_;
  }
  store_.Report(KeyOf(user), report, deadline,
                [this, user, done = std::move(done)](absl::StatusOr<ChangeResult> result) {
                  if (result.ok()) {
                    feed_.OnOwnChange(KeyOf(user), *result);
                    if (result->changed) publisher_.Publish(KeyOf(user), *result);
                    done(PresenceOf(user, result->record));
                  } else {
                    done(result.status());
                  }
                  const std::lock_guard lock(mu_);
                  if (--under_way_ == 0) idle_.notify_all();  // under the lock: the keeper may go right after
                });
}

absl::StatusOr<Presence> SignalKeeper::ReportAndWait(const UserId& user, const SignalReport& report,
                                                     Deadline deadline) {
  auto answer = std::make_shared<std::promise<absl::StatusOr<Presence>>>();  // shared: callbacks are copied
  auto future = answer->get_future();
  Report(user, report, deadline,
         [answer](absl::StatusOr<Presence> presence) { answer->set_value(std::move(presence)); });
  return future.get();
}

}  // namespace crosspoint::presence
