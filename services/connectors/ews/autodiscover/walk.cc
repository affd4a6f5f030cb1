#include "connectors/ews/autodiscover/walk.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/text.h"
#include "common/status/status.h"
#include "connectors/ews/autodiscover/messages.h"
#include "connectors/ews/autodiscover/places.h"
#include "connectors/ews/host_rules.h"

namespace crosspoint::ews {
namespace {

absl::Status Loop(std::string_view why) {
  return AutodiscoverError(absl::StatusCode::kFailedPrecondition, "AUTODISCOVER_REDIRECT_LOOP", why, Reaction::kStop);
}

}  // namespace

absl::Status InExchangeOnline(const std::string& address) {
  return AutodiscoverError(
      absl::StatusCode::kFailedPrecondition, "AUTODISCOVER_IN_CLOUD",
      fmt::format("the mailbox {} is in Exchange Online, where EWS is turned off: bind it to Microsoft Graph", address),
      Reaction::kStop);
}

AutodiscoverWalk::AutodiscoverWalk(const std::vector<std::string>& mailboxes) {
  for (size_t i = 0; i < mailboxes.size(); ++i) {
    const std::string domain = DomainOf(mailboxes[i]);
    results_.emplace_back(InvalidField(fmt::format("mailboxes[{}]", i), "must be an address as ada@corp.example"));
    if (domain.empty()) continue;
    Query query{.index = i, .address = mailboxes[i]};
    query.been.insert(mailboxes[i] + " " + domain);
    open_[{domain, ""}].push_back(std::move(query));
  }
}

std::optional<AutodiscoverWalk::Step> AutodiscoverWalk::Next() {
  if (open_.empty()) return std::nullopt;
  const auto first = open_.begin();
  Step step{.domain = first->first.domain, .url = first->first.url};
  auto& waiting = first->second;
  const auto end = waiting.begin() + static_cast<ptrdiff_t>(std::min(waiting.size(), kMaxBatch));
  step.queries.assign(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
  waiting.erase(waiting.begin(), end);
  if (waiting.empty()) open_.erase(first);
  return step;
}

void AutodiscoverWalk::Settle(const Query& query, absl::StatusOr<MailboxEndpoint> result) {
  results_[query.index] = std::move(result);
}

void AutodiscoverWalk::FollowAddress(Query& query, const std::string& address) {
  const std::string domain = DomainOf(address);
  if (domain.empty()) {
    Settle(query, BadAnswer("of Autodiscover redirects to what is no address"));
  } else if (IsExchangeOnlineHost(domain)) {
    Settle(query, InExchangeOnline(query.address));
  } else {
    query.address = address;
    Follow(query, {domain, ""});
  }
}

void AutodiscoverWalk::FollowUrl(Query& query, const std::string& url, const absl::Status& allowed) {
  const auto parts = http::ParseUrl(url);
  if (parts.ok() && IsExchangeOnlineHost(parts->host)) {
    Settle(query, InExchangeOnline(query.address));
  } else if (!allowed.ok()) {
    Settle(query, Annotate(allowed, fmt::format("a redirect of Autodiscover for {}", query.address)));
  } else {
    Follow(query, {"", url});
  }
}

void AutodiscoverWalk::Follow(Query& query, Station station) {
  if (++query.redirects > kMaxRedirects) {
    return Settle(query,
                  Loop(fmt::format("Autodiscover redirects {} more than {} times", query.address, kMaxRedirects)));
  }
  if (!query.been.insert(query.address + " " + station.domain + station.url).second) {
    return Settle(query, Loop(fmt::format("Autodiscover redirects {} in a circle", query.address)));
  }
  open_[std::move(station)].push_back(std::move(query));
}

}  // namespace crosspoint::ews
