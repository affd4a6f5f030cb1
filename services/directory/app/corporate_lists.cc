#include "directory/app/corporate_lists.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/status/status.h"
#include "common/text/fold.h"

namespace crosspoint::directory {
namespace {

constexpr size_t kMaxOffset = 10'000'000;

struct Place {
  std::string snapshot;
  size_t offset = 0;

  std::string Token() const { return snapshot + "." + std::to_string(offset); }
};

absl::StatusOr<Place> ParseToken(const std::string& token) {
  Place place;
  const auto dot = token.find('.');
  if (dot != std::string::npos && dot > 0 && token.size() <= 80) {
    place.snapshot = token.substr(0, dot);
    const char* end = token.data() + token.size();
    const auto [parsed, error] = std::from_chars(token.data() + dot + 1, end, place.offset);
    if (error == std::errc() && parsed == end && place.offset <= kMaxOffset && IsValidSegment(place.snapshot)) {
      return place;
    }
  }
  return InvalidField("page_token", "must be the next_page_token of an earlier answer, or empty");
}

void Sort(std::vector<CorporateEntry>& entries) {
  std::vector<std::pair<std::string, size_t>> order;
  order.reserve(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    order.emplace_back(FoldForSearch(entries[i].display_name) + '\x01' +
                           (entries[i].emails.empty() ? "" : FoldEmail(entries[i].emails[0])),
                       i);
  }
  std::ranges::sort(order);
  std::vector<CorporateEntry> sorted;
  sorted.reserve(entries.size());
  for (const auto& [key, index] : order) sorted.push_back(std::move(entries[index]));
  entries = std::move(sorted);
}

}  // namespace

CorporateLists::CorporateLists(CorporateDirectory& corporate, ListSnapshots& snapshots, const UserFeed& users,
                               IdSource& ids)
    : corporate_(corporate), snapshots_(snapshots), users_(users), ids_(ids) {}

std::shared_ptr<std::timed_mutex> CorporateLists::Turn(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  auto& turn = turns_[tenant];
  if (turn == nullptr) turn = std::make_shared<std::timed_mutex>();
  return turn;
}

absl::StatusOr<std::string> CorporateLists::Begin(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto newest, snapshots_.Newest(tenant, deadline));
  if (!newest.empty()) return newest;
  const auto turn = Turn(tenant);
  const std::unique_lock lock(*turn, deadline);
  if (!lock.owns_lock()) return absl::DeadlineExceededError("waiting for the corporate list that somebody else reads");
  // Somebody may have read it while we waited for our turn.
  CROSSPOINT_ASSIGN_OR_RETURN(newest, snapshots_.Newest(tenant, deadline));
  if (!newest.empty()) return newest;
  CROSSPOINT_ASSIGN_OR_RETURN(auto entries, corporate_.ListAll(tenant, deadline));
  Sort(entries);
  const auto id = ids_.NewId("l");
  CROSSPOINT_RETURN_IF_ERROR(snapshots_.Put(tenant, id, entries, deadline));
  return id;
}

absl::StatusOr<PeoplePage> CorporateLists::Read(const TenantId& tenant, const std::string& token, size_t count,
                                                Deadline deadline) {
  Place place;
  if (token.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(place.snapshot, Begin(tenant, deadline));
  } else {
    CROSSPOINT_ASSIGN_OR_RETURN(place, ParseToken(token));
  }
  auto read = snapshots_.Read(tenant, place.snapshot, place.offset, count, deadline);
  if (absl::IsNotFound(read.status())) {
    return ErrorWithInfo(absl::StatusCode::kAborted, "page_token: this listing is too old; begin again without one",
                         {.reason = "LIST_EXPIRED", .domain = "directory.crosspoint", .metadata = {}});
  }
  if (!read.ok()) return read.status();
  PeoplePage page;
  for (const auto& entry : read->entries) {
    auto users = users_.FindByEmails(tenant, entry.emails);
    if (users.size() > 1) users.resize(1);
    page.people.push_back(MergePeople(users, {entry}, "", 1).front());
  }
  place.offset += page.people.size();
  if (!read->last) page.next_token = place.Token();
  return page;
}

}  // namespace crosspoint::directory
