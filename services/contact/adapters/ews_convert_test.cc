#include "contact/adapters/ews_convert.h"

#include <gmock/gmock.h>

#include "connectors/ews/properties.h"
#include "contact/domain/mailbox_card.h"

namespace crosspoint::contact {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

Facts Full() {
  Facts facts{.display_name = "Zoë Müller",
              .given_name = "Zoë",
              .family_name = "Müller",
              .company = "Werk",
              .job_title = "Chief",
              .emails = {"a@x", "b@x"},
              .phones = {},
              .addresses = {}};
  int number = 100;
  for (const auto& place : PhonePlaces()) facts.phones.push_back({place, std::to_string(number++), "", ""});
  for (const auto& place : AddressPlaces()) facts.addresses.push_back({place, "Weg", "Stadt", "", "", "Land"});
  return facts;
}

// As a server would tell what was sent to it.
ews::Contact Stored(const ews::ContactDraft& draft) {
  ews::Contact contact{draft};
  contact.id = {"i1", "k1"};
  return contact;
}

TEST(EwsContactConvert, EveryPlaceSurvivesThereAndBack) {
  const auto draft = DraftOf("c1", Full());
  for (const auto& phone : draft.phones) EXPECT_TRUE(ews::IsPhoneKind(phone.kind)) << phone.kind;
  const auto item = ItemFrom(Stored(draft));
  EXPECT_EQ(item.card, Full());
  EXPECT_EQ(item.contact, "c1");
  EXPECT_EQ(item.change_key, "k1");
}

TEST(EwsContactConvert, AnUpdateNamesWhatDiffersAlone) {
  auto there = CardOf(Full());
  EXPECT_TRUE(UpdateOf(there, there).empty());
  auto card = there;
  card.company.clear();
  card.phones.erase(card.phones.begin());
  card.phones[0].number = "999";
  card.emails = {"new@x"};
  const auto update = UpdateOf(there, card);
  EXPECT_EQ(update.company, "");
  EXPECT_FALSE(update.display_name.has_value());
  ASSERT_THAT(update.phones, SizeIs(2));
  EXPECT_EQ(update.phones[0].number, "");
  EXPECT_EQ(update.phones[1].number, "999");
  EXPECT_EQ(update.emails[0]->address, "new@x");
  EXPECT_EQ(update.emails[1]->address, "");
  EXPECT_TRUE(update.addresses.empty());
}

TEST(EwsContactConvert, LongTextsAreCutBetweenCharactersAndForeignAddressesLeftOut) {
  ews::Contact contact;
  contact.file_as = std::string(255, 'x') + "üü";
  contact.emails[0] = {.address = "/o=First/cn=ada", .name = "", .routing_type = "EX"};
  contact.emails[1] = {.address = "ada@x", .name = "", .routing_type = "SMTP"};
  contact.phones = {{"MobilePhone", std::string(80, '1')}, {"SomethingNew", "5"}};
  const auto item = ItemFrom(contact);
  EXPECT_EQ(item.card.display_name, std::string(255, 'x'));
  EXPECT_THAT(item.card.emails, ElementsAre("ada@x"));
  ASSERT_THAT(item.card.phones, SizeIs(1));
  EXPECT_EQ(item.card.phones[0].number.size(), 64u);
}

}  // namespace
}  // namespace crosspoint::contact
