#include "connectors/ews/codec/requests_contacts.h"

#include <gmock/gmock.h>

#include "connectors/ews/codec/names.h"
#include "connectors/ews/properties.h"
#include "tests/support/ews_reference/schema_fixture.h"

namespace crosspoint::ews {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const PropertyPath kAccount{.property_set = "Address", .id = 0x8062, .type = PropertyType::kString};

ContactDraft FullDraft() {
  ContactDraft draft{.file_as = "Schmidt, Anna",
                     .display_name = "Anna Schmidt",
                     .given_name = "Anna",
                     .middle_name = "M.",
                     .surname = "Schmidt",
                     .nickname = "Anni",
                     .company = "R & D <GmbH>",
                     .department = "Tests",
                     .job_title = "Tester",
                     .office = "B2"};
  draft.emails = {ContactEmail{"anna@example.org", "Anna (work)", ""}, ContactEmail{},
                  ContactEmail{"/o=x/cn=anna", "", "EX"}};
  for (const std::string_view kind : kPhoneKinds) draft.phones.push_back({std::string(kind), "+49 30 23125 1"});
  draft.addresses = {{PostalAddress::Kind::kHome, "Weg 1", "Berlin", "BE", "Germany", "10115"},
                     {.kind = PostalAddress::Kind::kBusiness, .city = "Bonn"},
                     {.kind = PostalAddress::Kind::kOther, .country = "France"}};
  draft.im_addresses = {"sip:anna@example.org", "", "xmpp:anna@example.org"};
  draft.categories = {"Customers", "Chess"};
  draft.notes = Body{BodyType::kText, "line\r\nline"};
  draft.birthday = Date{1984, 2, 29};
  draft.sensitivity = Sensitivity::kPrivate;
  draft.extended_properties = {{CrosspointIdPath(), "c-1"}, {kAccount, "anna"}};
  return draft;
}

class ContactRequests : public RequestSchema {};

TEST_F(ContactRequests, Create) {
  const std::string xml = WriteCreateContact(kFullHeader, FullDraft(), FolderRef::Named("contacts"));
  ExpectValid(xml);
  EXPECT_THAT(xml, HasSubstr("<t:Entry Key=\"EmailAddress1\" Name=\"Anna (work)\" RoutingType=\"SMTP\">"));
  EXPECT_THAT(xml, HasSubstr("<t:Entry Key=\"EmailAddress3\" RoutingType=\"EX\">/o=x/cn=anna</t:Entry>"));
  EXPECT_THAT(xml, HasSubstr("<t:Birthday>1984-02-29T11:59:00Z</t:Birthday>"));
  ExpectValid(WriteCreateContact({}, {}, FolderRef::ById("AAMk=")));
}

TEST_F(ContactRequests, UpdateOfEverything) {
  const ContactDraft draft = FullDraft();
  ContactUpdate update{.file_as = draft.file_as,
                       .display_name = draft.display_name,
                       .given_name = draft.given_name,
                       .middle_name = draft.middle_name,
                       .surname = draft.surname,
                       .nickname = draft.nickname,
                       .company = draft.company,
                       .department = draft.department,
                       .job_title = draft.job_title,
                       .office = draft.office,
                       .phones = draft.phones,
                       .addresses = draft.addresses,
                       .categories = draft.categories,
                       .notes = draft.notes,
                       .birthday = draft.birthday,
                       .sensitivity = draft.sensitivity,
                       .set_properties = draft.extended_properties,
                       .delete_properties = {CrosspointAvailabilityStatePath()}};
  for (size_t i = 0; i < kContactEmails; ++i) update.emails[i] = draft.emails[i];
  for (size_t i = 0; i < kContactImAddresses; ++i) update.im_addresses[i] = draft.im_addresses[i];
  const std::string xml = WriteUpdateContact(kFullHeader, {"AAMk=", "CK="}, update);
  ExpectValid(xml);
  EXPECT_THAT(xml, HasSubstr("<t:SetItemField><t:IndexedFieldURI FieldURI=\"contacts:PhoneNumber\" "
                             "FieldIndex=\"MobilePhone\"/><t:Contact><t:PhoneNumbers><t:Entry Key=\"MobilePhone\">"));
  EXPECT_THAT(xml, HasSubstr("<t:DeleteItemField><t:IndexedFieldURI FieldURI=\"contacts:EmailAddress\" "
                             "FieldIndex=\"EmailAddress2\"/></t:DeleteItemField>"));
}

TEST_F(ContactRequests, WhatIsNamedAsEmptyIsDeleted) {
  ContactUpdate update{.surname = "", .phones = {{"HomePhone", ""}}, .categories = std::vector<std::string>{}};
  update.notes = Body{};
  update.birthday = Date{};
  update.im_addresses[1] = "";
  update.addresses = {{.kind = PostalAddress::Kind::kHome}};
  const std::string xml = WriteUpdateContact({}, {"AAMk=", ""}, update);
  ExpectValid(xml);
  EXPECT_THAT(xml, Not(HasSubstr("SetItemField")));
  for (const char* path :
       {"FieldURI=\"contacts:Surname\"", "FieldURI=\"contacts:PhoneNumber\" FieldIndex=\"HomePhone\"",
        "FieldURI=\"item:Categories\"", "FieldURI=\"item:Body\"", "FieldURI=\"contacts:Birthday\"",
        "FieldURI=\"contacts:ImAddress\" FieldIndex=\"ImAddress2\"",
        "FieldURI=\"contacts:PhysicalAddress:Street\" FieldIndex=\"Home\"",
        "FieldURI=\"contacts:PhysicalAddress:PostalCode\" FieldIndex=\"Home\""}) {
    EXPECT_THAT(xml, HasSubstr(path));
  }
}

TEST_F(ContactRequests, ReadingThem) {
  const std::vector<PropertyPath> properties = {CrosspointIdPath(), kAccount};
  ExpectValid(WriteFindPage(kFullHeader, {.folder = FolderRef::Named("publicfoldersroot"), .properties = properties},
                            ListedContact()));
  ExpectValid(WriteFindPage({},
                            {.folder = FolderRef::ById("AAMk="),
                             .restriction = IsEqualTo(CrosspointIdPath(), "c<1>"),
                             .sort = {{.field = FieldName{"contacts:FileAs", ""}}},
                             .page = {.offset = 500, .max_entries = 1000}},
                            ListedContact()));
  for (const Detail detail : {Detail::kFacts, Detail::kFactsAndBody}) {
    ExpectValid(WriteGetItems(kFullHeader, {{"AAMk=", "CK="}, {"BBMk=", ""}}, WholeContact(detail), properties));
  }
  ExpectValid(WriteSyncItems(kFullHeader, FolderRef::Named("contacts"), "", 512, ListedContact(), properties));
  ExpectValid(WriteSyncItems({}, FolderRef::ById("AAMk="), "H4sIA+/=", 1, ListedContact(), {}));
}

TEST(ContactUpdate, IsEmptyUntilSomethingIsNamed) {
  EXPECT_TRUE(ContactUpdate().empty());
  ContactUpdate email;
  email.emails[2] = ContactEmail{};
  EXPECT_FALSE(email.empty());
  ContactUpdate im;
  im.im_addresses[0] = "";
  EXPECT_FALSE(im.empty());
  EXPECT_FALSE((ContactUpdate{.birthday = Date{}}).empty());
  EXPECT_FALSE((ContactUpdate{.phones = {{"Pager", ""}}}).empty());
}

TEST(PhoneKinds, AreThoseOfTheInterface) {
  EXPECT_TRUE(IsPhoneKind("MobilePhone"));
  EXPECT_FALSE(IsPhoneKind("mobilephone"));
  EXPECT_FALSE(IsPhoneKind(""));
}

}  // namespace
}  // namespace crosspoint::ews
