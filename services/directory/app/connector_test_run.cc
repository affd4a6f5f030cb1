#include "directory/app/connector_test_run.h"

#include <algorithm>

namespace crosspoint::directory {
namespace {

constexpr std::chrono::seconds kLongest{60};
constexpr std::chrono::milliseconds kToAnswer{500};  // left of the caller's time for the report itself
constexpr size_t kUsersLookedAt = 200;

}  // namespace

absl::StatusOr<ConnectorReport> ConnectorTestRun::Run(const TenantId& tenant, const std::string& mailbox,
                                                      Deadline deadline) {
  const Deadline now = std::chrono::steady_clock::now();
  const Deadline until = std::min(deadline - kToAnswer, now + kLongest);
  const std::string tried = mailbox.empty() ? SomeMailbox(tenant) : mailbox;
  auto report = probe_.Probe(tenant, tried, until);
  if (report.ok()) report->mailbox = tried;
  return report;
}

std::string ConnectorTestRun::SomeMailbox(const TenantId& tenant) const {
  FeedPosition beginning;
  for (const User& user : feed_.ReadNews(tenant, beginning, kUsersLookedAt).users) {
    const bool on_exchange =
        user.mailbox_binding == MailboxBinding::kDefault || user.mailbox_binding == MailboxBinding::kEws;
    if (on_exchange && !user.deleted() && !user.email.empty()) return user.email;
  }
  return "";
}

}  // namespace crosspoint::directory
