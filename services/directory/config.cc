#include "directory/config.h"

#include "common/app/redis_binding.h"
#include "common/ids/ids.h"

namespace crosspoint::directory {

void BindConfig(config::Binder& binder, TenantConfig& tenant) { binder.Block("ews", tenant.ews); }

void BindConfig(config::Binder& binder, DirectoryConfig& config) {
  using namespace std::chrono_literals;
  binder.Block("redis", config.redis)
      .Block("bus", config.bus)
      .Map("tenants", config.tenants)
      .Required("tenants")
      .Field("corporate_limit", config.corporate_limit, {10ms, 30s})
      .Field("photo_fresh_for", config.photo_fresh_for, {0s, 24h})
      .Field("reconcile_interval", config.reconcile_interval, {100ms, 10min})
      .Check("tenants", [&config]() -> std::string {
        for (const auto& [id, tenant] : config.tenants) {
          if (!IsValidSegment(id)) return "'" + id + "': ids are 1 to 63 of a-z, 0-9 and -";
        }
        return "";
      });
}

}  // namespace crosspoint::directory
