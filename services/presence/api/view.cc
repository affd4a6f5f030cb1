#include "presence/api/view.h"

#include "presence/api/convert.h"

namespace crosspoint::presence {

bool View::SeesAllDetails(const TenantId& tenant) {
  using Kind = grpcx::Principal::Kind;
  LookUp(tenant);
  return open_ || viewer_.kind == Kind::kService || viewer_.kind == Kind::kUnchecked ||
         viewer_.roles.Has(grpcx::Role::kTenantAdmin) || viewer_.roles.Has(grpcx::Role::kIntegrator);
}

void View::LookUp(const TenantId& tenant) {
  if (table_ != nullptr && tenant_ == tenant) return;
  tenant_ = tenant;
  table_ = tables_.Of(tenant_);
  open_ = tables_.ShowsDetail(tenant_);
}

bool View::SeesDetail(const UserId& user) { return SeesAllDetails(user.tenant) || viewer_.user == user; }

void View::Render(const Presence& presence, v1::Presence& out) {
  const bool detail = SeesDetail(presence.user);
  ToProto(presence, *table_, out);
  if (detail) return;
  out.mutable_availability()->clear_note();
  out.mutable_availability()->clear_end_time();
}

const std::string& View::Rendered(const ToldPresence& told) {
  return told.Rendered(SeesDetail(told.presence().user), [this](const Presence& presence) {
    v1::WatchPresenceResponse field;
    Render(presence, *field.add_presences());
    return field.SerializeAsString();
  });
}

}  // namespace crosspoint::presence
