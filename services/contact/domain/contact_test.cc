#include "contact/domain/contact.h"

#include <gmock/gmock.h>

#include "common/status/status.h"

namespace crosspoint::contact {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string FieldOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->metadata.at("field") : "";
}

Facts Named(const std::string& name) {
  Facts facts;
  facts.display_name = name;
  return facts;
}

TEST(ContactFacts, NumbersAreReadInTheTenantsRegionAndKeptAsTyped) {
  auto facts = Named("Ada");
  facts.phones = {
      {.label = "mobile", .number = " 0171 555 0001 "}, {.number = "+49 30 23125 ext. 42"}, {.number = "4711"}};
  ASSERT_TRUE(Complete(facts, "DE", "").ok());
  ASSERT_THAT(facts.phones, SizeIs(3));
  EXPECT_EQ(facts.phones[0].number, "0171 555 0001");
  EXPECT_EQ(facts.phones[0].e164, "+491715550001");
  EXPECT_EQ(facts.phones[1].extension, "42");
  EXPECT_EQ(facts.phones[2].e164, "");
}

TEST(ContactFacts, WithoutRegionInternationalNumbersAloneAreRead) {
  auto facts = Named("Ada");
  facts.phones = {{.number = "0171 5550001"}, {.number = "+491715550001"}};
  ASSERT_TRUE(Complete(facts, "", "").ok());
  EXPECT_EQ(facts.phones[0].e164, "");
  EXPECT_EQ(facts.phones[1].e164, "+491715550001");
}

TEST(ContactFacts, AMissingNameIsMadeOfWhatIsThere) {
  Facts facts;
  facts.given_name = "Ada";
  facts.family_name = "Lovelace";
  ASSERT_TRUE(Complete(facts, "", "").ok());
  EXPECT_EQ(facts.display_name, "Ada Lovelace");
  facts = {};
  facts.phones = {{.number = "4711"}};
  ASSERT_TRUE(Complete(facts, "", "").ok());
  EXPECT_EQ(facts.display_name, "4711");
  facts = {};
  facts.emails = {" ", ""};
  EXPECT_EQ(FieldOf(Complete(facts, "", "contact")), "contact.display_name");
}

TEST(ContactFacts, EmptyEntriesGoAndTextsAreTidied) {
  auto facts = Named("  Ada\tLovelace\r\n");
  facts.emails = {"", " a@x "};
  facts.phones = {{.label = "home", .number = " "}};
  facts.addresses = {{.label = "home"}, {.street = "Weg 1\nHinterhaus", .city = "Berlin"}};
  ASSERT_TRUE(Complete(facts, "", "").ok());
  EXPECT_EQ(facts.display_name, "Ada Lovelace");
  EXPECT_THAT(facts.emails, ElementsAre("a@x"));
  EXPECT_THAT(facts.phones, IsEmpty());
  ASSERT_THAT(facts.addresses, SizeIs(1));
  EXPECT_EQ(facts.addresses[0].street, "Weg 1\nHinterhaus");
}

TEST(ContactFacts, WhatIsTooMuchIsRefusedNamingTheField) {
  auto facts = Named(std::string(257, 'x'));
  EXPECT_EQ(FieldOf(Complete(facts, "", "contact")), "contact.display_name");
  facts = Named("Ada");
  facts.phones.assign(21, {.number = "1"});
  EXPECT_EQ(FieldOf(Complete(facts, "", "contact")), "contact.phones");
  facts.phones.assign(2, {.number = "1"});
  facts.phones[1].number = std::string(65, '1');
  EXPECT_EQ(FieldOf(Complete(facts, "", "contact")), "contact.phones[1].number");
  facts = Named("Ada");
  facts.company = "a\x01 b";
  EXPECT_EQ(FieldOf(Complete(facts, "", "contact")), "contact.company");
  facts = Named("\xff\xfe");
  EXPECT_EQ(FieldOf(Complete(facts, "", "contact")), "contact.display_name");
  EXPECT_EQ(FieldOf(CheckSourceId("", "source_id")), "source_id");
  EXPECT_EQ(FieldOf(CheckSourceId(std::string(513, 'x'), "source_id")), "source_id");
  EXPECT_TRUE(CheckSourceId("AAMk with blanks =", "source_id").ok());
}

TEST(ContactName, IsReadBackAndAnythingElseIsRefused) {
  const auto id = ContactId::Parse("tenants/acme/users/u1/contacts/c1");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->Name(), "tenants/acme/users/u1/contacts/c1");
  for (const char* bad : {"", "tenants/acme/users/u1", "tenants/acme/users/u1/contacts/", "contacts/c1",
                          "tenants/acme/users/u1/contacts/c1/x", "tenants/acme/users//contacts/c1"}) {
    EXPECT_EQ(FieldOf(ContactId::Parse(bad, "name").status()), "name") << bad;
  }
}

TEST(ContactSource, NamesAreReadBack) {
  for (const auto source : kSources) EXPECT_EQ(ParseSource(SourceName(source)), source);
  EXPECT_EQ(ParseSource("elsewhere"), std::nullopt);
}

}  // namespace
}  // namespace crosspoint::contact
