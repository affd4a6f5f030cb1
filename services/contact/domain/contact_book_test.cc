#include "contact/domain/contact_book.h"

#include <gmock/gmock.h>

namespace crosspoint::contact {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Book : public ::testing::Test {
 protected:
  void Add(const std::string& id, const std::string& name, const std::vector<std::string>& numbers = {}) {
    Contact contact{.id = id};
    contact.facts.display_name = name;
    for (const auto& number : numbers)
      contact.facts.phones.push_back({.label = "", .number = number, .e164 = "", .extension = ""});
    ASSERT_TRUE(Complete(contact.facts, "DE", "").ok());
    contact.revision = contact.edition = ++revision_;
    book_.Apply(std::move(contact));
  }
  void Delete(const std::string& id) { book_.Apply({.id = id, .revision = ++revision_, .deleted = true}); }
  static std::vector<std::string> Ids(const std::vector<Contact>& contacts) {
    std::vector<std::string> ids;
    for (const auto& contact : contacts) ids.push_back(contact.id);
    return ids;
  }
  std::vector<std::string> Callers(const std::string& number) { return Ids(book_.LookUp(number, "DE", 10).contacts); }

  ContactBook book_;
  uint64_t revision_ = 0;
};

TEST_F(Book, TheSameNumberIsFoundHoweverItIsWritten) {
  Add("c1", "Ada", {"030 23125-100"});
  for (const char* number : {"+493023125100", "0049 30 23125100", "(030) 23125 100"}) {
    const auto found = book_.LookUp(number, "DE", 10);
    EXPECT_THAT(Ids(found.contacts), ElementsAre("c1")) << number;
    EXPECT_TRUE(found.exact);
    EXPECT_EQ(found.e164, "+493023125100");
  }
  EXPECT_THAT(book_.LookUp("030 23125100", "", 10).contacts, testing::SizeIs(1)) << "its end is the same";
}

TEST_F(Book, NumbersKnownToDifferAreNotTakenForOneAnother) {
  Add("c1", "Ada", {"+49 30 23125100"});
  EXPECT_THAT(Callers("+49 40 23125100"), IsEmpty());
  EXPECT_THAT(Callers("+1 303 023 1251"), IsEmpty());
}

TEST_F(Book, ANumberWithoutItsAreaIsFoundByItsEndTheLongestFirst) {
  Contact local{.id = "c1", .revision = ++revision_};
  local.facts.display_name = "Local";
  local.facts.phones = {{.number = "23125100"}};
  book_.Apply(local);
  Contact longer{.id = "c2", .revision = ++revision_};
  longer.facts.display_name = "Longer";
  longer.facts.phones = {{.number = "030 23125100"}};
  book_.Apply(longer);
  const auto found = book_.LookUp("+49 30 23125100", "DE", 10);
  EXPECT_THAT(Ids(found.contacts), ElementsAre("c2", "c1"));
  EXPECT_FALSE(found.exact);
  EXPECT_THAT(Callers("+49 30 23125101"), IsEmpty());
  EXPECT_THAT(Ids(book_.LookUp("125100", "", 10).contacts), IsEmpty()) << "six digits say nothing";
}

TEST_F(Book, ShortNumbersAndExtensionsAreFoundWhenEqual) {
  Contact desk{.id = "c1", .revision = ++revision_};
  desk.facts.display_name = "Desk";
  desk.facts.phones = {{.number = "4711"}};
  book_.Apply(desk);
  Add("c2", "Behind A Switchboard", {"+49 30 23125 ext. 4711"});
  EXPECT_THAT(Callers("4711"), ElementsAre("c1", "c2"));
  EXPECT_THAT(Callers("711"), IsEmpty());
}

TEST_F(Book, TheSameExtensionComesFirst) {
  Add("c1", "Another Desk", {"+49 30 23125 ext. 11"});
  Add("c2", "That Desk", {"+49 30 23125 ext. 12"});
  EXPECT_THAT(Callers("+49 30 23125 ext. 12"), ElementsAre("c2", "c1"));
}

TEST_F(Book, AChangedNumberIsNotFoundAnyMore) {
  Add("c1", "Ada", {"+49 30 23125100", "+49 30 23125100"});
  Add("c1", "Ada", {"+49 30 23125200"});
  EXPECT_THAT(Callers("+493023125100"), IsEmpty());
  EXPECT_THAT(Callers("+493023125200"), ElementsAre("c1"));
  Delete("c1");
  EXPECT_THAT(Callers("+493023125200"), IsEmpty());
}

TEST_F(Book, SearchGoesByBeginningsOfWordsNamesThatBeginSoFirst) {
  Add("c1", "Grace Hopper");
  Add("c2", "Hopper, Dennis");
  Add("c3", "Zoë Müller");
  EXPECT_THAT(Ids(book_.Search("hop", 10)), ElementsAre("c2", "c1"));
  EXPECT_THAT(Ids(book_.Search("hop gr", 10)), ElementsAre("c1"));
  EXPECT_THAT(Ids(book_.Search("MULLER", 10)), ElementsAre("c3"));
  EXPECT_THAT(Ids(book_.Search("opper", 10)), IsEmpty());
  EXPECT_THAT(Ids(book_.Search("hop", 1)), ElementsAre("c2"));
}

TEST_F(Book, DigitsFindNumbersAsTypedOrInternational) {
  Add("c1", "Ada", {"030 23125-100"});
  Add("c2", "Route 66");
  EXPECT_THAT(Ids(book_.Search("23125", 10)), ElementsAre("c1"));
  EXPECT_THAT(Ids(book_.Search("+49 30 231", 10)), ElementsAre("c1"));
  EXPECT_THAT(Ids(book_.Search("66", 10)), ElementsAre("c2"));
}

TEST_F(Book, ChangesComeByRevisionAndOnlyReadersWhoKnewHearOfDeletions) {
  Add("c1", "Ada");
  Add("c2", "Grace");
  Delete("c1");
  EXPECT_THAT(Ids(book_.ChangesSince(0, 10).contacts), ElementsAre("c2"));
  const auto changes = book_.ChangesSince(1, 1);
  EXPECT_THAT(Ids(changes.contacts), ElementsAre("c2"));
  EXPECT_FALSE(changes.complete);
  const auto rest = book_.ChangesSince(changes.revision, 10);
  ASSERT_THAT(Ids(rest.contacts), ElementsAre("c1"));
  EXPECT_TRUE(rest.contacts[0].deleted);
  EXPECT_TRUE(rest.complete);
}

}  // namespace
}  // namespace crosspoint::contact
