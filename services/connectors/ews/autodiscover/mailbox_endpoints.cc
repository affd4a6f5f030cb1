#include "connectors/ews/autodiscover/mailbox_endpoints.h"

#include <algorithm>
#include <cctype>

#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

std::string Folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Trouble on the way that says nothing about the mailbox.
bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
}

}  // namespace

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
  if (!answer.ok() && MayPass(answer.status()) && known != entries_.end() && known->second.endpoint.ok()) {
    known->second.good_until = later;
    answer = known->second.endpoint;
    return;
  }
  // A deadline is the caller's: the next one may have more time.
  if (absl::IsDeadlineExceeded(answer.status())) return;
  if (known == entries_.end() && entries_.size() >= options_.max_mailboxes) entries_.clear();
  entries_.insert_or_assign(mailbox, Entry{answer, now, later});
}

void MailboxEndpoints::Note(const std::string& mailbox, const absl::Status& status) {
  if (ReactionOf(status) != Reaction::kRediscover) return;
  const TimePoint now = clock_.Now();
  const std::lock_guard lock(mu_);
  const auto known = entries_.find(Folded(mailbox));
  if (known != entries_.end() && now - known->second.asked >= options_.rediscover_gap) known->second.good_until = now;
}

}  // namespace crosspoint::ews
