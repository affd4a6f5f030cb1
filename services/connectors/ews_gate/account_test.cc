#include <gtest/gtest.h>

#include <thread>

#include "connectors/ews_gate/local_budget.h"
#include "connectors/ews_gate/redis_gate.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

TEST(AccountOf, IsTheSameForEveryServiceThatUsesTheAccount) {
  const EwsSettings settings{.url = "https://mail.example.org/EWS/Exchange.asmx", .auth = {.user = "CORP\\svc"}};
  const EwsSettings same{.url = "https://MAIL.example.org/ews/exchange.asmx", .auth = {.user = "corp\\SVC"}};
  EXPECT_EQ(AccountOf(settings, "acme"), AccountOf(same, "other"));
  EXPECT_EQ(AccountOf(settings, "acme").size(), 16U);
}

TEST(AccountOf, DiffersByHostAndUserAndWithoutAUserByTenant) {
  const EwsSettings base{.url = "https://mail.example.org/EWS", .auth = {.user = "svc"}};
  EXPECT_NE(AccountOf(base, "acme"),
            AccountOf({.url = "https://mail2.example.org/EWS", .auth = {.user = "svc"}}, "acme"));
  EXPECT_NE(AccountOf(base, "acme"), AccountOf({.url = base.url, .auth = {.user = "svc2"}}, "acme"));
  EXPECT_NE(AccountOf({.url = base.url}, "acme"), AccountOf({.url = base.url}, "other"));
}

TEST(LocalBudget, LongestSilenceOfLaneAndAccountHolds) {
  LocalBudget budget(1);
  const auto now = SteadyClock::now();
  EXPECT_LE(budget.SilentUntil("a"), now);
  budget.Silence("a", now + milliseconds(50'000));
  budget.Silence("a", now + milliseconds(10'000));
  EXPECT_EQ(budget.SilentUntil("a"), now + milliseconds(50'000));
  EXPECT_LE(budget.SilentUntil("b"), now);
  budget.Silence("", now + milliseconds(60'000));
  EXPECT_EQ(budget.SilentUntil("a"), now + milliseconds(60'000));
  EXPECT_EQ(budget.SilentUntil("b"), now + milliseconds(60'000));
}

TEST(LocalBudget, SlotIsWaitedFor) {
  LocalBudget budget(1);
  EXPECT_TRUE(budget.Take(SteadyClock::now()));
  EXPECT_FALSE(budget.Take(SteadyClock::now() + milliseconds(5)));
  std::thread waiter([&] { EXPECT_TRUE(budget.Take(SteadyClock::now() + milliseconds(10'000))); });
  budget.Give();
  waiter.join();
}

}  // namespace
}  // namespace crosspoint::ews
