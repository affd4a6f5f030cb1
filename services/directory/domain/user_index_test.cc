#include "directory/domain/user_index.h"

#include <gmock/gmock.h>

#include <random>

#include "common/text/fold.h"

namespace crosspoint::directory {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

User MakeUser(const std::string& id, const std::string& name, const std::string& email, const std::string& extension,
              uint64_t revision = 1) {
  return {.id = {{"acme"}, id}, .display_name = name, .email = email, .extension = extension, .revision = revision};
}

std::vector<std::string> Ids(const std::vector<User>& users) {
  std::vector<std::string> ids;
  for (const auto& user : users) ids.push_back(user.id.value);
  return ids;
}

class UserIndexTest : public testing::Test {
 protected:
  UserIndexTest() {
    index_.Apply(MakeUser("u1", "Zoë Müller", "zoe.mueller@corp.example", "101"));
    index_.Apply(MakeUser("u2", "Max Muller", "max@corp.example", "102"));
    index_.Apply(MakeUser("u3", "Ada King-Lovelace", "ada@corp.example", "1815"));
  }
  UserIndex index_;
};

TEST_F(UserIndexTest, FindsByBeginOfAnyWordWithoutCaseAndAccents) {
  EXPECT_THAT(Ids(index_.Search("mull", 10)), ElementsAre("u2", "u1"));
  EXPECT_THAT(Ids(index_.Search("ZOE", 10)), ElementsAre("u1"));
  EXPECT_THAT(Ids(index_.Search("love", 10)), ElementsAre("u3"));
  EXPECT_THAT(Ids(index_.Search("mueller", 10)), ElementsAre("u1"));
  EXPECT_THAT(Ids(index_.Search("uller", 10)), IsEmpty());
}

TEST_F(UserIndexTest, EveryWordOfTheQueryMustMatch) {
  EXPECT_THAT(Ids(index_.Search("max mul", 10)), ElementsAre("u2"));
  EXPECT_THAT(Ids(index_.Search("max love", 10)), IsEmpty());
}

TEST_F(UserIndexTest, FindsByAddressAndExtension) {
  EXPECT_THAT(Ids(index_.Search("MAX@corp", 10)), ElementsAre("u2"));
  EXPECT_THAT(Ids(index_.Search("18", 10)), ElementsAre("u3"));
  EXPECT_EQ(index_.FindByEmail("ADA@Corp.Example")->id.value, "u3");
}

TEST_F(UserIndexTest, NothingButPunctuationFindsNobody) { EXPECT_THAT(index_.Search(" .,- ", 10), IsEmpty()); }

TEST_F(UserIndexTest, AChangedUserIsFoundByTheNewWordsOnly) {
  index_.Apply(MakeUser("u2", "Max Weber", "weber@corp.example", "102", 2));
  EXPECT_THAT(Ids(index_.Search("mull", 10)), ElementsAre("u1"));
  EXPECT_EQ(index_.FindByEmail("max@corp.example"), nullptr);
  EXPECT_THAT(Ids(index_.Search("weber", 10)), ElementsAre("u2"));
}

TEST_F(UserIndexTest, OlderNewsAboutAUserIsIgnoredAlsoAfterRemoval) {
  auto gone = MakeUser("u2", "Max Muller", "max@corp.example", "102", 3);
  gone.delete_time_us = 1;
  index_.Apply(gone);
  index_.Apply(MakeUser("u2", "Max Muller", "max@corp.example", "102", 2));
  EXPECT_EQ(index_.Find({{"acme"}, "u2"}), nullptr);
  index_.Apply(MakeUser("u2", "Max Muller", "max@corp.example", "102", 4));
  EXPECT_NE(index_.Find({{"acme"}, "u2"}), nullptr);
}

TEST_F(UserIndexTest, AnAddressThatMovedToAnotherUserStaysWithTheNewOne) {
  // News of the new owner may come before the old owner's loss.
  index_.Apply(MakeUser("u4", "New Owner", "max@corp.example", "104", 5));
  index_.Apply(MakeUser("u2", "Max Muller", "other@corp.example", "102", 4));
  EXPECT_EQ(index_.FindByEmail("max@corp.example")->id.value, "u4");
}

// The index against the plain reading of its rule, over random users and queries.
TEST(UserIndex, SearchEqualsTheRuleAppliedToEveryUser) {
  std::mt19937 random(11);
  const std::vector<std::string> parts = {"ann", "anna", "bo", "bob", "an", "b", "nan", "annab"};
  const auto pick = [&] { return parts[random() % parts.size()]; };
  UserIndex index;
  std::map<std::string, User> truth;
  for (int step = 0; step < 400; ++step) {
    const auto id = "u" + std::to_string(random() % 30);
    auto user = MakeUser(id, pick() + " " + pick(), pick() + id + "@x", std::to_string(random() % 200), step + 1);
    user.delete_time_us = random() % 5 == 0 ? 1 : 0;
    index.Apply(user);
    truth[id] = user;

    const auto query = random() % 2 ? pick() : pick() + " " + pick();
    std::vector<std::string> expected;
    for (const auto& [key, candidate] : truth) {
      if (candidate.deleted()) continue;
      const auto words = SearchWords(candidate);
      bool all = true;
      for (const auto& wanted : WordsOf(FoldForSearch(query))) {
        all =
            all && std::any_of(words.begin(), words.end(), [&](const auto& word) { return word.starts_with(wanted); });
      }
      if (all) expected.push_back(key);
    }
    ASSERT_THAT(Ids(index.Search(query, 1000)), testing::UnorderedElementsAreArray(expected)) << query;
  }
}

}  // namespace
}  // namespace crosspoint::directory
