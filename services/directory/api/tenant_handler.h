#pragma once

#include "common/grpcx/methods.h"
#include "crosspoint/directory/v1/tenant_service.pb.h"
#include "directory/app/tenant_registry.h"

namespace crosspoint::directory {

namespace v1 = ::crosspoint::directory::v1;

// crosspoint.directory.v1.TenantService. Reached only through the Guard. Thread-safe.
class TenantHandler {
 public:
  explicit TenantHandler(TenantRegistry& tenants) : tenants_(tenants) {}
  void Bind(grpcx::Methods& methods);

 private:
  absl::Status CreateTenant(const v1::CreateTenantRequest& request, const grpcx::Call& call, v1::Tenant& response);
  absl::Status GetTenant(const v1::GetTenantRequest& request, const grpcx::Call& call, v1::Tenant& response);
  absl::Status UpdateTenant(const v1::UpdateTenantRequest& request, const grpcx::Call& call, v1::Tenant& response);
  absl::Status ListTenants(const v1::ListTenantsRequest& request, const grpcx::Call& call,
                           v1::ListTenantsResponse& response);

  TenantRegistry& tenants_;
};

}  // namespace crosspoint::directory
