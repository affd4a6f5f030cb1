#include <set>

#include "exchange_sim/distribution_lists.h"
#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

// People, ids and time zones that are asked for by name.
class Lookup : public SimTest {
 protected:
  Reply People(std::string_view where, std::string_view query = "", std::string_view page = "100\" Offset=\"0") {
    const std::string folder = where.empty() ? "" : fmt::format("<m:ParentFolderId>{}</m:ParentFolderId>", where);
    const std::string text = query.empty() ? "" : fmt::format("<m:QueryString>{}</m:QueryString>", query);
    return Call(fmt::format("<m:FindPeople><m:PersonaShape><t:BaseShape>AllProperties</t:BaseShape></m:PersonaShape>"
                            "<m:IndexedPageItemView MaxEntriesReturned=\"{}\" BasePoint=\"Beginning\"/>{}{}"
                            "</m:FindPeople>",
                            page, folder, text),
                me_);
  }
  Reply Expand(std::string_view list) {
    return Call(
        fmt::format("<m:ExpandDL><m:Mailbox><t:EmailAddress>{}</t:EmailAddress></m:Mailbox></m:ExpandDL>", list), me_);
  }
  static std::vector<std::string> Texts(const Reply& reply, std::string_view name) {
    std::vector<std::string> texts;
    for (const pugi::xml_node node : reply.All(name)) texts.emplace_back(node.text().get());
    return texts;
  }
  static constexpr std::string_view kDirectory = "<t:DistinguishedFolderId Id=\"directory\"/>";
  const std::string me_ = Someone();
};

TEST_F(Lookup, AddressListHasEverybodyOnceInPages) {
  std::vector<std::string> names;
  for (int offset = 0; offset < 200; offset += 60) {
    const Reply page = People(kDirectory, "", fmt::format("60\" Offset=\"{}", offset));
    EXPECT_EQ(page.Code(), "NoError");
    EXPECT_EQ(page.Text("TotalNumberOfPeopleInView"), "200");
    EXPECT_EQ(page.Text("FirstLoadedRowIndex"), std::to_string(offset));
    const auto some = Texts(page, "DisplayName");
    names.insert(names.end(), some.begin(), some.end());
  }
  EXPECT_EQ(names.size(), 200u);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 200u);
  EXPECT_TRUE(People(kDirectory, "", "60\" Offset=\"500").All("Persona").empty());
}

TEST_F(Lookup, AddressListIsFoundByItsIdAndByAQueryAlone) {
  const std::string id = fmt::format("<t:AddressListId Id=\"{}\"/>", kAddressListId);
  EXPECT_EQ(People(id).Text("TotalNumberOfPeopleInView"), "200");
  EXPECT_EQ(People("<t:AddressListId Id=\"nonsense\"/>").Code(), "ErrorInvalidIdMalformed");
  EXPECT_EQ(People("", "Miller").Text("TotalNumberOfPeopleInView"), "40");
  EXPECT_EQ(People("", "mill ann").Text("DisplayName"), "Anna Miller");
  EXPECT_EQ(People("", "anna.mil").Text("DisplayName"), "Anna Miller");
  EXPECT_EQ(People("", "nobody at all").Text("TotalNumberOfPeopleInView"), "0");
}

TEST_F(Lookup, PersonaHasNumbersAndPlaces) {
  const Reply reply = People("", "anna.miller@corp.example");
  ASSERT_EQ(reply.All("Persona").size(), 1u);
  for (const char* list : {"BusinessPhoneNumbers", "MobilePhones", "OfficeLocations", "Departments", "Titles"}) {
    EXPECT_EQ(reply.All(list).size(), 1u) << list;
  }
  EXPECT_NE(reply.http.body.find("+49 30 23125 000"), std::string::npos);
}

TEST_F(Lookup, ContactsOfAFolderArePeopleToo) {
  const Reply reply = People("<t:DistinguishedFolderId Id=\"contacts\"/>");
  EXPECT_EQ(reply.Text("TotalNumberOfPeopleInView"), "3");
  EXPECT_FALSE(Texts(reply, "EmailAddress").empty());
  EXPECT_EQ(People("<t:DistinguishedFolderId Id=\"inbox\"/>").Text("TotalNumberOfPeopleInView"), "0");
}

TEST_F(Lookup, ListsExpandOneLevelAtATime) {
  const Reply lists = Expand("all-staff@corp.example");
  ASSERT_EQ(lists.Code(), "NoError");
  size_t people = 0;
  for (const std::string& list : Texts(lists, "EmailAddress")) people += Expand(list).All("Mailbox").size();
  EXPECT_EQ(people, 200u);
  EXPECT_EQ(Expand("Sales Team").Code(), "NoError");
  EXPECT_EQ(Expand(me_).Code(), "ErrorNameResolutionNoResults");
}

TEST_F(Lookup, IdsOfNoFormatOrMailboxAreNotConverted) {
  const auto convert = [this](std::string_view format, std::string_view id, std::string_view mailbox) {
    return Call(fmt::format(
                    "<m:ConvertId DestinationFormat=\"EwsId\"><m:SourceIds><t:AlternateId Format=\"{}\" Id=\"{}\" "
                    "Mailbox=\"{}\"/></m:SourceIds></m:ConvertId>",
                    format, id, mailbox),
                me_)
        .Code();
  };
  const std::string id = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z").id;
  EXPECT_EQ(convert("EwsId", id, me_), "NoError");
  EXPECT_EQ(convert("HexEntryId", id, me_), "ErrorInvalidIdMalformed");
  EXPECT_EQ(convert("StoreId", id, me_), "ErrorInvalidIdMalformed");
  EXPECT_EQ(convert("HexEntryId", "0", me_), "ErrorInvalidIdMalformed");
  EXPECT_EQ(convert("EwsId", id, "nobody@corp.example"), "ErrorNonExistentMailbox");
}

TEST_F(Lookup, TimeZonesAreThoseAskedFor) {
  const auto ask = [this](std::string_view ids, bool full) {
    return Call(fmt::format("<m:GetServerTimeZones ReturnFullTimeZoneData=\"{}\">{}</m:GetServerTimeZones>", full, ids),
                me_);
  };
  EXPECT_GT(ask("", false).All("TimeZoneDefinition").size(), 100u);
  const Reply two = ask("<m:Ids><t:Id>UTC</t:Id><t:Id>Tokyo Standard Time</t:Id><t:Id>Mars</t:Id></m:Ids>", true);
  ASSERT_EQ(two.All("TimeZoneDefinition").size(), 2u);
  EXPECT_EQ(std::string_view(two.All("Period").back().attribute("Bias").value()), "-PT9H0M");
  EXPECT_TRUE(two.All("RecurringDayTransition").empty());
}

class Pulled : public SimTest {
 protected:
  Reply Get(std::string_view id, std::string_view watermark) {
    return Call(fmt::format("<m:GetEvents><m:SubscriptionId>{}</m:SubscriptionId><m:Watermark>{}</m:Watermark>"
                            "</m:GetEvents>",
                            id, watermark),
                me_);
  }
  const std::string me_ = Someone();
};

TEST_F(Pulled, WatermarksGoForwardAndNoWatermarkOfOthersIsTaken) {
  const Reply made = Call(
      "<m:Subscribe><m:PullSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds>"
      "<t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes><t:Timeout>10</t:Timeout>"
      "</m:PullSubscriptionRequest></m:Subscribe>",
      me_);
  ASSERT_EQ(made.Code(), "NoError") << made.http.body;
  const std::string id = made.Text("SubscriptionId");
  const std::string begin = made.Text("Watermark");
  EXPECT_EQ(Get(id, begin).All("StatusEvent").size(), 1u);
  for (int i = 0; i < 60; ++i) Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z");
  const Reply first = Get(id, begin);
  EXPECT_EQ(first.All("CreatedEvent").size(), 50u);
  EXPECT_EQ(first.Text("MoreEvents"), "true");
  const std::string middle = first.All("Watermark").back().text().get();
  const Reply rest = Get(id, middle);
  EXPECT_EQ(rest.All("CreatedEvent").size(), 10u);
  EXPECT_EQ(rest.Text("MoreEvents"), "false");
  EXPECT_EQ(rest.Text("PreviousWatermark"), middle);
  EXPECT_EQ(Get(id, begin).Code(), "ErrorInvalidWatermark");  // what was read up to `middle` is forgotten
  EXPECT_EQ(Get(id, "bm9uc2Vuc2U=").Code(), "ErrorInvalidWatermark");
  EXPECT_EQ(Get("bm9uc2Vuc2U=", begin).Code(), "ErrorSubscriptionNotFound");
  EXPECT_EQ(Get(Subscribe(me_), begin).Code(), "ErrorInvalidPullSubscriptionId");
  auto wire = OpenStream({id}, me_);
  EXPECT_EQ(ParseReply({200, "", wire->ReadEnvelope()}).Code(), "ErrorInvalidSubscription");
  Admin("POST", "/sim/drop-subscriptions");
  EXPECT_EQ(Get(id, middle).Code(), "ErrorSubscriptionNotFound");
}

}  // namespace
}  // namespace crosspoint::exchange_sim
