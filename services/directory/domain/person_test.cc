#include "directory/domain/person.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace crosspoint::directory {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

User MakeUser(const std::string& id, const std::string& name, const std::string& email, const std::string& extension) {
  return {.id = {{"acme"}, id}, .display_name = name, .email = email, .extension = extension};
}

CorporateEntry Entry(const std::string& name, std::vector<std::string> emails) {
  return {.display_name = name, .emails = std::move(emails)};
}

TEST(MergePeople, UserAndEntryWithOneAddressAreOnePersonWithExtensionAndPhones) {
  auto entry = Entry("Lovelace, Ada", {"ADA@corp.example"});
  entry.phones = {{PhoneKind::kBusiness, "+44 20 1"}};
  entry.department = "Analysis";
  auto user = MakeUser("u1", "Ada Lovelace", "ada@corp.example", "1815");
  user.phones = {{PhoneKind::kMobile, "+44201"}, {PhoneKind::kHome, "7"}};
  const auto people = MergePeople({user}, {entry}, "ada", kMaxPeople);
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_EQ(people[0].user, "tenants/acme/users/u1");
  EXPECT_EQ(people[0].display_name, "Ada Lovelace");
  EXPECT_EQ(people[0].extension, "1815");
  EXPECT_EQ(people[0].department, "Analysis");
  EXPECT_THAT(people[0].phones, ElementsAre(Phone{PhoneKind::kBusiness, "+44 20 1"}, Phone{PhoneKind::kHome, "7"}));
  EXPECT_THAT(people[0].emails, ElementsAre("ada@corp.example"));
}

TEST(MergePeople, AnyAliasJoinsAndAlsoOverAThirdEntry) {
  auto user = MakeUser("u1", "Ada", "ada@corp.example", "1");
  user.aliases = {"al@corp.example"};
  const auto people = MergePeople(
      {user}, {Entry("A", {"x@corp.example", "AL@corp.example"}), Entry("B", {"x@corp.example"})}, "a", kMaxPeople);
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_THAT(people[0].emails, ElementsAre("ada@corp.example", "al@corp.example", "x@corp.example"));
}

TEST(MergePeople, EntriesWithoutAddressStayApart) {
  EXPECT_THAT(MergePeople({}, {Entry("Room 1", {}), Entry("Room 1", {})}, "room", kMaxPeople), SizeIs(2));
}

TEST(MergePeople, TwoUsersNeverBecomeOne) {
  const auto people = MergePeople({MakeUser("u1", "A", "a@x", "1"), MakeUser("u2", "B", "b@x", "2")},
                                  {Entry("Shared", {"a@x", "b@x"})}, "x", kMaxPeople);
  EXPECT_THAT(people, SizeIs(2));
}

TEST(MergePeople, ExactAddressOrExtensionFirstThenNamesThatBeginThenTheRestByName) {
  const std::vector<User> users = {MakeUser("u1", "Zoe Ada", "z@x", "9"), MakeUser("u2", "Ada Zimmer", "y@x", "8"),
                                   MakeUser("u3", "Adam Able", "v@x", "7"), MakeUser("u4", "Exact", "w@x", "ada")};
  const auto people = MergePeople(users, {}, "Ada", kMaxPeople);
  std::vector<std::string> names;
  for (const auto& person : people) names.push_back(person.display_name);
  EXPECT_THAT(names, ElementsAre("Exact", "Ada Zimmer", "Adam Able", "Zoe Ada"));
}

TEST(MergePeople, FortyMatchesGiveTheSameTwentyFiveInAnyInputOrder) {
  std::mt19937 random(7);
  std::vector<User> users;
  std::vector<CorporateEntry> entries;
  for (int i = 0; i < 40; ++i) {
    const auto address = "m" + std::to_string(i) + "@x";
    if (i % 2 == 0) users.push_back(MakeUser("u" + std::to_string(i), "Miller", address, std::to_string(i)));
    if (i % 3 != 0) entries.push_back(Entry(i % 5 == 0 ? "miller" : "Miller", {address}));
  }
  const auto expected = MergePeople(users, entries, "miller", kMaxPeople);
  ASSERT_THAT(expected, SizeIs(25));
  for (int round = 0; round < 200; ++round) {
    std::shuffle(users.begin(), users.end(), random);
    std::shuffle(entries.begin(), entries.end(), random);
    ASSERT_EQ(MergePeople(users, entries, "miller", kMaxPeople), expected);
  }
}

}  // namespace
}  // namespace crosspoint::directory
