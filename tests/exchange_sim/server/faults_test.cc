#include <nlohmann/json.hpp>

#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kGetCalendar =
    "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
    "<t:DistinguishedFolderId Id=\"calendar\"/></m:FolderIds></m:GetFolder>";

class OrderedFaults : public SimTest {
 protected:
  void Order(std::string_view fault) { EXPECT_EQ(Admin("POST", "/sim/faults", fault).status, 200) << fault; }
  // The answer to a request that ordered trouble may spoil, raw.
  HttpReply Raw(std::string_view operation = kGetCalendar) {
    return Post(Soap(operation, me_), BasicHeader("svc", "secret"));
  }
  // Every test ends with this: the trouble is over.
  void TearDown() override {
    EXPECT_EQ(Call(kGetCalendar, me_).Code(), "NoError");
    EXPECT_EQ(nlohmann::json::parse(Admin("GET", "/sim/stats").body)["faults_waiting"], 0);
    SimTest::TearDown();
  }
  const std::string me_ = Someone();
};

TEST_F(OrderedFaults, StatusAndHeadersAreThoseOrdered) {
  Order(R"({"kind": "http_503", "retry_after_s": 7})");
  HttpReply reply = Raw();
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.head.find("Retry-After: 7"), std::string::npos);
  Order(R"({"kind": "http_401"})");
  reply = Raw();
  EXPECT_EQ(reply.status, 401);
  EXPECT_NE(reply.head.find("WWW-Authenticate: Basic"), std::string::npos);
  Order(R"({"kind": "http_redirect", "location": "http://127.0.0.1:1/EWS/Exchange.asmx"})");
  reply = Raw();
  EXPECT_EQ(reply.status, 302);
  EXPECT_NE(reply.head.find("Location: http://127.0.0.1:1/EWS/Exchange.asmx"), std::string::npos);
  Order(R"({"kind": "html_page"})");
  reply = Raw();
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.head.find("text/html"), std::string::npos);
}

TEST_F(OrderedFaults, OnlyTheMailboxAndOperationMeantAreHitAndOnlyAfterSoMany) {
  Order(
      fmt::format(R"({{"kind": "http_500", "mailbox": "{}", "operation": "GetFolder", "after": 1, "count": 2}})", me_));
  EXPECT_EQ(Call(kGetCalendar, Someone(1)).Code(), "NoError");
  EXPECT_EQ(View(me_, "2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z").Code(), "NoError");
  EXPECT_EQ(Raw().status, 200);
  EXPECT_EQ(Raw().status, 500);
  EXPECT_EQ(Raw().status, 500);
}

TEST_F(OrderedFaults, CodesComeAsFaultsOrInMessages) {
  Order(R"({"kind": "fault", "code": "ErrorMailboxFailover"})");
  Reply reply = Call(kGetCalendar, me_);
  EXPECT_EQ(reply.http.status, 500);
  EXPECT_EQ(reply.Code(), "ErrorMailboxFailover");
  Order(R"({"kind": "message_error", "code": "ErrorMailboxStoreUnavailable"})");
  reply = Call(kGetCalendar, me_);
  EXPECT_EQ(reply.http.status, 200);
  EXPECT_EQ(reply.Code(), "ErrorMailboxStoreUnavailable");
  Order(R"({"kind": "internal_busy", "back_off_ms": 5})");
  reply = Call(kGetCalendar, me_);
  EXPECT_EQ(reply.http.status, 200);
  EXPECT_EQ(reply.Code(), "ErrorInternalServerError");
  EXPECT_NE(reply.http.body.find("ErrorServerBusy"), std::string::npos);
  Order(R"({"kind": "http200_fault", "back_off_ms": 5})");
  reply = Call(kGetCalendar, me_);
  EXPECT_EQ(reply.http.status, 200);
  EXPECT_EQ(reply.Code(), "ErrorServerBusy");
}

TEST_F(OrderedFaults, ItemsOfABatchFailAndAreNotTouched) {
  const auto create = [this](int items) {
    std::string list;
    for (int i = 0; i < items; ++i) {
      list += fmt::format(
          "<t:CalendarItem><t:Subject>{}</t:Subject><t:Start>2027-05-01T08:00:00Z</t:Start><t:End>"
          "2027-05-01T09:00:00Z</t:End></t:CalendarItem>",
          i);
    }
    return Call(fmt::format("<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:SavedItemFolderId>"
                            "<t:DistinguishedFolderId Id=\"calendar\"/></m:SavedItemFolderId><m:Items>{}</m:Items>"
                            "</m:CreateItem>",
                            list),
                me_);
  };
  const auto codes = [](const Reply& reply) {
    std::vector<std::string> all;
    for (const pugi::xml_node code : reply.All("ResponseCode")) all.emplace_back(code.text().get());
    return all;
  };
  using Codes = std::vector<std::string>;
  Order(R"({"kind": "item_error", "code": "ErrorItemSave", "every": 3})");
  EXPECT_EQ(codes(create(4)), (Codes{"NoError", "NoError", "ErrorItemSave", "NoError"}));
  EXPECT_EQ(View(me_, "2027-05-01T07:00:00Z", "2027-05-01T10:00:00Z").All("CalendarItem").size(), 3u);
  Order(R"({"kind": "item_error", "code": "ErrorTimeoutExpired", "every": 2, "stop": true})");
  EXPECT_EQ(codes(create(4)),
            (Codes{"NoError", "ErrorTimeoutExpired", "ErrorBatchProcessingStopped", "ErrorBatchProcessingStopped"}));
  Order(R"({"kind": "item_error", "code": "ErrorItemSave", "every": 1})");
  EXPECT_EQ(codes(create(2)), (Codes{"ErrorItemSave", "ErrorItemSave"}));
  EXPECT_EQ(View(me_, "2027-05-01T07:00:00Z", "2027-05-01T10:00:00Z").All("CalendarItem").size(), 4u);
}

TEST_F(OrderedFaults, BadSyncStateHitsOnlyWhoBringsOne) {
  Order(R"({"kind": "bad_sync_state"})");
  const std::string state = Sync(me_, "").Text("SyncState");
  EXPECT_FALSE(state.empty());
  EXPECT_EQ(Sync(me_, state).Code(), "ErrorInvalidSyncStateData");
  EXPECT_EQ(Sync(me_, state).Code(), "NoError");
}

TEST_F(OrderedFaults, AnswersAreDamaged) {
  const std::string whole = Raw().body;
  Order(R"({"kind": "truncated"})");
  EXPECT_LT(Raw().body.size(), whole.size());
  Order(R"({"kind": "malformed_xml"})");
  EXPECT_FALSE(pugi::xml_document().load_string(Raw().body.c_str()));
  Order(R"({"kind": "doctype"})");
  EXPECT_NE(Raw().body.find("<!DOCTYPE"), std::string::npos);
  Order(R"({"kind": "xml_bomb"})");
  EXPECT_NE(Raw().body.find("&a30;"), std::string::npos);
  Order(R"({"kind": "deep_xml"})");
  EXPECT_GT(Raw().body.size(), 900'000u);
  Order(R"({"kind": "drop_connection"})");
  EXPECT_TRUE(Raw().body.empty());
}

TEST_F(OrderedFaults, AnswersDripOrNeverEnd) {
  const std::string whole = Raw().body;
  Order(R"({"kind": "slow_drip", "bytes": 100})");
  Wire drip(sim_.port());
  drip.Send(PostRequest("/EWS/Exchange.asmx", Soap(kGetCalendar, me_), BasicHeader("svc", "secret")));
  EXPECT_EQ(drip.ReadEnvelope(), whole);
  Order(R"({"kind": "endless_answer"})");
  Wire endless(sim_.port());
  endless.Send(PostRequest("/EWS/Exchange.asmx", Soap(kGetCalendar, me_), BasicHeader("svc", "secret")));
  EXPECT_EQ(endless.ReadEnvelope(std::chrono::milliseconds(300)), "");
}

TEST_F(OrderedFaults, UnfitOrdersAreRefused) {
  for (const char* order :
       {"", "{}", R"({"kind": "sunshine"})", R"({"kind": "fault"})", R"({"kind": "http_redirect"})",
        R"({"kind": "delay", "delay_ms": -1})", R"({"kind": "http_500", "count": 0})", R"({"kind": 7})"}) {
    EXPECT_EQ(Admin("POST", "/sim/faults", order).status, 400) << order;
  }
  Order(R"({"kind": "http_500", "count": 100})");
  Admin("DELETE", "/sim/faults");
}

TEST_F(OrderedFaults, CredentialsCanBeRotated) {
  const auto as = [this](const std::string& headers) { return Post(Soap(kGetCalendar, me_), headers).status; };
  EXPECT_EQ(Admin("POST", "/sim/accounts", R"({"account": "svc", "password": "next"})").status, 200);
  EXPECT_EQ(as(BasicHeader("svc", "secret")), 401);
  EXPECT_EQ(as(BasicHeader("svc", "next")), 200);
  Admin("POST", "/sim/accounts", R"({"token": "token-1", "revoke": true})");
  Admin("POST", "/sim/accounts", R"({"token": "token-2", "account": "svc"})");
  EXPECT_EQ(as("Authorization: Bearer token-1\r\n"), 401);
  EXPECT_EQ(as("Authorization: Bearer token-2\r\n"), 200);
  EXPECT_EQ(Admin("POST", "/sim/accounts", R"({"account": "new", "password": "p"})").status, 200);
  EXPECT_EQ(as(BasicHeader("new", "p")), 200);
  EXPECT_EQ(Admin("POST", "/sim/accounts", R"({"account": "svc"})").status, 400);
  Admin("POST", "/sim/accounts", R"({"account": "svc", "password": "secret"})");
}

}  // namespace
}  // namespace crosspoint::exchange_sim
