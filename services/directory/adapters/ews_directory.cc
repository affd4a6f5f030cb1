#include "directory/adapters/ews_directory.h"

#include <utility>

#include "common/status/status.h"
#include "connectors/ews/errors.h"

namespace crosspoint::directory {
namespace {

constexpr int kFailuresToClose = 3;
constexpr std::chrono::seconds kClosedFor{5};

PhoneKind KindOf(const std::string& kind) {
  static const std::map<std::string, PhoneKind> kKinds = {{"BusinessPhone", PhoneKind::kBusiness},
                                                          {"BusinessPhone2", PhoneKind::kBusiness},
                                                          {"CompanyMainPhone", PhoneKind::kBusiness},
                                                          {"PrimaryPhone", PhoneKind::kBusiness},
                                                          {"MobilePhone", PhoneKind::kMobile},
                                                          {"CarPhone", PhoneKind::kMobile},
                                                          {"HomePhone", PhoneKind::kHome},
                                                          {"HomePhone2", PhoneKind::kHome},
                                                          {"BusinessFax", PhoneKind::kFax},
                                                          {"HomeFax", PhoneKind::kFax},
                                                          {"OtherFax", PhoneKind::kFax},
                                                          {"Pager", PhoneKind::kPager},
                                                          {"AssistantPhone", PhoneKind::kAssistant}};
  const auto it = kKinds.find(kind);
  return it == kKinds.end() ? PhoneKind::kOther : it->second;
}

CorporateEntry ToEntry(ews::ResolvedName name) {
  CorporateEntry entry{.display_name = name.display_name.empty() ? name.mailbox.name : std::move(name.display_name),
                       .emails = std::move(name.emails),
                       .department = std::move(name.department),
                       .title = std::move(name.job_title),
                       .company = std::move(name.company),
                       .office = std::move(name.office)};
  if (entry.emails.empty() && !name.mailbox.email.empty() && name.mailbox.routing_type != "EX") {
    entry.emails.push_back(name.mailbox.email);
  }
  for (auto& phone : name.phones) {
    if (!phone.number.empty()) entry.phones.push_back({KindOf(phone.kind), std::move(phone.number)});
  }
  return entry;
}

}  // namespace

bool EwsDirectory::Has(const TenantId& tenant) const { return connections_.Has(tenant); }

absl::StatusOr<std::shared_ptr<ews::EwsClient>> EwsDirectory::Open(const TenantId& tenant) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto client, connections_.Find(tenant));
  const std::lock_guard lock(mu_);
  const auto& health = health_[tenant];
  if (health.failures >= kFailuresToClose && std::chrono::steady_clock::now() < health.closed_until) {
    return ErrorWithInfo(absl::StatusCode::kUnavailable, "the Exchange server failed repeatedly and is given a rest",
                         {.reason = "CONNECTOR_RESTING", .domain = "directory.crosspoint", .metadata = {}});
  }
  return client;
}

void EwsDirectory::Note(const TenantId& tenant, const absl::Status& status) {
  // Others use all that may be asked at a time: the server is well.
  if (const auto info = GetErrorInfo(status); info && info->reason == "EWS_NO_SLOT") return;
  const bool server_trouble =
      absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
  const std::lock_guard lock(mu_);
  auto& health = health_[tenant];
  if (!server_trouble) {
    health.failures = 0;
    return;
  }
  ++health.failures;
  // A server that names its time gets exactly that.
  const auto back_off = ews::BackOffOf(status);
  if (back_off) health.failures = kFailuresToClose;
  health.closed_until = std::chrono::steady_clock::now() + back_off.value_or(kClosedFor);
}

absl::StatusOr<std::vector<CorporateEntry>> EwsDirectory::Search(const TenantId& tenant, const std::string& query,
                                                                 Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto client, Open(tenant));
  auto names = client->ResolveNames({.text = query}, {.deadline = deadline, .urgency = ews::Urgency::kUserFacing});
  Note(tenant, names.status());
  if (!names.ok()) return Annotate(names.status(), "search the corporate list");
  std::vector<CorporateEntry> entries;
  for (auto& candidate : names->candidates) entries.push_back(ToEntry(std::move(candidate)));
  return entries;
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
