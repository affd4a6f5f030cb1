#include "gateway/config.h"

#include "common/app/redis_binding.h"

namespace crosspoint::gateway {

void BindConfig(config::Binder& binder, GatewayConfig& config) {
  binder.Block("redis", config.redis)
      .Block("directory", config.directory)
      .Block("presence", config.presence)
      .Block("meeting_sync", config.meeting_sync)
      .Block("voicemail", config.voicemail)
      .Block("contact", config.contact)
      .Field("forward.max_calls_per_caller", config.forward.max_calls_per_caller, {1, 100'000})
      .Field("forward.max_streams_per_caller", config.forward.max_streams_per_caller, {1, 100'000});
}

}  // namespace crosspoint::gateway
