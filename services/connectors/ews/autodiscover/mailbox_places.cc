#include "connectors/ews/autodiscover/mailbox_places.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/autodiscover/places.h"
#include "connectors/ews/autodiscover/walk.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kPatienceOfPeople{3};
constexpr size_t kMostKnown = 500'000;

}  // namespace

MailboxPlaces::MailboxPlaces(MailboxEndpoints::Discover discover, const Clock& clock, Options options, OnTurn on_turn)
    : discover_(std::move(discover)),
      clock_(clock),
      options_(std::move(options)),
      on_turn_(std::move(on_turn)),
      endpoints_([this](const auto& mailboxes, Deadline deadline) { return Ask(mailboxes, deadline); }, clock,
                 {.fresh_for = options_.fresh_for,
                  .failure_for = options_.retry_after,
                  .rediscover_gap = options_.retry_after,
                  .max_mailboxes = kMostKnown}) {}

absl::StatusOr<MailboxPlace> MailboxPlaces::Find(const std::string& mailbox, std::optional<Deadline> deadline) {
  const auto now = SteadyClock::now();
  const auto ask_by =
      deadline ? now + std::min<SteadyClock::duration>((*deadline - now) / 2, kPatienceOfPeople) : now + kPatience;
  MailboxEndpoints::Endpoints found;
  if (deadline || endpoints_.Missing({mailbox}, 1).empty()) {
    found = endpoints_.Get({mailbox}, ask_by);
  } else {
    const std::unique_lock asking(asking_, ask_by);
    if (!asking) return Known(mailbox).value_or(Home());
    found = endpoints_.Get(Batch(mailbox), ask_by);
  }
  const auto& endpoint = found.front();
  if (endpoint.ok()) return PlaceOf(*endpoint);
  if (IsNoAnswer(endpoint.status())) return Home();
  return Annotate(endpoint.status(), "look the mailbox up");
}

std::optional<MailboxPlace> MailboxPlaces::Known(const std::string& mailbox) const {
  const auto known = endpoints_.Known(mailbox);
  if (!known) return Home();
  if (known->ok()) return PlaceOf(**known);
  if (IsNoAnswer(known->status())) return Home();
  return std::nullopt;
}

std::vector<std::string> MailboxPlaces::Batch(const std::string& mailbox) const {
  std::vector<std::string> batch{mailbox};
  if (!companions_) return batch;
  auto others = companions_();
  const auto domain = DomainOf(mailbox);
  std::erase_if(others, [&](const std::string& other) {
    return DomainOf(other) != domain || EqualsIgnoringCase(other, mailbox);
  });
  for (auto& other : endpoints_.Missing(others, AutodiscoverWalk::kMaxBatch - 1)) batch.push_back(std::move(other));
  return batch;
}

MailboxPlace MailboxPlaces::PlaceOf(const MailboxEndpoint& endpoint) const {
  // Paths are the same in any case of letters where EWS is at home.
  const bool home = EqualsIgnoringCase(endpoint.ews_url, options_.home);
  return {home ? options_.home : endpoint.ews_url, endpoint.grouping};
}

MailboxEndpoints::Endpoints MailboxPlaces::Ask(const std::vector<std::string>& mailboxes, Deadline deadline) {
  const auto domain = DomainOf(mailboxes.front());
  const TimePoint now = clock_.Now();
  {
    const std::lock_guard lock(mu_);
    if (const auto silent = silent_until_.find(domain); silent != silent_until_.end() && now < silent->second) {
      return {mailboxes.size(), absl::UnavailableError("Autodiscover did not answer a moment ago")};
    }
  }
  auto found = discover_(mailboxes, deadline);
  for (auto& endpoint : found) {
    if (endpoint.ok()) *endpoint = {.ews_url = endpoint->ews_url, .grouping = endpoint->grouping};
  }
  // A deadline can make a later one of a batch fail alone.
  const absl::Status& first = found.front().status();
  const bool trouble = IsNoAnswer(first);
  bool turned = false;
  {
    const std::lock_guard lock(mu_);
    if (trouble) {
      const auto pause = std::max<std::chrono::milliseconds>(options_.retry_after,
                                                             BackOffOf(first).value_or(std::chrono::milliseconds(0)));
      silent_until_[domain] = clock_.Now() + pause;
    }
    turned = std::exchange(in_trouble_, trouble) != trouble;
  }
  if (turned && on_turn_) on_turn_(trouble ? first : absl::OkStatus());
  return found;
}

}  // namespace crosspoint::ews
