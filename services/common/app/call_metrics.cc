#include "common/app/call_metrics.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "common/log/line_counts.h"

namespace crosspoint {
namespace {

// UNKNOWN and DATA_LOSS never leave a service; should they, they count as INTERNAL.
constexpr std::array<absl::StatusCode, 15> kCodes = {absl::StatusCode::kOk,
                                                     absl::StatusCode::kCancelled,
                                                     absl::StatusCode::kInvalidArgument,
                                                     absl::StatusCode::kDeadlineExceeded,
                                                     absl::StatusCode::kNotFound,
                                                     absl::StatusCode::kAlreadyExists,
                                                     absl::StatusCode::kPermissionDenied,
                                                     absl::StatusCode::kResourceExhausted,
                                                     absl::StatusCode::kFailedPrecondition,
                                                     absl::StatusCode::kAborted,
                                                     absl::StatusCode::kOutOfRange,
                                                     absl::StatusCode::kUnimplemented,
                                                     absl::StatusCode::kInternal,
                                                     absl::StatusCode::kUnavailable,
                                                     absl::StatusCode::kUnauthenticated};

std::vector<std::string> CodeNames() {
  std::vector<std::string> names;
  for (const auto code : kCodes) names.push_back(absl::StatusCodeToString(code));
  return names;
}

class MethodMetrics final : public grpcx::MethodObserver {
 public:
  MethodMetrics(metrics::Family<metrics::Counter>& calls, metrics::Histogram& duration, metrics::Gauge& in_flight,
                const std::string& method)
      : duration_(duration), in_flight_(in_flight) {
    for (const auto code : kCodes) {
      by_code_[static_cast<size_t>(code)] = &calls.With({method, absl::StatusCodeToString(code)});
    }
  }

  void OnStart() override { in_flight_.Add(1); }
  void OnEnd(absl::StatusCode code, std::string_view, std::chrono::nanoseconds took) override {
    in_flight_.Add(-1);
    const auto index = static_cast<size_t>(code);
    const bool declared = index < by_code_.size() && by_code_[index] != nullptr;
    by_code_[declared ? index : static_cast<size_t>(absl::StatusCode::kInternal)]->Increment();
    duration_.Observe(std::chrono::duration<double>(took).count());
  }

 private:
  metrics::Histogram& duration_;
  metrics::Gauge& in_flight_;
  std::array<metrics::Counter*, 17> by_code_{};
};

double ResidentBytes() {
  long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double Entries(const char* folder) {
  double count = 0;
  if (DIR* dir = opendir(folder)) {
    while (const dirent* entry = readdir(dir)) count += entry->d_name[0] == '.' ? 0 : 1;
    closedir(dir);
  }
  return count;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1'000'000;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

CallMetrics::CallMetrics(metrics::Registry& registry, std::string_view service)
    : calls_(registry.Counters(fmt::format("crosspoint_{}_rpcs_total", service),
                               "Calls that ended, by method and gRPC code", {{"method", {}}, {"code", CodeNames()}})),
      durations_(registry.Histograms(fmt::format("crosspoint_{}_rpc_duration_seconds", service),
                                     "From the arrival of a call to its end; streams last as long as they are open",
                                     {{"method", {}}})),
      in_flight_(
          registry.AddGauge(fmt::format("crosspoint_{}_rpcs_in_flight", service), "Calls and streams that run now")) {}

std::unique_ptr<grpcx::MethodObserver> CallMetrics::ForMethod(std::string_view service, std::string_view method) {
  const auto dot = service.rfind('.');
  const auto name = fmt::format("{}/{}", dot == std::string_view::npos ? service : service.substr(dot + 1), method);
  calls_.Declare("method", name);
  durations_.Declare("method", name);
  return std::make_unique<MethodMetrics>(calls_, durations_.With({name}), in_flight_, name);
}

void AddProcessMetrics(metrics::Registry& registry) {
  registry.AddReadGauge("process_resident_memory_bytes", "Resident memory", ResidentBytes);
  registry.AddReadCounter("process_cpu_seconds_total", "Processor time, user and system", CpuSeconds);
  registry.AddReadGauge(
      "process_start_time_seconds", "When the service started, since 1970",
      [start = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count()] {
        return start;
      });
  registry.AddReadCounter("crosspoint_log_warnings_total", "Log lines of level warn",
                          [] { return static_cast<double>(log::WrittenLines().warn); });
  registry.AddReadCounter("crosspoint_log_errors_total", "Log lines of level error: each wants a person",
                          [] { return static_cast<double>(log::WrittenLines().error); });
  registry.AddReadGauge("process_open_fds", "Open file descriptors", [] { return Entries("/proc/self/fd"); });
  registry.AddReadGauge("process_threads", "Threads", [] { return Entries("/proc/self/task"); });
}

}  // namespace crosspoint
