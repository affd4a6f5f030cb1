// B2: the GAL is searched. B4: two searches, merged by e-mail. B5: at most 25, in a fixed order. B7: no source told.
#include <gmock/gmock.h>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

directory::SearchPeopleResponse Search(const std::string& query) {
  directory::SearchPeopleRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_query(query);
  directory::SearchPeopleResponse response;
  const auto status = Outcome(Directory()->SearchPeople(TheStack().AsUser("users/searcher").get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

std::vector<std::string> Serialized(const directory::SearchPeopleResponse& response) {
  std::vector<std::string> people;
  for (const auto& person : response.people()) people.push_back(person.SerializeAsString());
  return people;
}

TEST(B2, APersonOfTheGalAloneIsFound) {
  const auto mailbox = NewMailbox("Galonly Quimby");
  const auto response = Search("Quimby");
  EXPECT_FALSE(response.partial());
  ASSERT_EQ(response.people_size(), 1);
  EXPECT_EQ(response.people(0).display_name(), "Galonly Quimby");
  EXPECT_EQ(response.people(0).user(), "");
  ASSERT_GT(response.people(0).phones_size(), 0);
}

TEST(B4, SomebodyInBothIsOnePersonWithOurExtensionAndTheListsPhones) {
  const auto person = MakeUser(NewMailbox("Bothways Yarrow"));
  ASSERT_TRUE(testing::Eventually([&] {
    const auto response = Search("Yarrow");
    return response.people_size() == 1 && response.people(0).user() == person.name;
  }));
  const auto response = Search("Yarrow");
  ASSERT_EQ(response.people_size(), 1);
  EXPECT_EQ(response.people(0).user(), person.name);
  EXPECT_EQ(response.people(0).extension(), person.extension);
  ASSERT_GT(response.people(0).phones_size(), 0);
  EXPECT_THAT(response.people(0).phones(0).number(), ::testing::StartsWith("+1 555 010"));
}

TEST(B4, AnAliasJoinsCaseAside) {
  const auto mailbox = NewMailbox("Aliased Xylander", {"x.lander.alias@corp.example"});
  const auto person = MakeUser(mailbox, "X.Lander.ALIAS@corp.example");
  ASSERT_TRUE(testing::Eventually([&] {
    const auto response = Search("Xylander");
    return response.people_size() == 1 && response.people(0).user() == person.name;
  }));
  EXPECT_EQ(Search("Xylander").people(0).emails_size(), 2);
}

TEST(B4, WithExchangeDownOurUsersAreFoundAndItSaysPartialAndRecovers) {
  const auto person = MakeUser(NewMailbox("Partial Zwicker"));
  // Known to the corporate list at once, to our own leg a moment later.
  ASSERT_TRUE(testing::Eventually([&] {
    const auto response = Search("Zwicker");
    return response.people_size() == 1 && response.people(0).user() == person.name;
  }));
  TheStack().exchange().Post("/sim/faults",
                             R"({"operation": "ResolveNames", "kind": "drop_connection", "count": 1000})");
  const auto response = Search("Zwicker");
  TheStack().exchange().ForgetFaults();
  EXPECT_TRUE(response.partial());
  EXPECT_EQ(response.people_size(), 1);
  if (response.people_size() > 0) {
    EXPECT_EQ(response.people(0).extension(), person.extension);
  }
  EXPECT_TRUE(testing::Eventually([] { return !Search("Zwicker").partial(); }, std::chrono::seconds(15)));
}

TEST(B5, FortyMatchesGiveTheSameTwentyFiveEachTime) {
  for (int i = 0; i < 40; ++i) MakeUser(NewMailbox("Vandermolen Nr" + std::to_string(i)));
  ASSERT_TRUE(testing::Eventually([] {
    const auto response = Search("Vandermolen");
    int ours = 0;
    for (const auto& person : response.people()) ours += person.user().empty() ? 0 : 1;
    return ours == 25;
  }));
  const auto first = Serialized(Search("Vandermolen"));
  ASSERT_EQ(first.size(), 25u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Serialized(Search("vandermolen")), first);
}

TEST(B7, APersonHasNoFieldThatTellsItsSource) {
  const auto* person = directory::Person::descriptor();
  for (int i = 0; i < person->field_count(); ++i) {
    EXPECT_EQ(person->field(i)->name().find("source"), std::string::npos) << person->field(i)->name();
    EXPECT_EQ(person->field(i)->name().find("origin"), std::string::npos) << person->field(i)->name();
  }
}

}  // namespace
}  // namespace crosspoint::e2e
