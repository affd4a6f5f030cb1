#include "common/app/redis_metrics.h"

#include <string>
#include <vector>

namespace crosspoint {
namespace {

using absl::StatusCode;

constexpr std::array<std::string_view, 2> kKinds = {"command", "script"};
// Those by which the client answers; any other counts as INTERNAL.
constexpr std::array<StatusCode, 9> kCodes = {
    StatusCode::kOk,      StatusCode::kUnavailable,     StatusCode::kDeadlineExceeded,   StatusCode::kResourceExhausted,
    StatusCode::kAborted, StatusCode::kInvalidArgument, StatusCode::kFailedPrecondition, StatusCode::kPermissionDenied,
    StatusCode::kInternal};

std::vector<std::string> CodeNames() {
  std::vector<std::string> names;
  for (const auto code : kCodes) names.push_back(absl::StatusCodeToString(code));
  return names;
}

}  // namespace

RedisMetrics::RedisMetrics(metrics::Registry& registry)
    : connected_(registry.AddGauge("crosspoint_redis_connected", "1 while the connection to Redis stands")),
      connects_(registry.AddCounter("crosspoint_redis_connects_total", "Connections to Redis that were made")),
      disconnects_(registry.AddCounter("crosspoint_redis_disconnects_total",
                                       "Connections to Redis that were lost or could not be made")) {
  const std::vector<std::string> kinds(kKinds.begin(), kKinds.end());
  auto& commands = registry.Counters("crosspoint_redis_commands_total", "Commands and scripts, by how they ended",
                                     {{"kind", kinds}, {"code", CodeNames()}});
  auto& durations =
      registry.Histograms("crosspoint_redis_command_duration_seconds", "From the call to the answer of Redis",
                          {{"kind", kinds}}, {0.0005, 0.002, 0.01, 0.05, 0.25, 1});
  for (size_t i = 0; i < kKinds.size(); ++i) {
    kinds_[i].by_code.fill(&commands.With({kKinds[i], absl::StatusCodeToString(StatusCode::kInternal)}));
    for (const auto code : kCodes) {
      kinds_[i].by_code.at(static_cast<size_t>(code)) = &commands.With({kKinds[i], absl::StatusCodeToString(code)});
    }
    kinds_[i].duration = &durations.With({kKinds[i]});
  }
}

void RedisMetrics::OnCommand(std::string_view name, const absl::Status& status, std::chrono::nanoseconds duration) {
  auto& kind = kinds_[name.starts_with("script:") ? 1 : 0];
  const auto code = static_cast<size_t>(status.code());
  kind.by_code[code < kind.by_code.size() ? code : static_cast<size_t>(StatusCode::kInternal)]->Increment();
  kind.duration->Observe(std::chrono::duration<double>(duration).count());
}

void RedisMetrics::OnConnected() {
  connected_.Set(1);
  connects_.Increment();
}

void RedisMetrics::OnDisconnected(const absl::Status&) {
  connected_.Set(0);
  disconnects_.Increment();
}

}  // namespace crosspoint
