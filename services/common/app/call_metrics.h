#pragma once

#include <memory>
#include <string_view>

#include "common/grpcx/guard.h"
#include "common/metrics/metrics.h"

namespace crosspoint {

// Counts and times every call that reaches the Guard: crosspoint_<service>_rpcs_total{method,code},
// crosspoint_<service>_rpc_duration_seconds{method}, crosspoint_<service>_rpcs_in_flight.
class CallMetrics final : public grpcx::CallObserver {
 public:
  CallMetrics(metrics::Registry& registry, std::string_view service);

  std::unique_ptr<grpcx::MethodObserver> ForMethod(std::string_view service, std::string_view method) override;

 private:
  metrics::Family<metrics::Counter>& calls_;
  metrics::Family<metrics::Histogram>& durations_;
  metrics::Gauge& in_flight_;
};

// process_resident_memory_bytes, process_cpu_seconds_total, process_start_time_seconds, process_open_fds,
// process_threads, crosspoint_log_warnings_total, crosspoint_log_errors_total.
void AddProcessMetrics(metrics::Registry& registry);

}  // namespace crosspoint
