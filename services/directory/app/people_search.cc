#include "directory/app/people_search.h"

#include <algorithm>
#include <set>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

// More than are shown, because the merger decides who is best; the corporate list stops at 100 by itself.
constexpr size_t kUserCandidates = 500;
// What remains of the caller's time once the corporate list has been waited for.
constexpr std::chrono::milliseconds kReserve{100};

}  // namespace

PeopleSearch::PeopleSearch(const UserFeed& users, CorporateDirectory& corporate, log::Logger& log,
                           std::chrono::milliseconds corporate_limit)
    : users_(users), corporate_(corporate), log_(log), corporate_limit_(corporate_limit) {}

SearchResult PeopleSearch::Search(const TenantId& tenant, const std::string& query, size_t limit, Deadline deadline) {
  SearchResult result;
  std::vector<CorporateEntry> entries;
  if (corporate_.Has(tenant)) {
    const auto wait_until = std::min(std::chrono::steady_clock::now() + corporate_limit_, deadline - kReserve);
    auto found = corporate_.Search(tenant, query, wait_until);
    if (found.ok()) {
      entries = std::move(found->entries);
      result.partial = found->partial;
    } else {
      result.partial = true;
      log_.Warn("corporate_search_failed", {{"tenant", tenant.value}, {"error", MessageOf(found.status())}});
    }
  }
  ++counters_.all;
  if (result.partial) ++counters_.partial;
  // Our leg is a look into memory and needs no thread of its own; read last, it is also the freshest.
  auto users = users_.Search(tenant, query, kUserCandidates);
  std::set<UserId> known;
  for (const auto& user : users) known.insert(user.id);
  std::vector<std::string> emails;
  for (const auto& entry : entries) emails.insert(emails.end(), entry.emails.begin(), entry.emails.end());
  for (auto& user : users_.FindByEmails(tenant, emails)) {
    if (known.insert(user.id).second) users.push_back(std::move(user));
  }
  result.people = MergePeople(users, entries, query, std::min(limit, kMaxPeople));
  return result;
}

}  // namespace crosspoint::directory
