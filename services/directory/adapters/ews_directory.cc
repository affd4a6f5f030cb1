#include "directory/adapters/ews_directory.h"

#include <future>
#include <set>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "directory/adapters/ews_people.h"

namespace crosspoint::directory {
namespace {

constexpr int kPeoplePerRequest = 500;
constexpr size_t kMostEntries = 1'000'000;

}  // namespace

bool EwsDirectory::Has(const TenantId& tenant) const { return connections_.Has(tenant); }

absl::StatusOr<std::shared_ptr<ews::EwsClient>> EwsDirectory::Open(const TenantId& tenant) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto client, connections_.Find(tenant));
  CROSSPOINT_RETURN_IF_ERROR(health_.MayAsk(tenant));
  return client;
}

void EwsDirectory::Note(const TenantId& tenant, const absl::Status& status) {
  // Others use all that may be asked at a time: the server is well.
  if (const auto info = GetErrorInfo(status); info && info->reason == "EWS_NO_SLOT") return;
  health_.Note(tenant, status, ews::BackOffOf(status));
}

ews::EwsCall EwsDirectory::CallFor(const TenantId& tenant, Deadline deadline) const {
  const auto it = lists_.find(tenant);
  return {.mailbox = it == lists_.end() ? "" : it->second.mailbox,
          .deadline = deadline,
          .urgency = ews::Urgency::kUserFacing};
}

absl::StatusOr<CorporateMatches> EwsDirectory::Search(const TenantId& tenant, const std::string& query,
                                                      Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto client, Open(tenant));
  const auto it = lists_.find(tenant);
  const bool with_contacts = it == lists_.end() || it->second.public_contacts;
  // Both at once: a person waits. Where no thread can be had for it, one after the other.
  auto asked = std::async([&]() -> absl::StatusOr<std::vector<CorporateEntry>> {
    if (!with_contacts) return std::vector<CorporateEntry>();
    return public_contacts_.Search(tenant, *client, query, CallFor(tenant, deadline));
  });
  auto names = client->ResolveNames({.text = query}, {.deadline = deadline, .urgency = ews::Urgency::kUserFacing});
  auto contacts = asked.get();
  Note(tenant, contacts.status());
  Note(tenant, names.status());
  if (!names.ok()) return Annotate(names.status(), "search the corporate list");
  CorporateMatches matches;
  for (auto& candidate : names->candidates) matches.entries.push_back(EntryOf(std::move(candidate)));
  if (contacts.ok()) {
    for (auto& entry : *contacts) matches.entries.push_back(std::move(entry));
  } else {
    matches.partial = true;
    log_.Warn("public_contacts_failed", {{"tenant", tenant.value}, {"error", MessageOf(contacts.status())}});
  }
  return matches;
}

absl::StatusOr<std::vector<CorporateEntry>> EwsDirectory::ListAll(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto client, Open(tenant));
  const auto it = lists_.find(tenant);
  if (it == lists_.end() || it->second.address_list.empty()) {
    return ErrorWithInfo(
        absl::StatusCode::kFailedPrecondition,
        "a plain EWS search cannot list the corporate directory: it stops at 100 names. Give the tenant an address "
        "list "
        "(address_list, the id that Get-AddressList | Format-List Name,Guid tells), an LDAP server (ldap and "
        "corporate_source: ldap), or mailboxes at Microsoft Graph",
        {.reason = "LIST_NOT_ENUMERABLE", .domain = "directory.crosspoint", .metadata = {}});
  }
  std::vector<CorporateEntry> entries;
  std::set<std::string> told;
  ews::FindPeopleQuery query{.address_list = it->second.address_list};
  query.page.max_entries = kPeoplePerRequest;
  while (true) {
    auto page = client->FindPeople(query, CallFor(tenant, deadline));
    Note(tenant, page.status());
    if (!page.ok()) return Annotate(page.status(), "list the address list");
    for (auto& person : page->people) {
      // Where the list changes between two pages, somebody may come twice.
      if (!person.id.empty() && !told.insert(person.id).second) continue;
      entries.push_back(EntryOf(std::move(person)));
    }
    if (page->end.includes_last || entries.size() >= kMostEntries) return entries;
    query.page.offset = page->end.next_offset;
  }
}

absl::StatusOr<PhotoSource::Answer> EwsDirectory::Fetch(const TenantId& tenant, const std::string& email, int size,
                                                        const std::string& known_etag, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto client, Open(tenant));
  const auto edge = std::to_string(size);
  auto photo = client->GetUserPhoto(email, "HR" + edge + "x" + edge, known_etag,
                                    {.deadline = deadline, .urgency = ews::Urgency::kUserFacing});
  Note(tenant, photo.status());
  // Nobody of that address: as far as pictures go, the same as having none.
  if (absl::IsNotFound(photo.status())) return Answer{};
  if (!photo.ok()) return Annotate(photo.status(), "fetch the photo");
  switch (photo->state) {
    case ews::Photo::State::kNotModified:
      return Answer{.not_modified = true};
    case ews::Photo::State::kNone:
      return Answer{};
    case ews::Photo::State::kPhoto:
      break;
  }
  return Answer{.picture = Picture{std::move(photo->etag), std::move(photo->content_type), std::move(photo->bytes)}};
}

}  // namespace crosspoint::directory
