#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/ews/autodiscover/endpoint.h"

namespace crosspoint::ews {

// Which mailboxes are to be asked about where: bundles them, follows redirects, notices loops. Pure; one walk, one
// thread.
class AutodiscoverWalk {
 public:
  static constexpr int kMaxRedirects = 10;
  static constexpr size_t kMaxBatch = 100;  // what Exchange takes in one GetUserSettings

  struct Query {
    size_t index = 0;     // of the result
    std::string address;  // asked about; another one after a redirect
    int redirects = 0;
    std::set<std::string> been;  // where, for which address
  };
  // Mailboxes to be asked about at one place: at `url`, or when that is empty at the hosts of `domain`.
  struct Step {
    std::string domain;
    std::string url;
    std::vector<Query> queries;
  };

  // What is no address fails at once with kInvalidArgument.
  explicit AutodiscoverWalk(const std::vector<std::string>& mailboxes);

  // nullopt when every mailbox is settled. Each query of a step must be settled or followed.
  std::optional<Step> Next();
  void Settle(const Query& query, absl::StatusOr<MailboxEndpoint> result);
  void FollowAddress(Query& query, const std::string& address);
  // `allowed`: whether that URL may be asked.
  void FollowUrl(Query& query, const std::string& url, const absl::Status& allowed);

  std::vector<absl::StatusOr<MailboxEndpoint>> Take() { return std::move(results_); }

 private:
  struct Station {
    std::string domain;
    std::string url;
    auto operator<=>(const Station&) const = default;
  };
  void Follow(Query& query, Station station);

  std::map<Station, std::vector<Query>> open_;
  std::vector<absl::StatusOr<MailboxEndpoint>> results_;
};

// The mailbox is in Exchange Online, where EWS is turned off.
absl::Status InExchangeOnline(const std::string& address);

}  // namespace crosspoint::ews
