#pragma once

#include <array>
#include <chrono>
#include <string_view>

#include "common/metrics/metrics.h"
#include "connectors/ews/gate.h"

namespace crosspoint::ews {

// What politeness costs: crosspoint_ews_slots_in_use, _slot_wait_seconds, _refusals_total, _back_offs_total,
// _back_off_seconds_total, _back_off_wait_seconds_total, _unshared_requests_total. All gates of a process share one;
// once per registry, which must outlive it. Thread-safe.
class GateMetrics {
 public:
  enum class Refusal { kBackOff, kNoSlot, kUnknown };
  enum class Scope { kMailbox, kAccount };

  explicit GateMetrics(metrics::Registry& registry);

  void Entered(Urgency urgency, std::chrono::microseconds waited_for_slot,
               std::chrono::microseconds waited_for_back_off);
  void Left(Urgency urgency);
  void Refused(Urgency urgency, Refusal why);
  // The server asked for silence.
  void BackOff(Scope scope, std::chrono::milliseconds length);
  // A person's request went out although nobody could tell what others do.
  void Unshared();

 private:
  struct ByUrgency {
    metrics::Gauge* in_use;
    metrics::Histogram* wait;
    metrics::Counter* back_off_wait;
    std::array<metrics::Counter*, 3> refusals;
  };
  ByUrgency& Of(Urgency urgency) { return by_urgency_[static_cast<size_t>(urgency)]; }

  std::array<ByUrgency, 2> by_urgency_;
  std::array<metrics::Counter*, 2> back_offs_;
  std::array<metrics::Counter*, 2> back_off_seconds_;
  metrics::Counter& unshared_;
};

}  // namespace crosspoint::ews
