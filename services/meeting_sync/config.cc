#include "meeting_sync/config.h"

#include "common/app/redis_binding.h"
#include "common/config/binder.h"
#include "common/ids/ids.h"

namespace crosspoint::meeting_sync {

using namespace std::chrono_literals;

void BindConfig(config::Binder& binder, TenantConfig& config) {
  binder
      .Choice("default_binding", config.default_binding,
              {{"ews", Binding::kEws}, {"graph", Binding::kGraph}, {"none", Binding::kNone}})
      .Choice("default_outlook_use", config.default_outlook_use,
              {{"auto", OutlookUse::kAuto}, {"yes", OutlookUse::kYes}, {"no", OutlookUse::kNo}})
      .Field("auto_outlook", config.auto_outlook)
      .Block("bridge", config.bridge)
      .Block("ews", config.ews)
      .Block("autodiscover", config.autodiscover)
      .Check("ews.url", [&config]() -> std::string {
        return config.default_binding == Binding::kEws && !config.ews.configured() ? "the address of Exchange's EWS"
                                                                                   : "";
      });
}

void BindConfig(config::Binder& binder, MeetingSyncConfig& config) {
  binder.Block("redis", config.redis)
      .Block("directory", config.directory)
      .Block("presence", config.presence)
      .Map("tenants", config.tenants)
      .Field("sync.reconcile", config.timing.reconcile, {1s, 24h})
      .Field("sync.first_retry", config.timing.first_retry, {10ms, 1min})
      .Field("sync.max_retry", config.timing.max_retry, {100ms, 1h})
      .Field("sync.lease_retry", config.timing.lease_retry, {10ms, 1min})
      .Field("feed.group_size", config.feed.group_size, {1, 200})
      .Field("feed.parallel_subscribes", config.feed.parallel_subscribes, {1, 64})
      .Field("sync.workers", config.workers, {1, 256})
      .Field("join.misses_per_peer", config.guesses.per_peer, {1, 1'000'000})
      .Field("join.misses", config.guesses.all, {1, 1'000'000})
      .Field("join.window", config.guesses.window, {1s, 1h})
      .Field("watch.threads", config.watch_threads, {1, 64})
      .Field("sync.delivery_threads", config.delivery_threads, {1, 64})
      .Field("sync.lease", config.lease, {500ms, 10min})
      .Field("sync.replica_lease", config.replica_lease, {500ms, 10min})
      .Field("sync.beat", config.beat, {50ms, 1min})
      .Required("directory.target")
      .Required("presence.target")
      .Check("tenants",
             [&config]() -> std::string {
               for (const auto& [id, tenant] : config.tenants) {
                 if (!IsValidSegment(id)) return "'" + id + "': ids are 1 to 63 of a-z, 0-9 and -";
               }
               return "";
             })
      .Check("sync.replica_lease",
             [&config] { return config.replica_lease > config.beat * 2 ? "" : "more than twice sync.beat"; });
}

}  // namespace crosspoint::meeting_sync
