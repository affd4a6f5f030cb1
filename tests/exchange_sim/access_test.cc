#include <nlohmann/json.hpp>

#include "exchange_sim/sim_fixture.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kGetCalendar =
    "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>"
    "<t:DistinguishedFolderId Id=\"calendar\"/></m:FolderIds></m:GetFolder>";

class SimAccess : public SimTest {};

TEST_F(SimAccess, WrongOrMissingCredentialsAre401WithAChallenge) {
  for (const std::string& header :
       {std::string(), BasicHeader("svc", "wrong"), BasicHeader("svc", ""), BasicHeader(Someone(), "secret"),
        std::string("Authorization: Bearer nope\r\n"), std::string("Authorization: Basic ???\r\n")}) {
    const HttpReply reply = Post(Soap(kGetCalendar), header);
    EXPECT_EQ(reply.status, 401) << header;
    EXPECT_NE(reply.head.find("WWW-Authenticate: Basic realm="), std::string::npos);
  }
}

TEST_F(SimAccess, BasicWithDomainAndBearerTokenAreTaken) {
  EXPECT_EQ(CallAs(kGetCalendar, BasicHeader("CORP\\svc", "secret"), Someone()).Code(), "NoError");
  EXPECT_EQ(CallAs(kGetCalendar, "Authorization: Bearer token-1\r\n", Someone()).Code(), "NoError");
  EXPECT_EQ(CallAs(kGetCalendar, BasicHeader(Someone(), "users")).Code(), "NoError");
}

TEST_F(SimAccess, OnlyTheServiceAccountMayImpersonate) {
  const Reply reply = CallAs(kGetCalendar, BasicHeader(Someone(0), "users"), Someone(1));
  EXPECT_EQ(reply.http.status, 500);
  EXPECT_EQ(reply.Code(), "ErrorImpersonateUserDenied");
}

TEST_F(SimAccess, ImpersonationOfNobodyIsRefused) {
  EXPECT_EQ(Call(kGetCalendar, "nobody@corp.example").Code(), "ErrorNonExistentMailbox");
}

TEST_F(SimAccess, PrimaryAddressIsNamedWhenAnAliasStandsInItsPlace) {
  const auto listed = nlohmann::json::parse(Admin("GET", "/sim/mailboxes?email=" + Someone(3)).body);
  std::string request = Soap(kGetCalendar, listed[0]["aliases"][0].get<std::string>());
  for (size_t at = request.find("t:SmtpAddress"); at != std::string::npos;
       at = request.find("t:SmtpAddress", at + 20)) {
    request.replace(at, 13, "t:PrimarySmtpAddress");
  }
  const Reply reply = ParseReply(Post(request, BasicHeader("svc", "secret")));
  EXPECT_EQ(reply.Code(), "ErrorNonPrimarySmtpAddress");
  EXPECT_EQ(reply.Text("Value"), Someone(3));
}

TEST_F(SimAccess, ForeignMailboxIsClosedWithoutImpersonation) {
  const std::string foreign = fmt::format(
      "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>"
      "<t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox><t:EmailAddress>{}</t:EmailAddress></t:Mailbox>"
      "</t:DistinguishedFolderId></m:FolderIds></m:GetFolder>",
      Someone(1));
  EXPECT_EQ(CallAs(foreign, BasicHeader(Someone(0), "users")).Code(), "ErrorAccessDenied");
  const Id id = Create(Someone(0), "2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z");
  EXPECT_EQ(Get(id, Someone(1)).Code(), "ErrorItemNotFound");
  EXPECT_EQ(Get(id, Someone(0)).Code(), "NoError");
}

class SimFaults : public SimTest {};

TEST_F(SimFaults, WhatIsNotSimulatedIsRefusedAndCounted) {
  const Reply reply = Call("<m:GetInboxRules/>", Someone());
  EXPECT_EQ(reply.http.status, 500);
  EXPECT_EQ(reply.Code(), "ErrorInvalidOperation");
  const auto stats = nlohmann::json::parse(Admin("GET", "/sim/stats").body);
  EXPECT_EQ(stats["unknown_operations"]["GetInboxRules"], 1);
}

TEST_F(SimFaults, BrokenAndHostileXmlIsASchemaFault) {
  expect_valid_ = false;
  const std::string good = Soap(kGetCalendar, Someone());
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<t:a>";
  const std::string bomb =
      "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\">]>" + good.substr(good.find("<soap:"));
  for (const std::string& body :
       {std::string(), std::string("hello"), good.substr(0, good.size() / 2), bomb, Soap(deep), Soap(""),
        Soap("<m:GetFolder/><m:GetFolder/>"), Soap("<x:GetFolder xmlns:x=\"urn:other\"/>"), Soap("<m:GetFolder/>"),
        Soap("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Everything</t:BaseShape></m:ItemShape>"
             "<m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>")}) {
    const Reply reply = ParseReply(Post(body, BasicHeader("svc", "secret")));
    EXPECT_EQ(reply.http.status, 500) << body.substr(0, 200);
    EXPECT_EQ(reply.Code(), "ErrorSchemaValidation") << body.substr(0, 200);
  }
  EXPECT_EQ(Call(kGetCalendar, Someone()).Code(), "NoError");
}

TEST_F(SimFaults, UnknownServerVersionIsRefused) {
  expect_valid_ = false;
  std::string request = Soap(kGetCalendar, Someone());
  request.replace(request.find("Exchange2016"), 12, "Notes2016");
  const std::string code = ParseReply(Post(request, BasicHeader("svc", "secret"))).Code();
  EXPECT_TRUE(code == "ErrorInvalidServerVersion" || code == "ErrorSchemaValidation") << code;
}

TEST_F(SimFaults, OrderedTroubleComesOnceAndThenItWorksAgain) {
  const auto order = [this](const std::string& json) {
    EXPECT_EQ(Admin("POST", "/sim/faults", json).status, 200) << json;
  };
  order(R"({"operation": "GetFolder", "kind": "server_busy", "back_off_ms": 1234})");
  const Reply busy = Call(kGetCalendar, Someone());
  EXPECT_EQ(busy.http.status, 500);
  EXPECT_EQ(busy.Code(), "ErrorServerBusy");
  EXPECT_EQ(busy.Text("Value"), "1234");
  EXPECT_EQ(Call(kGetCalendar, Someone()).Code(), "NoError");

  order(R"({"kind": "http_503", "count": 2})");
  EXPECT_EQ(Call(kGetCalendar, Someone()).http.status, 503);
  EXPECT_EQ(Call(kGetCalendar, Someone()).http.status, 503);
  EXPECT_EQ(Call(kGetCalendar, Someone()).http.status, 200);

  order(R"({"kind": "http200_fault"})");
  const Reply hidden = Call(kGetCalendar, Someone());
  EXPECT_EQ(hidden.http.status, 200);
  EXPECT_EQ(hidden.Code(), "ErrorServerBusy");

  order(R"({"kind": "drop_connection"})");
  EXPECT_TRUE(Post(Soap(kGetCalendar, Someone()), BasicHeader("svc", "secret")).body.empty());

  order(R"({"kind": "delay", "delay_ms": 30})");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Call(kGetCalendar, Someone()).Code(), "NoError");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(30));
}

TEST_F(SimFaults, WrongOrdersAreRefusedNamingTheField) {
  EXPECT_EQ(Admin("POST", "/sim/faults", "[]").status, 400);
  EXPECT_NE(Admin("POST", "/sim/faults", R"({"kind": "fire"})").body.find("kind"), std::string::npos);
  EXPECT_NE(Admin("POST", "/sim/faults", R"({"kind": "delay", "delay_ms": -1})").body.find("delay_ms"),
            std::string::npos);
  EXPECT_EQ(Admin("POST", "/sim/mailboxes", R"({"email": 7})").status, 400);
}

TEST_F(SimFaults, MailboxAddedByCommandIsThere) {
  const std::string json = R"({"email": "new.person@corp.example", "display_name": "New Person"})";
  EXPECT_EQ(Admin("POST", "/sim/mailboxes", json).status, 201);
  EXPECT_EQ(Admin("POST", "/sim/mailboxes", json).status, 409);
  EXPECT_EQ(Call(kGetCalendar, "new.person@corp.example").Text("TotalCount"), "0");
}

}  // namespace
}  // namespace crosspoint::exchange_sim
