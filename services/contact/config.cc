#include "contact/config.h"

#include "common/app/redis_binding.h"
#include "common/config/binder.h"
#include "common/ids/ids.h"
#include "common/phone/phone_number.h"

namespace crosspoint::contact {

using namespace std::chrono_literals;

void BindConfig(config::Binder& binder, TenantConfig& config) {
  binder.Field("region", config.region)
      .Choice("default_binding", config.default_binding,
              {{"ews", Binding::kEws}, {"graph", Binding::kGraph}, {"none", Binding::kNone}})
      .Block("ews", config.ews)
      .Block("autodiscover", config.autodiscover)
      .Check("region", [&config] {
        return config.region.empty() || phone::IsRegion(config.region) ? "" : "two letters of ISO 3166-1, as DE";
      });
}

void BindConfig(config::Binder& binder, ContactConfig& config) {
  binder.Block("redis", config.redis)
      .Block("bus", config.bus)
      .Block("directory", config.directory)
      .Block("meeting_sync", config.meeting_sync)
      .Map("tenants", config.tenants)
      .Field("hot_users", config.hot_users, {1, 1'000'000})
      .Field("recent", config.recent, {0ms, 1min})
      .Field("reconcile_interval", config.reconcile_interval, {100ms, 10min})
      .Field("sync.reconcile", config.sync_reconcile, {1s, 24h})
      .Field("sync.first_retry", config.sync_first_retry, {10ms, 1min})
      .Field("sync.max_retry", config.sync_max_retry, {100ms, 1h})
      .Field("sync.workers", config.sync_workers, {1, 256})
      .Field("sync.delivery_threads", config.delivery_threads, {1, 64})
      .Field("sync.lease", config.lease, {1s, 10min})
      .Required("tenants")
      .Required("directory.target")
      .Required("meeting_sync.target")
      .Check("tenants", [&config]() -> std::string {
        for (const auto& [id, tenant] : config.tenants) {
          if (!IsValidSegment(id)) return "'" + id + "': ids are 1 to 63 of a-z, 0-9 and -";
        }
        return "";
      });
}

}  // namespace crosspoint::contact
