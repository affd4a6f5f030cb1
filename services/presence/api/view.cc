#include "presence/api/view.h"

#include "presence/api/convert.h"

namespace crosspoint::presence {

bool View::SeesDetail(const UserId& user) const {
  using Kind = grpcx::Principal::Kind;
  if (open_ || viewer_.kind == Kind::kService || viewer_.kind == Kind::kUnchecked) return true;
  return viewer_.user == user || viewer_.roles.Has(grpcx::Role::kTenantAdmin) ||
         viewer_.roles.Has(grpcx::Role::kIntegrator);
}

void View::Render(const Presence& presence, v1::Presence& out) {
  if (table_ == nullptr || tenant_ != presence.user.tenant) {
    tenant_ = presence.user.tenant;
    table_ = tables_.Of(tenant_);
    open_ = tables_.ShowsDetail(tenant_);
  }
  ToProto(presence, *table_, out);
  if (SeesDetail(presence.user)) return;
  out.mutable_availability()->clear_note();
  out.mutable_availability()->clear_end_time();
}

}  // namespace crosspoint::presence
