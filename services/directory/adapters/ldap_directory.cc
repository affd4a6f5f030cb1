#include "directory/adapters/ldap_directory.h"

#include <set>
#include <utility>

#include "common/status/status.h"
#include "directory/adapters/ldap_people.h"

namespace crosspoint::directory {
namespace {

constexpr int kMostMatches = 100;  // as many as Exchange would tell
constexpr size_t kMostEntries = 1'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<LdapDirectory>> LdapDirectory::Create(
    const std::map<TenantId, ldap::LdapSettings>& tenants) {
  auto directory = std::unique_ptr<LdapDirectory>(new LdapDirectory());
  for (const auto& [tenant, settings] : tenants) {
    auto client = ldap::LdapClient::Create(settings);
    if (!client.ok()) return Annotate(client.status(), tenant.Name() + " ldap");
    directory->clients_[tenant] = *std::move(client);
  }
  return directory;
}

absl::StatusOr<ldap::LdapClient*> LdapDirectory::Open(const TenantId& tenant) {
  const auto it = clients_.find(tenant);
  if (it == clients_.end()) return absl::InternalError(tenant.Name() + " has no LDAP server");
  CROSSPOINT_RETURN_IF_ERROR(health_.MayAsk(tenant));
  return it->second.get();
}

ldap::LdapQuery LdapDirectory::People(const ldap::LdapClient& client, const ldap::Filter& filter) {
  const auto people = ldap::Filter::FromText(client.settings().people_filter);
  return {.base_dn = client.settings().base_dn,
          .filter = ldap::Filter::And({people, filter}),
          .attributes = PeopleAttributes()};
}

absl::StatusOr<CorporateMatches> LdapDirectory::Search(const TenantId& tenant, const std::string& query,
                                                       Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* const client, Open(tenant));
  auto wanted = People(*client, MatchesQuery(query));
  wanted.size_limit = kMostMatches;
  const auto found = client->Search(wanted, deadline);
  health_.Note(tenant, found.status(), std::nullopt);
  if (!found.ok()) return Annotate(found.status(), "search the corporate list");
  CorporateMatches matches;
  for (const auto& entry : found->entries) {
    if (auto person = EntryOf(entry)) matches.entries.push_back(*std::move(person));
  }
  return matches;
}

absl::StatusOr<std::vector<CorporateEntry>> LdapDirectory::ListAll(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* const client, Open(tenant));
  std::vector<CorporateEntry> entries;
  std::set<std::string> told;  // where the list changes between two pages, somebody may come twice
  const auto status = client->SearchAll(
      People(*client, ldap::Filter::Present("objectClass")),
      [&](const ldap::LdapEntry& entry) {
        if (entries.size() >= kMostEntries) return absl::ResourceExhaustedError("more than a million entries");
        auto person = EntryOf(entry);
        if (person && told.insert(entry.dn).second) entries.push_back(*std::move(person));
        return absl::OkStatus();
      },
      deadline);
  health_.Note(tenant, status, std::nullopt);
  if (!status.ok()) return Annotate(status, "list the corporate directory");
  return entries;
}

absl::StatusOr<PhotoSource::Answer> LdapDirectory::Fetch(const TenantId& tenant, const std::string& email, int size,
                                                         const std::string& known_etag, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* const client, Open(tenant));
  auto wanted = People(*client, HasAddress(email));
  wanted.attributes = PictureAttributes();
  wanted.size_limit = 1;
  const auto found = client->Search(wanted, deadline);
  health_.Note(tenant, found.status(), std::nullopt);
  if (!found.ok()) return Annotate(found.status(), "fetch the photo");
  if (found->entries.empty()) return Answer{};
  auto picture = PictureOf(found->entries.front(), size);
  if (picture && picture->etag == known_etag) return Answer{.not_modified = true};
  return Answer{.picture = std::move(picture)};
}

}  // namespace crosspoint::directory
