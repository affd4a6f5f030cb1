#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kGetCalendar =
    "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
    "<t:DistinguishedFolderId Id=\"calendar\"/></m:FolderIds></m:GetFolder>";

class ServerLimits : public SimTest {
 protected:
  nlohmann::json Throttling() { return nlohmann::json::parse(Admin("GET", "/sim/stats").body)["throttling"]; }
  // Milliseconds that a busy answer asks for.
  static int BackOff(const Reply& reply) {
    for (const pugi::xml_node value : reply.All("Value")) {
      if (std::string_view(value.attribute("Name").value()) == "BackOffMilliseconds") return value.text().as_int();
    }
    return 0;
  }
  const std::string me_ = Someone();
};

TEST_F(ServerLimits, RequestsOverTheRateWaitAndEarlyOnesWaitAnew) {
  Admin("POST", "/sim/limits", R"({"requests_per_second": 0.001, "burst": 2, "back_off_ms": 150})");
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "NoError");
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "NoError");
  const Reply busy = Call(kGetCalendar, me_);
  EXPECT_EQ(busy.Code(), "ErrorServerBusy");
  EXPECT_EQ(BackOff(busy), 150);
  EXPECT_EQ(Call(kGetCalendar, Someone(1)).Code(), "NoError");  // a budget of its own
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "ErrorServerBusy");
  std::this_thread::sleep_for(milliseconds(100));  // 200 after the first, but only 100 after the second
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "ErrorServerBusy");
  EXPECT_EQ(Throttling()["early_requests"], 2);
  EXPECT_EQ(Throttling()["told_to_wait"], 1);

  Admin("POST", "/sim/limits", R"({"requests_per_second": 0})");
  std::this_thread::sleep_for(milliseconds(160));
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "NoError");
}

TEST_F(ServerLimits, OrderedWaitsAreWatchedToo) {
  Admin("POST", "/sim/faults", R"({"kind": "server_busy", "back_off_ms": 60000})");
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "ErrorServerBusy");
  EXPECT_EQ(Throttling()["early_requests"], 0);
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "NoError");  // not enforced
  EXPECT_EQ(Throttling()["early_requests"], 1);
  EXPECT_EQ(Throttling()["budgets"]["svc/" + me_]["early_requests"], 1);

  Admin("POST", "/sim/faults", R"({"kind": "http_429", "retry_after_s": 1, "enforce": true})");
  const HttpReply reply = Call(kGetCalendar, Someone(1)).http;
  EXPECT_EQ(reply.status, 429);
  EXPECT_NE(reply.head.find("Retry-After: 1"), std::string::npos);
  EXPECT_EQ(Call(kGetCalendar, Someone(1)).Code(), "ErrorServerBusy");
}

TEST_F(ServerLimits, TooManyRequestsInFlightAreRefusedUntilOneIsAnswered) {
  Admin("POST", "/sim/limits", R"({"max_concurrency": 1})");
  Admin("POST", "/sim/faults", R"({"kind": "delay", "delay_ms": 400})");
  std::thread slow([this] { EXPECT_EQ(Call(kGetCalendar, me_).Code(), "NoError"); });
  const auto patience = steady_clock::now() + std::chrono::seconds(20);
  while (Throttling()["most_in_flight"] == 0 && steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "ErrorExceededConnectionCount");
  EXPECT_EQ(Call(kGetCalendar, Someone(1)).Code(), "NoError");
  slow.join();
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "NoError");
  EXPECT_EQ(Throttling()["too_many_in_flight"], 1);
}

TEST_F(ServerLimits, SubscriptionsAndFindsHaveTheirs) {
  Admin("POST", "/sim/limits", R"({"max_subscriptions": 1, "find_count": 3})");
  const std::string id = Subscribe(me_);
  const std::string again =
      "<m:Subscribe><m:StreamingSubscriptionRequest SubscribeToAllFolders=\"true\"><t:EventTypes><t:EventType>"
      "CreatedEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>";
  EXPECT_EQ(Call(again, me_).Code(), "ErrorExceededSubscriptionCount");
  EXPECT_EQ(Call(again, Someone(1)).Code(), "NoError");
  EXPECT_EQ(Call(fmt::format("<m:Unsubscribe><m:SubscriptionId>{}</m:SubscriptionId></m:Unsubscribe>", id), me_).Code(),
            "NoError");
  EXPECT_EQ(Call(again, me_).Code(), "NoError");

  const Reply found = Call(
      "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
      "<m:IndexedPageItemView MaxEntriesReturned=\"100\" Offset=\"0\" BasePoint=\"Beginning\"/><m:ParentFolderIds>"
      "<t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>",
      me_);
  EXPECT_EQ(found.All("ItemId").size(), 3u);
  EXPECT_EQ(std::string_view(found.All("RootFolder").at(0).attribute("IncludesLastItemInRange").value()), "false");
  EXPECT_EQ(std::string_view(found.All("RootFolder").at(0).attribute("IndexedPagingOffset").value()), "3");
}

TEST_F(ServerLimits, UnfitLimitsAreRefusedAndChangeNothing) {
  for (const char* body : {"", "[]", R"({"max_streams": 0})", R"({"max_streams": "x"})", R"({"back_off_ms": -1})"}) {
    EXPECT_EQ(Admin("POST", "/sim/limits", body).status, 400) << body;
  }
  EXPECT_EQ(Call(kGetCalendar, me_).Code(), "NoError");
}

class TwoServers : public SimTest {
 protected:
  TwoServers() : SimTest(SimOptions{.servers = 2}) {}
  std::string Headers(std::string_view anchor, std::string_view cookie = "") {
    return BasicHeader("svc", "secret") +
           fmt::format("X-AnchorMailbox: {}\r\nX-PreferServerAffinity: true\r\n", anchor) +
           (cookie.empty() ? "" : fmt::format("Cookie: {}\r\n", cookie));
  }
  static std::string ServerOf(const Reply& reply) { return HeaderOf(reply, "X-TargetBEServer: "); }
  static std::string HeaderOf(const Reply& reply, std::string_view name) {
    const size_t at = reply.http.head.find(name);
    if (at == std::string::npos) return "";
    return reply.http.head.substr(at + name.size(), reply.http.head.find('\r', at) - at - name.size());
  }
  // Two people whose mailboxes lead to different servers.
  std::pair<std::string, std::string> Apart() {
    const std::string first = Someone(0);
    const std::string server = ServerOf(CallAs(kGetCalendar, Headers(first), first));
    for (size_t i = 1; i < 50; ++i) {
      if (ServerOf(CallAs(kGetCalendar, Headers(Someone(i)), Someone(i))) != server) return {first, Someone(i)};
    }
    return {first, ""};
  }
  static constexpr std::string_view kSubscribe =
      "<m:Subscribe><m:StreamingSubscriptionRequest SubscribeToAllFolders=\"true\"><t:EventTypes><t:EventType>"
      "CreatedEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>";
};

TEST_F(TwoServers, SubscriptionLivesOnOneAndTheCookieLeadsThere) {
  const auto [here, there] = Apart();
  ASSERT_FALSE(there.empty());
  const Reply first = CallAs(kSubscribe, Headers(here), here);
  const std::string cookie = HeaderOf(first, "Set-Cookie: ");
  ASSERT_TRUE(cookie.starts_with("X-BackEndOverrideCookie=")) << first.http.head;
  const std::string value = cookie.substr(0, cookie.find(';'));
  // The second of the group goes to the first's server, and no cookie is handed out again.
  const Reply second = CallAs(kSubscribe, Headers(here, value), there);
  EXPECT_EQ(ServerOf(second), ServerOf(first));
  EXPECT_EQ(HeaderOf(second, "Set-Cookie: "), "");
  const auto unsubscribe = [&](const Reply& reply, const std::string& headers) {
    return CallAs(fmt::format("<m:Unsubscribe><m:SubscriptionId>{}</m:SubscriptionId></m:Unsubscribe>",
                              reply.Text("SubscriptionId")),
                  headers, here)
        .Code();
  };
  EXPECT_EQ(unsubscribe(second, Headers(there)), "ErrorSubscriptionNotFound");
  EXPECT_EQ(unsubscribe(second, Headers(there, value)), "NoError");
  EXPECT_EQ(unsubscribe(first, Headers(here)), "NoError");
}

TEST_F(TwoServers, StreamOfTheWrongServerNamesTheIds) {
  const auto [here, there] = Apart();
  ASSERT_FALSE(there.empty());
  const std::string id = CallAs(kSubscribe, Headers(here), here).Text("SubscriptionId");
  const std::string read = fmt::format(
      "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{}</t:SubscriptionId></m:SubscriptionIds>"
      "<m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>",
      id);
  Wire wrong(sim_.port());
  wrong.Send(PostRequest("/EWS/Exchange.asmx", Soap(read, here), Headers(there)));
  const Reply refused = ParseReply({200, "", wrong.ReadEnvelope()});
  EXPECT_EQ(refused.Code(), "ErrorSubscriptionNotFound");
  EXPECT_EQ(refused.Text("SubscriptionId"), id);
  Wire right(sim_.port());
  right.Send(PostRequest("/EWS/Exchange.asmx", Soap(read, here), Headers(here)));
  EXPECT_EQ(ParseReply({200, "", right.ReadEnvelope()}).Text("ConnectionStatus"), "OK");
  const auto stats = nlohmann::json::parse(Admin("GET", "/sim/stats").body);
  EXPECT_EQ(stats["message_errors"], nlohmann::json({{"ErrorSubscriptionNotFound", 1}}));
}

TEST_F(TwoServers, ServerThatFailsForgetsOnlyItsOwn) {
  const auto [here, there] = Apart();
  ASSERT_FALSE(there.empty());
  const auto left = [this] { return nlohmann::json::parse(Admin("GET", "/sim/stats").body)["subscriptions"]; };
  const Reply made = CallAs(kSubscribe, Headers(here), here);
  CallAs(kSubscribe, Headers(there), there);
  EXPECT_EQ(left(), 2);
  const std::string number(1, ServerOf(made).at(3));  // SIM1.corp.example
  Admin("POST", "/sim/drop-subscriptions", fmt::format(R"({{"server": {}}})", number));
  EXPECT_EQ(left(), 1);
  EXPECT_EQ(CallAs(kSubscribe, Headers(here), here).Code(), "NoError");
}

}  // namespace
}  // namespace crosspoint::exchange_sim
