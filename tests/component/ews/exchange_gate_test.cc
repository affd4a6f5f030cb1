#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "connectors/ews/errors.h"
#include "tests/component/ews/exchange_fixture.h"
#include "tests/component/ews/gate_fixture.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

// Several processes of ours before one Exchange.
class ExchangeGate : public WithExchange {
 protected:
  std::unique_ptr<GatedProcess> Process(RetryPolicy retry = {}) {
    auto config = Config();
    config.retry = retry;
    return std::make_unique<GatedProcess>(redis_.config(), std::move(config), PolitenessSettings{});
  }
  static int Requests() {
    const auto stats = nlohmann::json::parse(exchange_->Get("/sim/stats"));
    return stats["operations"].value("GetFolder", 0);
  }
  static absl::Status Get(GatedProcess& process, const EwsCall& call) {
    return process.client->GetFolder(FolderRef::Calendar(), call).status();
  }

  testing::RedisServer redis_;
};

TEST_F(ExchangeGate, NothingArrivesWhileTheServerWantsSilence) {
  const auto one = Process();
  const auto two = Process();
  for (const std::string kind : {"server_busy", "http200_fault"}) {
    const int before = Requests();
    exchange_->Post("/sim/faults", R"({"operation": "GetFolder", "kind": ")" + kind + R"(", "back_off_ms": 1000})");
    EXPECT_EQ(BackOffOf(Get(*one, InBackground("anna@corp.example"))), milliseconds(1000)) << kind;
    const auto told = SteadyClock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        EXPECT_TRUE(Get(i % 2 == 0 ? *one : *two, ByPerson("anna@corp.example")).ok());
        EXPECT_GE(SteadyClock::now() - told, milliseconds(990));
      });
    }
    int during = 0;
    while (SteadyClock::now() < told + milliseconds(900)) {
      if (const int now = Requests(); SteadyClock::now() < told + milliseconds(900)) during = now;
      std::this_thread::sleep_for(milliseconds(50));
    }
    EXPECT_EQ(during, before + 1) << kind;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(Requests(), before + 7) << kind;
  }
}

TEST_F(ExchangeGate, PassingTroubleIsRepeatedForThePersonWhoWaits) {
  const auto process = Process({.max_attempts = 3, .first_delay = milliseconds(10)});
  for (const std::string kind : {"http_500", "drop_connection", "server_busy"}) {
    exchange_->Post("/sim/faults", R"({"operation": "GetFolder", "kind": ")" + kind + R"(", "back_off_ms": 50})");
    EXPECT_TRUE(Get(*process, ByPerson("bo@corp.example")).ok()) << kind;
  }
}

TEST_F(ExchangeGate, WritesAreNeverRepeated) {
  const auto process = Process({.max_attempts = 3, .first_delay = milliseconds(10)});
  exchange_->Post("/sim/faults", R"({"operation": "CreateItem", "kind": "drop_connection"})");
  const TimePoint start = NextHour();
  const auto created =
      process->client->CreateCalendarItem({.subject = "once", .start = start, .end = start + std::chrono::hours(1)},
                                          Invitations::kNone, ByPerson("cleo@corp.example"));
  EXPECT_EQ(created.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Get(*process, ByPerson("cleo@corp.example")).ok());
}

}  // namespace
}  // namespace crosspoint::ews
