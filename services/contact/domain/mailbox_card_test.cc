#include "contact/domain/mailbox_card.h"

#include <gmock/gmock.h>

#include <random>

namespace crosspoint::contact {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Facts WithPhones(std::vector<std::pair<std::string, std::string>> phones) {
  Facts facts;
  facts.display_name = "Ada";
  for (auto& [label, number] : phones)
    facts.phones.push_back({.label = label, .number = number, .e164 = "", .extension = ""});
  return facts;
}

TEST(MailboxCard, LabelsFindTheirPlacesAndTheOthersWhatIsLeft) {
  const auto card = CardOf(WithPhones({{"Cell", "1"}, {"work", "2"}, {"boat", "3"}, {"mobile", "4"}}));
  std::vector<std::pair<std::string, std::string>> placed;
  for (const auto& phone : card.phones) placed.emplace_back(phone.label, phone.number);
  EXPECT_THAT(placed, ElementsAre(testing::Pair("business", "2"), testing::Pair("business 2", "3"),
                                  testing::Pair("mobile", "4"), testing::Pair("other", "1")));
}

TEST(MailboxCard, ACardIsItsOwnCard) {
  std::mt19937 random(7);
  const std::vector<std::string> labels = {"", "home", "work", "mobile", "cell", "fax", "other", "boat", "home 2"};
  for (int round = 0; round < 500; ++round) {
    Facts facts;
    facts.display_name = "Ada";
    for (unsigned i = random() % 12; i > 0; --i) {
      facts.phones.push_back({.label = labels[random() % labels.size()],
                              .number = std::to_string(random() % 100),
                              .e164 = "",
                              .extension = ""});
      facts.addresses.push_back({.label = labels[random() % labels.size()],
                                 .street = "",
                                 .city = std::to_string(i),
                                 .region = "",
                                 .postal_code = "",
                                 .country = ""});
      facts.emails.push_back(std::to_string(i) + "@x");
    }
    const auto card = CardOf(facts);
    EXPECT_EQ(CardOf(card), card);
    EXPECT_LE(card.emails.size(), kEmailPlaces);
    EXPECT_LE(card.phones.size(), PhonePlaces().size());
    EXPECT_LE(card.addresses.size(), AddressPlaces().size());
  }
}

TEST(MailboxMerge, WhatOneSideChangedHolds) {
  auto base = WithPhones({{"mobile", "1"}, {"home", "2"}});
  auto ours = base;
  ours.company = "Ours";
  ours.phones[0].number = "11";
  auto theirs = base;
  theirs.job_title = "Theirs";
  theirs.phones[1].number = "22";
  const auto merged = Merge(base, ours, theirs, Newer::kTheirs);
  EXPECT_EQ(merged.facts.company, "Ours");
  EXPECT_EQ(merged.facts.job_title, "Theirs");
  EXPECT_EQ(merged.facts.phones[0].number, "11");
  EXPECT_EQ(merged.facts.phones[1].number, "22");
  EXPECT_THAT(merged.conflicts, IsEmpty());
}

TEST(MailboxMerge, WhereBothChangedTheNewerWinsAndTheConflictIsTold) {
  const auto base = WithPhones({{"mobile", "1"}});
  const auto ours = WithPhones({{"mobile", "2"}});
  const auto theirs = WithPhones({{"mobile", "3"}});
  EXPECT_EQ(Merge(base, ours, theirs, Newer::kOurs).facts.phones[0].number, "2");
  const auto merged = Merge(base, ours, theirs, Newer::kTheirs);
  EXPECT_EQ(merged.facts.phones[0].number, "3");
  EXPECT_THAT(merged.conflicts, ElementsAre("phone mobile"));
}

TEST(MailboxMerge, WhatHasNoPlaceThereStaysHere) {
  Facts base = WithPhones({{"mobile", "1"}});
  base.emails = {"a@x", "b@x", "c@x"};
  auto ours = base;
  ours.emails.push_back("d@x");
  ours.phones[0].label = "my cell";  // said otherwise here
  auto theirs = base;
  theirs.emails = {"new@x"};
  const auto merged = Merge(base, CardOf(ours) == base ? ours : base, theirs, Newer::kTheirs);
  EXPECT_EQ(merged.facts.emails.front(), "new@x");
  auto kept = base;
  kept.emails.push_back("d@x");
  EXPECT_THAT(Merge(base, kept, theirs, Newer::kTheirs).facts.emails, ElementsAre("new@x", "d@x"));
}

TEST(MailboxMerge, ADeletedNumberGoesAndAnAddedOneComes) {
  const auto base = WithPhones({{"mobile", "1"}, {"home", "2"}});
  const auto theirs = WithPhones({{"mobile", "1"}, {"business", "3"}});
  const auto merged = Merge(base, base, theirs, Newer::kOurs);
  EXPECT_EQ(CardOf(merged.facts).phones, CardOf(theirs).phones);
}

// However three versions differ, a second merge with its own result changes nothing: the two sides come to rest.
TEST(MailboxMerge, ComesToRest) {
  std::mt19937 random(11);
  const auto some = [&random] {
    const std::vector<std::string> labels = {"home", "mobile", "business", "other"};
    Facts facts;
    facts.display_name = std::string(1, static_cast<char>('a' + random() % 3));
    facts.company = std::string(random() % 2, 'x');
    for (const auto& label : labels) {
      if (random() % 2 == 0)
        facts.phones.push_back({.label = label, .number = std::to_string(random() % 3), .e164 = "", .extension = ""});
    }
    return CardOf(facts);
  };
  for (int round = 0; round < 2'000; ++round) {
    const auto base = some();
    const auto ours = some();
    const auto theirs = some();
    const auto newer = random() % 2 == 0 ? Newer::kOurs : Newer::kTheirs;
    const auto merged = Merge(base, ours, theirs, newer);
    const auto pushed = CardOf(merged.facts);
    EXPECT_EQ(Merge(pushed, merged.facts, pushed, newer).facts, merged.facts);
    EXPECT_EQ(CardOf(Merge(theirs, merged.facts, theirs, newer).facts), pushed);
  }
}

}  // namespace
}  // namespace crosspoint::contact
