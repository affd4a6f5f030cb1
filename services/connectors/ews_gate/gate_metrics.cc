#include "connectors/ews_gate/gate_metrics.h"

namespace crosspoint::ews {
namespace {

constexpr std::array<std::string_view, 2> kUrgencies = {"background", "user_facing"};
constexpr std::array<std::string_view, 3> kRefusals = {"back_off", "no_slot", "unknown"};
constexpr std::array<std::string_view, 2> kScopes = {"mailbox", "account"};

template <class Names>
metrics::Label LabelOf(std::string name, const Names& values) {
  return {std::move(name), {values.begin(), values.end()}};
}

double Seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

GateMetrics::GateMetrics(metrics::Registry& registry)
    : unshared_(registry.AddCounter("crosspoint_ews_unshared_requests_total",
                                    "Requests of people sent by a local limit because Redis was away")) {
  auto& in_use = registry.Gauges("crosspoint_ews_slots_in_use", "Requests to Exchange that this process has under way",
                                 {LabelOf("urgency", kUrgencies)});
  auto& wait = registry.Histograms("crosspoint_ews_slot_wait_seconds", "How long a request waited for its slot",
                                   {LabelOf("urgency", kUrgencies)}, {0.001, 0.01, 0.1, 0.5, 2.5, 10});
  auto& back_off_wait = registry.Counters("crosspoint_ews_back_off_wait_seconds_total",
                                          "Time that requests waited because the server wanted silence",
                                          {LabelOf("urgency", kUrgencies)});
  auto& refusals = registry.Counters("crosspoint_ews_refusals_total", "Requests that were not sent, and why",
                                     {LabelOf("urgency", kUrgencies), LabelOf("why", kRefusals)});
  for (size_t i = 0; i < kUrgencies.size(); ++i) {
    by_urgency_[i] = {
        &in_use.With({kUrgencies[i]}), &wait.With({kUrgencies[i]}), &back_off_wait.With({kUrgencies[i]}), {}};
    for (size_t why = 0; why < kRefusals.size(); ++why) {
      by_urgency_[i].refusals[why] = &refusals.With({kUrgencies[i], kRefusals[why]});
    }
  }
  auto& back_offs = registry.Counters("crosspoint_ews_back_offs_total", "Times a server asked for silence",
                                      {LabelOf("scope", kScopes)});
  auto& seconds =
      registry.Counters("crosspoint_ews_back_off_seconds_total",
                        "Silence that servers asked for: time lost to throttling", {LabelOf("scope", kScopes)});
  for (size_t i = 0; i < kScopes.size(); ++i) {
    back_offs_[i] = &back_offs.With({kScopes[i]});
    back_off_seconds_[i] = &seconds.With({kScopes[i]});
  }
}

void GateMetrics::Entered(Urgency urgency, std::chrono::microseconds waited_for_slot,
                          std::chrono::microseconds waited_for_back_off) {
  auto& series = Of(urgency);
  series.in_use->Add(1);
  series.wait->Observe(Seconds(waited_for_slot));
  if (waited_for_back_off.count() > 0) series.back_off_wait->Increment(Seconds(waited_for_back_off));
}

void GateMetrics::Left(Urgency urgency) { Of(urgency).in_use->Add(-1); }

void GateMetrics::Refused(Urgency urgency, Refusal why) { Of(urgency).refusals[static_cast<size_t>(why)]->Increment(); }

void GateMetrics::BackOff(Scope scope, std::chrono::milliseconds length) {
  back_offs_[static_cast<size_t>(scope)]->Increment();
  back_off_seconds_[static_cast<size_t>(scope)]->Increment(Seconds(length));
}

void GateMetrics::Unshared() { unshared_.Increment(); }

}  // namespace crosspoint::ews
