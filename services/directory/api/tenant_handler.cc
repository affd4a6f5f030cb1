#include "directory/api/tenant_handler.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/status/status.h"
#include "directory/api/convert.h"
#include "directory/api/request_parts.h"

namespace crosspoint::directory {
namespace {

constexpr size_t kDefaultPage = 50;
constexpr size_t kMaxPage = 500;

v1::Tenant ToProto(const Tenant& tenant) {
  v1::Tenant out;
  out.set_name(tenant.id.Name());
  out.set_display_name(tenant.display_name);
  out.set_bridge_mode(tenant.bridge_mode == BridgeMode::kHosted ? v1::BRIDGE_MODE_HOSTED : v1::BRIDGE_MODE_ON_SITE);
  out.set_region(tenant.region);
  out.set_default_mailbox_binding(static_cast<v1::MailboxBinding>(tenant.default_mailbox_binding));
  out.set_default_outlook_use(static_cast<v1::OutlookUse>(tenant.default_outlook_use));
  out.set_etag(std::to_string(tenant.revision));
  return out;
}

absl::StatusOr<Tenant> FromProto(const v1::Tenant& tenant) {
  if (!v1::BridgeMode_IsValid(tenant.bridge_mode())) {
    return InvalidField("tenant.bridge_mode", "must be ON_SITE, HOSTED or unset");
  }
  if (!v1::MailboxBinding_IsValid(tenant.default_mailbox_binding())) {
    return InvalidField("tenant.default_mailbox_binding", "must be EWS, GRAPH, NONE or unset");
  }
  if (!v1::OutlookUse_IsValid(tenant.default_outlook_use())) {
    return InvalidField("tenant.default_outlook_use", "must be AUTO, YES, NO or unset");
  }
  Tenant out{.id = {},
             .display_name = tenant.display_name(),
             .bridge_mode = tenant.bridge_mode() == v1::BRIDGE_MODE_HOSTED ? BridgeMode::kHosted : BridgeMode::kOnSite,
             .region = tenant.region(),
             .default_mailbox_binding = static_cast<MailboxBinding>(tenant.default_mailbox_binding())};
  if (tenant.default_outlook_use() != v1::OUTLOOK_USE_UNSPECIFIED) {
    out.default_outlook_use = static_cast<OutlookUse>(tenant.default_outlook_use());
  }
  CROSSPOINT_ASSIGN_OR_RETURN(out.id, TenantId::Parse(tenant.name(), "tenant.name"));
  return out;
}

using Setter = void (*)(const Tenant&, Tenant&);

constexpr std::pair<std::string_view, Setter> kFields[] = {
    {"display_name", [](const Tenant& from, Tenant& to) { to.display_name = from.display_name; }},
    {"bridge_mode", [](const Tenant& from, Tenant& to) { to.bridge_mode = from.bridge_mode; }},
    {"region", [](const Tenant& from, Tenant& to) { to.region = from.region; }},
    {"default_mailbox_binding",
     [](const Tenant& from, Tenant& to) { to.default_mailbox_binding = from.default_mailbox_binding; }},
    {"default_outlook_use", [](const Tenant& from, Tenant& to) { to.default_outlook_use = from.default_outlook_use; }},
};

absl::Status CheckMask(const google::protobuf::FieldMask& mask) {
  for (const auto& path : mask.paths()) {
    if (std::ranges::none_of(kFields, [&](const auto& field) { return field.first == path; })) {
      return InvalidField("update_mask", "'" + path +
                                             "' cannot be set; display_name, bridge_mode, region, "
                                             "default_mailbox_binding and default_outlook_use can");
    }
  }
  return absl::OkStatus();
}

void Apply(const Tenant& wanted, const google::protobuf::FieldMask& mask, Tenant& tenant) {
  for (const auto& [name, set] : kFields) {
    if (mask.paths().empty() || std::ranges::find(mask.paths(), name) != mask.paths().end()) set(wanted, tenant);
  }
}

}  // namespace

void TenantHandler::Bind(grpcx::Methods& methods) {
  methods.Unary("CreateTenant", this, &TenantHandler::CreateTenant);
  methods.Unary("GetTenant", this, &TenantHandler::GetTenant);
  methods.Unary("UpdateTenant", this, &TenantHandler::UpdateTenant);
  methods.Unary("ListTenants", this, &TenantHandler::ListTenants);
}

absl::Status TenantHandler::CreateTenant(const v1::CreateTenantRequest& request, const grpcx::Call& call,
                                         v1::Tenant& response) {
  CROSSPOINT_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto wanted, FromProto(request.tenant()));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto tenant,
      tenants_.Create(wanted, request.request_id(), request.request_id().empty() ? "" : Fingerprint(request),
                      call.steady_deadline));
  response = ToProto(tenant);
  return absl::OkStatus();
}

absl::Status TenantHandler::GetTenant(const v1::GetTenantRequest& request, const grpcx::Call& call,
                                      v1::Tenant& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, TenantId::Parse(request.name(), "name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, tenants_.Get(id, call.steady_deadline));
  response = ToProto(tenant);
  return absl::OkStatus();
}

absl::Status TenantHandler::UpdateTenant(const v1::UpdateTenantRequest& request, const grpcx::Call& call,
                                         v1::Tenant& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto wanted, FromProto(request.tenant()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, ParseEtag(request.tenant().etag(), "tenant.etag"));
  CROSSPOINT_RETURN_IF_ERROR(CheckMask(request.update_mask()));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto tenant, tenants_.Update(
                             wanted.id, revision, [&](Tenant& tenant) { Apply(wanted, request.update_mask(), tenant); },
                             call.steady_deadline));
  response = ToProto(tenant);
  return absl::OkStatus();
}

absl::Status TenantHandler::ListTenants(const v1::ListTenantsRequest& request, const grpcx::Call& call,
                                        v1::ListTenantsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), kDefaultPage, kMaxPage));
  if (!request.page_token().empty() && !IsValidSegment(request.page_token())) {
    return InvalidField("page_token", "must be the next_page_token of an earlier answer, or empty");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page, tenants_.List(request.page_token(), size, call.steady_deadline));
  for (const auto& tenant : page.tenants) *response.add_tenants() = ToProto(tenant);
  response.set_next_page_token(page.last_id);
  return absl::OkStatus();
}

}  // namespace crosspoint::directory
