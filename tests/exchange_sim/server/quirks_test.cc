#include <nlohmann/json.hpp>

#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

class ServerQuirks : public SimTest {
 protected:
  void Set(std::string_view name, bool on = true) {
    const std::string body = fmt::format(R"({{"{}": ["{}"]}})", on ? "on" : "off", name);
    EXPECT_EQ(Admin("POST", "/sim/quirks", body).status, 200) << name;
  }
  Reply Folder() {
    return Call(
        "<m:GetFolder><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape><m:FolderIds>"
        "<t:DistinguishedFolderId Id=\"calendar\"/></m:FolderIds></m:GetFolder>",
        me_);
  }
  Id Meet(std::string_view after = "") {
    return Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z", "<t:Subject>x</t:Subject>", after);
  }
  const std::string me_ = Someone();
};

TEST_F(ServerQuirks, EachCanBeSwitchedOnAndOff) {
  const std::string usual = Folder().http.body;
  for (const char* name : {"prefixes", "no_change_keys", "unknown_elements", "repeated_elements", "missing_elements"}) {
    Set(name);
    EXPECT_NE(Folder().http.body, usual) << name;
    EXPECT_EQ(nlohmann::json::parse(Admin("GET", "/sim/stats").body)["quirks"], nlohmann::json({name}));
    Set(name, false);
    EXPECT_EQ(Folder().http.body, usual) << name;
  }
  EXPECT_EQ(Admin("POST", "/sim/quirks", R"({"on": ["sunshine"]})").status, 400);
}

TEST_F(ServerQuirks, OtherPrefixesMeanTheSame) {
  const std::string name = Folder().Text("DisplayName");
  Set("prefixes");
  const Reply reply = Folder();
  EXPECT_NE(reply.http.body.find("<SOAP-ENV:Envelope"), std::string::npos);
  EXPECT_EQ(reply.http.body.find("<t:"), std::string::npos);
  const auto parsed = ParseSoap(reply.http.body);  // which resolves namespaces
  ASSERT_TRUE(parsed.ok()) << reply.http.body;
  const pugi::xml_node folders = (*parsed)->operation.first_child().first_child().child("m:Folders");
  EXPECT_EQ(folders.child("t:CalendarFolder").child("t:DisplayName").text().get(), name);
  Admin("POST", "/sim/faults", R"({"kind": "server_busy", "back_off_ms": 5})");
  const Reply busy = Folder();
  EXPECT_EQ(busy.http.status, 500);
  EXPECT_NE(busy.http.body.find(">ErrorServerBusy<"), std::string::npos);
}

TEST_F(ServerQuirks, ValuesAreWordedDifferently) {
  const Id series = Meet(
      "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NoEndRecurrence>"
      "<t:StartDate>2027-01-10</t:StartDate></t:NoEndRecurrence></t:Recurrence>");
  Set("fractions");
  Set("datetimes_for_dates");
  const Reply reply = Get(series, me_);
  EXPECT_EQ(reply.Text("Start"), "2027-01-10T10:00:00.000000000Z");
  EXPECT_EQ(reply.Text("StartDate"), "2027-01-10T00:00:00Z");
}

TEST_F(ServerQuirks, SeriesStaysFolded) {
  Meet(
      "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NoEndRecurrence>"
      "<t:StartDate>2027-01-10</t:StartDate></t:NoEndRecurrence></t:Recurrence>");
  const auto masters = [this] {
    int found = 0;
    const Reply view = View(me_, "2027-06-05T00:00:00Z", "2027-06-08T00:00:00Z");  // a weekend and a Monday
    for (const pugi::xml_node type : view.All("CalendarItemType")) {
      found += std::string_view(type.text().get()) == "RecurringMaster" ? 1 : 0;
    }
    return found;
  };
  EXPECT_EQ(masters(), 0);
  Set("series_not_expanded");
  EXPECT_GE(masters(), 1);
}

TEST_F(ServerQuirks, OldChangeKeysAreTaken) {
  const Id id = Meet();
  const auto change = [&](const Id& known, std::string_view subject) {
    return Update(known, me_, "item:Subject", fmt::format("<t:Subject>{}</t:Subject>", subject), "AutoResolve").Code();
  };
  EXPECT_EQ(change(id, "a"), "NoError");
  EXPECT_EQ(change(id, "b"), "ErrorIrresolvableConflict");
  Set("stale_change_keys");
  EXPECT_EQ(change(id, "c"), "NoError");
  Set("stale_change_keys", false);
  Set("no_change_keys");
  const Id keyless = IdIn(Get(id, me_));
  EXPECT_TRUE(keyless.change_key.empty());
  EXPECT_EQ(change(keyless, "d"), "NoError");
}

TEST_F(ServerQuirks, NotificationsNameTheFolderInTheTypesNamespace) {
  Set("folder_notifications");
  Set("types_notification");
  const std::string id = Subscribe(me_);
  auto wire = OpenStream({id}, me_);
  wire->ReadEnvelope();
  Meet();
  const std::string envelope = wire->ReadEnvelope();
  const Reply news = ParseReply({200, "", envelope});
  EXPECT_NE(envelope.find("<t:Notification>"), std::string::npos);
  EXPECT_TRUE(news.All("ItemId").empty()) << envelope;
  EXPECT_FALSE(news.All("ModifiedEvent").empty()) << envelope;
  EXPECT_EQ(std::string_view(news.All("FolderId").at(0).attribute("Id").value()),
            Folder().All("FolderId").at(0).attribute("Id").value());
}

TEST_F(ServerQuirks, InlineAttachmentsAreIgnored) {
  const std::string attachments =
      "<t:Subject>x</t:Subject><t:Attachments><t:FileAttachment><t:Name>a.txt</t:Name><t:Content>YQ==</t:Content>"
      "</t:FileAttachment></t:Attachments>";
  const auto has = [&] {
    const Id id = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z", attachments);
    return Get(id, me_).Text("HasAttachments");
  };
  EXPECT_EQ(has(), "true");
  Set("no_inline_attachments");
  EXPECT_EQ(has(), "false");
}

TEST_F(ServerQuirks, FaultsComeWithHttp200AndPhotosOnlyBySoap) {
  Set("http200_faults");
  Set("no_photos_over_http");
  const Reply unknown = Call("<m:GetInboxRules/>", me_);
  EXPECT_EQ(unknown.http.status, 200);
  EXPECT_EQ(unknown.Code(), "ErrorInvalidOperation");
  Wire wire(sim_.port());
  wire.Send(
      fmt::format("GET /EWS/Exchange.asmx/s/GetUserPhoto?email={}&size=HR48x48 HTTP/1.1\r\nHost: sim\r\n"
                  "Connection: close\r\n{}\r\n",
                  me_, BasicHeader("svc", "secret")));
  EXPECT_EQ(wire.ReadReply().status, 404);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
