#include "gateway/metrics.h"

#include <string>

namespace crosspoint::gateway {

void OfferMetrics(metrics::Registry& registry, const SessionHub& hub, const CommandDesk& desk,
                  const grpcx::Forwarder& forwarder) {
  const auto total = [&registry](const char* name, const char* help, const std::atomic<uint64_t>& value) {
    registry.AddReadCounter(name, help, [&value] { return static_cast<double>(value); });
  };
  registry.AddReadGauge("crosspoint_gateway_sessions", "Sessions whose stream is at this replica",
                        [&hub] { return static_cast<double>(hub.size()); });
  registry.AddReadGauge("crosspoint_gateway_forwarded_calls", "Calls and streams being passed on now",
                        [&forwarder] { return static_cast<double>(forwarder.running()); });
  total("crosspoint_gateway_sessions_opened_total", "Sessions begun", hub.counters().opened);
  total("crosspoint_gateway_sessions_resumed_total", "Streams that took a session up again", hub.counters().resumed);
  total("crosspoint_gateway_sessions_expired_total", "Sessions whose program was not heard of", hub.counters().expired);
  total("crosspoint_gateway_sessions_taken_over_total", "Streams ended because the session went on in another",
        hub.counters().taken_over);
  const auto& sessions = hub.session_counters();
  total("crosspoint_gateway_events_sent_total", "Events written to programs", sessions.events_sent);
  total("crosspoint_gateway_channels_reopened_total", "Watches opened again after they broke", sessions.reopened);
  total("crosspoint_gateway_channel_gaps_total", "Times a program was told that it may have missed events",
        sessions.gaps);
  total("crosspoint_gateway_channels_ended_total", "Channels ended with a reason", sessions.channels_ended);
  static constexpr const char* kOutcomes[] = {"",        "done",    "refused",    "failed",
                                              "expired", "unknown", "no_program", "pending"};
  for (size_t i = 1; i < std::size(kOutcomes); ++i) {
    registry.AddReadCounter(std::string("crosspoint_gateway_commands_") + kOutcomes[i] + "_total",
                            std::string("Commands that ended as ") + kOutcomes[i],
                            [&desk, i] { return static_cast<double>(desk.counters().by_outcome[i]); });
  }
}

}  // namespace crosspoint::gateway
