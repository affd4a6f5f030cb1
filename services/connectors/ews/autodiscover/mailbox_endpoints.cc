#include "connectors/ews/autodiscover/mailbox_endpoints.h"

#include <algorithm>
#include <cctype>

#include "common/status/status.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

std::string Folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool SaysMoved(const absl::Status& status) {
  if (ReactionOf(status) == Reaction::kRediscover) return true;
  const auto code = ResponseCodeOf(status);
  return !code.empty() && RuleOf(code).then == Reaction::kRediscover;
}

}  // namespace

bool IsNoAnswer(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status)) return true;
  const auto info = GetErrorInfo(status);
  return info && info->reason == "AUTODISCOVER_FAILED";
}

MailboxEndpoints::MailboxEndpoints(Discover discover, const Clock& clock, Options options)
    : discover_(std::move(discover)), clock_(clock), options_(options) {}

MailboxEndpoints::Endpoints MailboxEndpoints::Get(const std::vector<std::string>& mailboxes, Deadline deadline) {
  Endpoints results(mailboxes.size(), absl::InternalError("not asked"));
  std::vector<size_t> missing;
  std::vector<std::string> wanted;
  const TimePoint now = clock_.Now();
  {
    const std::lock_guard lock(mu_);
    for (size_t i = 0; i < mailboxes.size(); ++i) {
      const auto known = entries_.find(Folded(mailboxes[i]));
      if (known != entries_.end() && now < known->second.good_until) {
        results[i] = known->second.endpoint;
      } else {
        missing.push_back(i);
        wanted.push_back(mailboxes[i]);
      }
    }
  }
  if (missing.empty()) return results;
  Endpoints answers = discover_(wanted, deadline);  // not under the lock: it waits for the network
  const std::lock_guard lock(mu_);
  for (size_t i = 0; i < missing.size(); ++i) {
    Keep(Folded(wanted[i]), answers[i], now);
    results[missing[i]] = std::move(answers[i]);
  }
  return results;
}

void MailboxEndpoints::Keep(const std::string& mailbox, absl::StatusOr<MailboxEndpoint>& answer, TimePoint now) {
  const TimePoint later = now + (answer.ok() ? options_.fresh_for : options_.failure_for);
  const auto known = entries_.find(mailbox);
  if (!answer.ok() && IsNoAnswer(answer.status()) && known != entries_.end() && known->second.endpoint.ok()) {
    known->second.asked = now;
    known->second.good_until = later;
    known->second.doubted = false;
    answer = known->second.endpoint;
    return;
  }
  // A deadline is the caller's: the next one may have more time.
  if (absl::IsDeadlineExceeded(answer.status())) return;
  if (known == entries_.end() && entries_.size() >= options_.max_mailboxes) entries_.clear();
  entries_.insert_or_assign(mailbox, Entry{answer, now, later});
}

void MailboxEndpoints::Note(const std::string& mailbox, const absl::Status& status) {
  if (!SaysMoved(status)) return;
  const TimePoint now = clock_.Now();
  const std::lock_guard lock(mu_);
  const auto known = entries_.find(Folded(mailbox));
  if (known == entries_.end() || now - known->second.asked < options_.rediscover_gap) return;
  known->second.good_until = now;
  known->second.doubted = true;
}

std::optional<absl::StatusOr<MailboxEndpoint>> MailboxEndpoints::Known(const std::string& mailbox) const {
  const std::lock_guard lock(mu_);
  const auto known = entries_.find(Folded(mailbox));
  if (known == entries_.end()) return std::nullopt;
  if (known->second.doubted) return absl::AbortedError("it may have moved");
  return known->second.endpoint;
}

std::vector<std::string> MailboxEndpoints::Missing(const std::vector<std::string>& mailboxes, size_t most) const {
  const TimePoint now = clock_.Now();
  std::vector<std::string> missing;
  const std::lock_guard lock(mu_);
  for (const std::string& mailbox : mailboxes) {
    if (missing.size() == most) break;
    const auto known = entries_.find(Folded(mailbox));
    if (known == entries_.end() || now >= known->second.good_until) missing.push_back(mailbox);
  }
  return missing;
}

}  // namespace crosspoint::ews
