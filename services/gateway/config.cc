#include "gateway/config.h"

#include "common/app/redis_binding.h"

namespace crosspoint::gateway {

void BindConfig(config::Binder& binder, GatewayConfig& config) {
  using namespace std::chrono_literals;
  binder.Block("redis", config.redis)
      .Block("directory", config.directory)
      .Block("presence", config.presence)
      .Block("meeting_sync", config.meeting_sync)
      .Block("voicemail", config.voicemail)
      .Block("contact", config.contact)
      .Field("forward.max_calls_per_caller", config.forward.max_calls_per_caller, {1, 100'000})
      .Field("forward.max_streams_per_caller", config.forward.max_streams_per_caller, {1, 100'000})
      .Field("forward.behind_proxy", config.forward.behind_proxy)
      .Field("session.lease", config.session.lease, {500ms, 1h})
      .Field("session.role_lease", config.session.role_lease, {500ms, 1h})
      .Field("session.channel_queue", config.session.channel_queue, {1, 1'000})
      .Field("session.window", config.session.window, {1, 100'000})
      .Field("session.reopen_min", config.session.reopen_min, {10ms, 1min})
      .Field("session.reopen_max", config.session.reopen_max, {10ms, 10min})
      .Field("channel_threads", config.channel_threads, {1, 64})
      .Field("task_threads", config.task_threads, {2, 256})
      .Check("session.reopen_max", [&config] {
        return config.session.reopen_max < config.session.reopen_min ? "must not be less than session.reopen_min" : "";
      });
}

}  // namespace crosspoint::gateway
