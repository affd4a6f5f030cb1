#include "common/zmq/bus_config.h"

#include "common/config/binder.h"
#include "common/status/status.h"

namespace crosspoint {

void BindConfig(config::Binder& binder, BusConfig& config) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  binder.Field("bind", config.bind)
      .Field("advertise_host", config.advertise_host)
      .SecretFile("curve_secret_file", config.curve_secret_file)
      .Field("heartbeat", config.heartbeat, {milliseconds(10), seconds(10)})
      .Field("lease", config.lease, {milliseconds(200), seconds(60)})
      .Field("peer_poll", config.peer_poll, {milliseconds(20), seconds(20)})
      .Field("hold", config.hold, {milliseconds(1), seconds(1)})
      .Field("high_water_mark", config.high_water_mark, {1000, 10'000'000})
      .Field("max_queued_frames", config.max_queued_frames, {1000, 10'000'000})
      .Field("max_held_frames_per_shard", config.max_held_frames_per_shard, {1, 1'000'000})
      .Field("max_held_bytes", config.max_held_bytes, {64 << 10, size_t{1} << 30})
      .Field("max_shards_per_fetch", config.max_shards_per_fetch, {1, 256})
      .Check("lease", [&config] {
        return config.lease < 2 * config.peer_poll ? "at least twice peer_poll, so that one lost renewal does no harm"
                                                   : "";
      });
}

absl::StatusOr<std::string> AdvertisedEndpoint(const std::string& bound, const std::string& advertise_host) {
  constexpr std::string_view kTcp = "tcp://";
  if (!bound.starts_with(kTcp)) return bound;
  const auto colon = bound.rfind(':');
  const std::string host = bound.substr(kTcp.size(), colon - kTcp.size());
  if (!advertise_host.empty()) {
    const bool bare_v6 = advertise_host.find(':') != std::string::npos && advertise_host.front() != '[';
    return std::string(kTcp) + (bare_v6 ? "[" + advertise_host + "]" : advertise_host) + bound.substr(colon);
  }
  if (host == "0.0.0.0" || host == "[::]" || host == "::") {
    return InvalidField("bus.advertise_host", "must be set when bus.bind takes every address");
  }
  return bound;
}

}  // namespace crosspoint
