#include "voicemail/config.h"

#include "common/app/redis_binding.h"
#include "common/config/binder.h"
#include "common/ids/ids.h"
#include "common/phone/phone_number.h"

namespace crosspoint::voicemail {

using namespace std::chrono_literals;

void BindConfig(config::Binder& binder, TenantConfig& config) {
  binder
      .Choice("default_binding", config.rules.default_binding,
              {{"ews", Binding::kEws}, {"graph", Binding::kGraph}, {"none", Binding::kNone}})
      .Field("region", config.rules.region)
      .Block("ews", config.ews)
      .Block("autodiscover", config.autodiscover)
      .Check("region",
             [&config] {
               const auto& region = config.rules.region;
               return region.empty() || phone::IsRegion(region) ? "" : "a country as DE, or nothing";
             })
      .Check("ews.url", [&config]() -> std::string {
        return config.rules.default_binding == Binding::kEws && !config.ews.configured()
                   ? "the address of Exchange's EWS"
                   : "";
      });
}

void BindConfig(config::Binder& binder, VoicemailConfig& config) {
  binder.Block("redis", config.redis)
      .Block("directory", config.directory)
      .Block("meeting_sync", config.meeting_sync)
      .Block("contact", config.contact)
      .Block("gateway", config.gateway)
      .Block("smtp", config.smtp)
      .Map("tenants", config.tenants)
      .Field("blobs.directory", config.blobs)
      .Field("limits.audio_bytes", config.audio.max_bytes, {1'024, int64_t{256} << 20})
      .Field("limits.audio_length", config.audio.max_length, {1s, 4h})
      .Field("limits.messages", config.max_messages, {1, 100'000})
      .Field("limits.uploads", config.max_uploads, {1, 10'000})
      .Field("limits.upload_patience", config.upload_patience, {100ms, 10min})
      .Field("sync.reconcile", config.sync.reconcile, {1s, 24h})
      .Field("sync.first_retry", config.sync.first_retry, {10ms, 1min})
      .Field("sync.max_retry", config.sync.max_retry, {100ms, 1h})
      .Field("sync.lease", config.lease, {1s, 1h})
      .Field("sync.workers", config.workers, {1, 256})
      .Field("uploads.threads", config.upload_threads, {1, 256})
      .Field("delivery.threads", config.delivery_threads, {1, 256})
      .Field("watch.look", config.watch_look, {50ms, 1min})
      .Field("sweep.interval", config.sweep, {100ms, 24h})
      .Required("directory.target")
      .Required("meeting_sync.target")
      .Required("blobs.directory")
      .Check("tenants", [&config]() -> std::string {
        for (const auto& [id, tenant] : config.tenants) {
          if (!IsValidSegment(id)) return "'" + id + "': ids are 1 to 63 of a-z, 0-9 and -";
        }
        return "";
      });
}

}  // namespace crosspoint::voicemail
