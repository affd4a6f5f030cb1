#pragma once

#include <memory>
#include <string>

#include "common/metrics/metrics.h"
#include "common/redis/client.h"
#include "connectors/ews_gate/redis_gate.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/redis_server.h"

namespace crosspoint::ews {

inline std::chrono::steady_clock::time_point In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// What one process of a service has: its own connection to Redis, gate, metrics and client.
struct GatedProcess {
  GatedProcess(const RedisConfig& redis_config, EwsConfig config, const PolitenessSettings& politeness)
      : redis(redis_config), gate_metrics(metrics), gate(redis, "test", politeness, gate_metrics) {
    while (!redis.connected()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    config.gate = &gate;
    auto made = EwsClient::Create(std::move(config));
    EXPECT_TRUE(made.ok()) << made.status();
    if (made.ok()) client = *std::move(made);
  }

  // The value of a series in the exposition; -1 when there is none.
  double Metric(const std::string& series) const {
    const auto text = metrics.Exposition();
    const auto at = text.find("\n" + series + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + series.size() + 2));
  }

  RedisClient redis;
  metrics::Registry metrics;
  GateMetrics gate_metrics;
  RedisEwsGate gate;
  std::unique_ptr<EwsClient> client;
};

inline EwsCall ByPerson(const std::string& mailbox, std::chrono::milliseconds within = std::chrono::seconds(10)) {
  return {.mailbox = mailbox, .deadline = In(within), .urgency = Urgency::kUserFacing};
}
inline EwsCall InBackground(const std::string& mailbox, std::chrono::milliseconds within = std::chrono::seconds(10)) {
  return {.mailbox = mailbox, .deadline = In(within), .urgency = Urgency::kBackground};
}

}  // namespace crosspoint::ews
