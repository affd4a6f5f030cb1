#include "connectors/ews/codec/read_contact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/errors.h"
#include "connectors/ews/properties.h"
#include "connectors/ews/soap/text.h"
#include "tests/support/ews_reference/answer_text.h"

namespace crosspoint::ews {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Contact Read(const std::string& fields) {
  const auto batch = ReadGetContacts(
      AnswerTo("GetItem", "<Items><Contact><ItemId Id=\"I1\" ChangeKey=\"C1\"/>" + fields + "</Contact></Items>"));
  EXPECT_TRUE(batch.ok()) << batch.status();
  if (!batch.ok() || batch->size() != 1 || !batch->front().ok()) return {};
  return *batch->front();
}

TEST(ReadContact, AllFacts) {
  const Contact contact = Read(
      "<ParentFolderId Id=\"F1\"/><ItemClass>IPM.Contact</ItemClass><Sensitivity>Private</Sensitivity>"
      "<Body BodyType=\"Text\">note</Body><Attachments><FileAttachment><AttachmentId Id=\"A1\"/><Name>"
      "ContactPicture.jpg</Name><IsContactPhoto>true</IsContactPhoto></FileAttachment></Attachments>"
      "<Categories><String>Chess</String><String>VIP</String></Categories>"
      "<DateTimeCreated>2026-11-01T08:00:00Z</DateTimeCreated>"
      "<LastModifiedTime>2026-11-23T08:00:00Z</LastModifiedTime><FileAs>Schmidt, Anna</FileAs>"
      "<DisplayName>Anna Schmidt</DisplayName><GivenName>Anna</GivenName><MiddleName>M.</MiddleName>"
      "<Nickname>Anni</Nickname><CompanyName>R&amp;D</CompanyName><EmailAddresses>"
      "<Entry Key=\"EmailAddress1\" Name=\"Anna (work)\" RoutingType=\"SMTP\">anna@example.org</Entry>"
      "<Entry Key=\"EmailAddress3\">a3@example.org</Entry></EmailAddresses><PhysicalAddresses>"
      "<Entry Key=\"Home\"><Street>Weg 1</Street><City>Berlin</City><State>BE</State><CountryOrRegion>Germany"
      "</CountryOrRegion><PostalCode>10115</PostalCode></Entry><Entry Key=\"Business\"/></PhysicalAddresses>"
      "<PhoneNumbers><Entry Key=\"BusinessPhone\">+49 30 1</Entry><Entry Key=\"MobilePhone\"> </Entry>"
      "<Entry Key=\"Pager\">7</Entry></PhoneNumbers><Birthday>1984-02-29T11:59:00Z</Birthday>"
      "<Department>Tests</Department><ImAddresses><Entry Key=\"ImAddress2\">sip:anna</Entry></ImAddresses>"
      "<JobTitle>Tester</JobTitle><OfficeLocation>B2</OfficeLocation><Surname>Schmidt</Surname>"
      "<HasPicture>true</HasPicture>");
  EXPECT_EQ(contact.id, (ItemId{"I1", "C1"}));
  EXPECT_EQ(contact.parent_folder.id, "F1");
  EXPECT_EQ(contact.item_class, "IPM.Contact");
  EXPECT_EQ(contact.sensitivity, Sensitivity::kPrivate);
  EXPECT_EQ(contact.notes, (Body{BodyType::kText, "note"}));
  EXPECT_THAT(contact.categories, ElementsAre("Chess", "VIP"));
  EXPECT_EQ(contact.created, ParseDateTime("2026-11-01T08:00:00Z"));
  EXPECT_EQ(contact.last_modified, ParseDateTime("2026-11-23T08:00:00Z"));
  EXPECT_EQ(contact.file_as, "Schmidt, Anna");
  EXPECT_EQ(contact.display_name, "Anna Schmidt");
  EXPECT_EQ(contact.given_name, "Anna");
  EXPECT_EQ(contact.middle_name, "M.");
  EXPECT_EQ(contact.surname, "Schmidt");
  EXPECT_EQ(contact.nickname, "Anni");
  EXPECT_EQ(contact.company, "R&D");
  EXPECT_EQ(contact.department, "Tests");
  EXPECT_EQ(contact.job_title, "Tester");
  EXPECT_EQ(contact.office, "B2");
  EXPECT_THAT(contact.emails, ElementsAre(ContactEmail{"anna@example.org", "Anna (work)", "SMTP"}, ContactEmail{},
                                          ContactEmail{"a3@example.org", "", ""}));
  EXPECT_THAT(contact.phones, ElementsAre(Phone{"BusinessPhone", "+49 30 1"}, Phone{"Pager", "7"}));
  EXPECT_THAT(contact.addresses,
              ElementsAre(PostalAddress{PostalAddress::Kind::kHome, "Weg 1", "Berlin", "BE", "Germany", "10115"}));
  EXPECT_THAT(contact.im_addresses, ElementsAre("", "sip:anna", ""));
  EXPECT_EQ(contact.birthday, (Date{1984, 2, 29}));
  EXPECT_TRUE(contact.has_picture);
  ASSERT_EQ(contact.attachments.size(), 1u);
  EXPECT_EQ(contact.attachments[0].id, "A1");
  EXPECT_TRUE(contact.attachments[0].is_contact_photo);
}

// The same birthday as servers and programs are known to write it.
TEST(ReadContact, BirthdayIsTheSameDayHoweverItIsWritten) {
  for (const char* text :
       {"1984-02-29", "1984-02-29Z", "1984-02-29T00:00:00", "1984-02-29T00:00:00Z", "1984-02-29T11:59:00Z",
        "1984-02-28T23:00:00Z", "1984-02-29T05:00:00Z", "1984-02-29T00:00:00+01:00", "1984-02-29T23:00:00-05:00",
        "1984-02-29T11:59:00.000000000Z"}) {
    EXPECT_EQ(Read(std::string("<Birthday>") + text + "</Birthday>").birthday, (Date{1984, 2, 29})) << text;
  }
  for (const char* text : {"", "soon", "1984-02-30", "1984-02-30T00:00:00Z", "Z"}) {
    EXPECT_EQ(Read(std::string("<Birthday>") + text + "</Birthday>").birthday, std::nullopt) << text;
  }
}

TEST(ReadContact, RepeatedUnknownAndMissingElementsAreForgiven) {
  const Contact contact = Read(
      "<Future><Deep/></Future><EmailAddresses><Entry Key=\"EmailAddress1\">SMTP:a@x</Entry><Entry "
      "Key=\"EmailAddress1\">b@x</Entry></EmailAddresses><EmailAddresses><Entry>c@x</Entry><Entry "
      "Key=\"EmailAddress9\">d@x</Entry><Entry>e@x</Entry><Entry>f@x</Entry></EmailAddresses><PhoneNumbers><Entry "
      "Key=\"Pager\">1</Entry><Entry Key=\"Pager\">2</Entry><Entry Key=\"HoloPhone\">3</Entry></PhoneNumbers>"
      "<PhysicalAddresses><Entry "
      "Key=\"Moon\"><City>Tycho</City></Entry></PhysicalAddresses><ImAddresses><Entry>i</Entry>"
      "</ImAddresses><CompleteName><FirstName>Anna</FirstName><LastName>Schmidt</LastName></CompleteName>");
  EXPECT_EQ(contact.emails[0].address, "a@x");
  EXPECT_EQ(contact.emails[1].address, "c@x");
  EXPECT_EQ(contact.emails[2].address, "e@x");
  EXPECT_THAT(contact.phones, ElementsAre(Phone{"Pager", "1"}, Phone{"HoloPhone", "3"}));
  ASSERT_EQ(contact.addresses.size(), 1u);
  EXPECT_EQ(contact.addresses[0].kind, PostalAddress::Kind::kOther);
  EXPECT_EQ(contact.im_addresses[0], "i");
  EXPECT_EQ(contact.given_name, "Anna");
  EXPECT_EQ(contact.surname, "Schmidt");
}

TEST(ReadFindContacts, PageTellsWhereToGoOn) {
  const std::string items =
      "<Items><Contact><ItemId Id=\"1\"/></Contact><DistributionList><ItemId Id=\"2\"/><DisplayName>Team</DisplayName>"
      "</DistributionList><Message><ItemId Id=\"3\"/></Message><Contact/></Items></RootFolder>";
  const auto told = ReadFindContacts(
      AnswerTo("FindItem", "<RootFolder IndexedPagingOffset=\"30\" IncludesLastItemInRange=\"false\">" + items), 10);
  ASSERT_TRUE(told.ok()) << told.status();
  ASSERT_EQ(told->items.size(), 2u);
  EXPECT_EQ(told->items[1].display_name, "Team");
  EXPECT_EQ(told->next_offset, 30);
  EXPECT_FALSE(told->includes_last);
  const auto counted =
      ReadFindContacts(AnswerTo("FindItem", "<RootFolder IncludesLastItemInRange=\"false\">" + items), 10);
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_EQ(counted->next_offset, 14);
}

TEST(ReadSyncContacts, ContactsAndGroupsWithTheirProperties) {
  const auto result = ReadSyncContacts(AnswerTo(
      "SyncFolderItems",
      "<SyncState>s</SyncState><IncludesLastItemInRange>true</IncludesLastItemInRange><Changes><Create><Contact>"
      "<ItemId Id=\"1\"/><GivenName>Anna</GivenName><ExtendedProperty><ExtendedFieldURI "
      "PropertySetId=\"6f1e7c52-0b0e-4d5f-9a53-1f3c7f1d8a64\" PropertyName=\"CrosspointId\" PropertyType=\"String\"/>"
      "<Value>c-1</Value></ExtendedProperty></Contact></Create><Update><DistributionList><ItemId Id=\"2\"/>"
      "</DistributionList></Update><Create><CalendarItem><ItemId Id=\"3\"/></CalendarItem></Create>"
      "<Delete><ItemId Id=\"4\"/></Delete></Changes>"));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->changes.size(), 4u);
  EXPECT_EQ(result->changes[0].item->Get(CrosspointIdPath()), "c-1");
  EXPECT_EQ(result->changes[1].element, "DistributionList");
  EXPECT_TRUE(result->changes[1].item);
  EXPECT_EQ(result->changes[2].id.id, "3");
  EXPECT_FALSE(result->changes[2].item);
  EXPECT_EQ(result->changes[3].kind, ItemChange<Contact>::Kind::kDelete);
}

TEST(ReadGetContacts, OneMissingDoesNotFailTheOthers) {
  std::string xml = AnswerTo("GetItem", "<Items><Contact><ItemId Id=\"1\"/></Contact></Items>");
  xml.insert(xml.find("</q:ResponseMessages>"),
             "<q:GetItemResponseMessage ResponseClass=\"Error\"><q:ResponseCode>ErrorItemNotFound</q:ResponseCode>"
             "<q:Items/></q:GetItemResponseMessage>");
  const auto batch = ReadGetContacts(xml);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ((*batch)[0]->id.id, "1");
  EXPECT_EQ(ReactionOf((*batch)[1].status()), Reaction::kGone);
}

}  // namespace
}  // namespace crosspoint::ews
