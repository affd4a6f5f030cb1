// B10: the contact card: person, availability, on-phone, IM, picture, allowed actions.
#include <gmock/gmock.h>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using ::testing::ElementsAre;

absl::StatusOr<directory::ContactCard> Card(const std::string& email, const std::string& viewer = "users/viewer") {
  directory::GetContactCardRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_email(email);
  directory::ContactCard card;
  const auto context = TheStack().AsUser(viewer);
  context->set_wait_for_ready(true);
  const auto status = Outcome(Directory()->GetContactCard(context.get(), request, &card));
  if (!status.ok()) return status;
  return card;
}

std::vector<int> Actions(const directory::ContactCard& card) { return {card.actions().begin(), card.actions().end()}; }

void SetState(const Person& person, const std::string& state) {
  presence::SetAvailabilityRequest request;
  request.set_user(person.name);
  request.set_state(state);
  presence::Presence answer;
  const auto set = Outcome(Presence()->SetAvailability(TheStack().AsUser(person.name).get(), request, &answer));
  EXPECT_TRUE(set.ok()) << set;
}

// Until the search knows the user; the corporate list knows it at once.
bool IsOurs(const Person& person) {
  return testing::Eventually([&] {
    const auto card = Card(person.email);
    return card.ok() && card->person().user() == person.name;
  });
}

TEST(B10, OurUsersCardHasEverything) {
  const auto person = MakeUser(NewMailbox("Carded Person", {"carded.alias@corp.example"}));
  TheStack().exchange().Post("/sim/photos", R"({"email": ")" + person.email + R"(", "present": true})");
  ASSERT_TRUE(IsOurs(person));
  SetState(person, "vacation");
  for (const std::string& email : {person.email, std::string("Carded.ALIAS@corp.example")}) {
    directory::ContactCard card;
    ASSERT_TRUE(testing::Eventually([&] {
      auto got = Card(email);
      if (got.ok()) card = *got;
      return got.ok() && got->availability_state() == "vacation";
    })) << email;
    EXPECT_FALSE(card.partial());
    EXPECT_EQ(card.person().display_name(), "Carded Person");
    EXPECT_EQ(card.person().extension(), person.extension);
    EXPECT_GT(card.person().phones_size(), 0) << "from the corporate list";
    EXPECT_FALSE(card.on_the_phone());
    EXPECT_FALSE(card.im_online());
    EXPECT_NE(card.photo_etag(), "");
    EXPECT_THAT(Actions(card), ElementsAre(directory::CARD_ACTION_CALL, directory::CARD_ACTION_INSTANT_MESSAGE,
                                           directory::CARD_ACTION_EMAIL, directory::CARD_ACTION_MEETING));
    directory::GetPhotoRequest photo;
    photo.set_parent(testing::Stack::kTenant);
    photo.set_email(email);
    photo.set_if_none_match(card.photo_etag());
    directory::Photo answer;
    ASSERT_TRUE(Outcome(Directory()->GetPhoto(TheStack().AsUser("users/viewer").get(), photo, &answer)).ok());
    EXPECT_TRUE(answer.not_modified()) << "the reference is that of the picture";
  }
}

TEST(B10, SomebodyOfTheCorporateListHasACardWithoutPresence) {
  const auto mailbox = NewMailbox("Outside Person");
  const auto card = Card(mailbox.email);
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->person().user(), "");
  EXPECT_EQ(card->availability_state(), "");
  EXPECT_FALSE(card->partial());
  EXPECT_THAT(Actions(*card),
              ElementsAre(directory::CARD_ACTION_CALL, directory::CARD_ACTION_EMAIL, directory::CARD_ACTION_MEETING));
}

TEST(B10, OnesOwnCardOffersNoCallToOneself) {
  const auto person = MakeUser(NewMailbox("Selfish Person"));
  ASSERT_TRUE(IsOurs(person));
  const auto card = Card(person.email, person.name);
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_THAT(Actions(*card), ElementsAre(directory::CARD_ACTION_EMAIL, directory::CARD_ACTION_MEETING));
}

TEST(B10, WithPresenceDownTheRestIsThereAndItSaysPartialAndRecovers) {
  const auto person = MakeUser(NewMailbox("Robust Person"));
  ASSERT_TRUE(IsOurs(person));
  for (int replica = 0; replica < TheStack().Replicas("presence"); ++replica) TheStack().presence(replica).Kill();
  const auto without = Card(person.email);
  for (int replica = 0; replica < TheStack().Replicas("presence"); ++replica) TheStack().presence(replica).Start();
  for (int replica = 0; replica < TheStack().Replicas("presence"); ++replica) TheStack().presence(replica).WaitReady();
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_TRUE(without->partial());
  EXPECT_EQ(without->availability_state(), "");
  EXPECT_EQ(without->person().user(), person.name);
  EXPECT_TRUE(testing::Eventually([&] {
    const auto card = Card(person.email);
    return card.ok() && !card->partial() && card->availability_state() == "available";
  }));
}

TEST(B10, NobodyIsNotFoundAndAnotherTenantsPeopleNeither) {
  auto status = Card("nobody.at.all@corp.example").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(GetErrorInfo(status)->reason, "PERSON_UNKNOWN");
  EXPECT_TRUE(absl::IsNotFound(Card("nobody@corp.example", "tenants/north/users/u1").status()));
  EXPECT_EQ(Card("no address").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace crosspoint::e2e
