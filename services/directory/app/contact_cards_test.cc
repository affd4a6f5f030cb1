#include "directory/app/contact_cards.h"

#include <gmock/gmock.h>

#include "common/status/status.h"
#include "tests/support/fake_user_store.h"

namespace crosspoint::directory {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const TenantId kAcme{"acme"};
const Deadline kLate = Deadline::max();

class FakeList final : public CorporateDirectory {
 public:
  bool Has(const TenantId&) const override { return true; }
  absl::StatusOr<CorporateMatches> Search(const TenantId&, const std::string&, Deadline) override {
    if (!failure.ok()) return failure;
    return CorporateMatches{entries, false};
  }
  absl::StatusOr<std::vector<CorporateEntry>> ListAll(const TenantId&, Deadline) override { return entries; }
  absl::Status failure;
  std::vector<CorporateEntry> entries;
};

class FakePhotos final : public PhotoSource {
 public:
  absl::StatusOr<Answer> Fetch(const TenantId&, const std::string&, int, const std::string&, Deadline) override {
    if (!failure.ok()) return failure;
    return Answer{.picture = picture};
  }
  absl::Status failure;
  std::optional<Picture> picture = Picture{"photo-1", "image/jpeg", "bytes"};
};

class NoCache final : public PhotoCache {
 public:
  absl::StatusOr<std::optional<CachedPhoto>> Get(const TenantId&, const std::string&, int, Deadline) override {
    return std::optional<CachedPhoto>();
  }
  absl::Status Put(const TenantId&, const std::string&, int, const CachedPhoto&, Deadline) override {
    return absl::OkStatus();
  }
};

class FakePresence final : public PresenceSource {
 public:
  absl::StatusOr<PresenceFacts> Get(const UserId& user, const OnBehalf& caller, Deadline) override {
    asked_about = user.Name();
    asked_with = caller.token;
    if (!failure.ok()) return failure;
    return facts;
  }
  absl::Status failure;
  PresenceFacts facts{"vacation", true, true};
  std::string asked_about;
  std::string asked_with;
};

class ContactCardsTest : public testing::Test {
 protected:
  ContactCardsTest() {
    (void)store_.Create({{{.id = {kAcme, "u1"},
                           .display_name = "Ada King",
                           .email = "ada@x",
                           .aliases = {"countess@x"},
                           .extension = "1815"},
                          "",
                          ""}},
                        kLate);
    EXPECT_TRUE(feed_.Refresh(kAcme, kLate).ok());
    list_.entries = {{.display_name = "Ada King", .emails = {"ADA@x"}, .department = "Analysis"},
                     {.display_name = "Bo Gal", .emails = {"bo@x"}}};
  }
  absl::StatusOr<ContactCard> Get(const std::string& email, const std::string& caller = "tenants/acme/users/u9") {
    return cards_.Get(kAcme, email, caller, {"token-of-u9", "r1"}, kLate);
  }

  FakeUserStore store_;
  UserFeed feed_{store_, {kAcme}};
  FakeList list_;
  FakePhotos photo_source_;
  NoCache cache_;
  FakePresence presence_;
  SystemClock clock_;
  log::Logger log_{"test", log::Level::kError};
  PeopleSearch search_{feed_, list_, log_, std::chrono::milliseconds(1500)};
  PhotoLibrary photos_{photo_source_, cache_, clock_, log_, std::chrono::seconds(60)};
  ContactCards cards_{feed_, search_, photos_, presence_, log_, std::chrono::milliseconds(500)};
};

TEST_F(ContactCardsTest, EverythingAboutOneOfOurUsersByAnyAddress) {
  for (const char* email : {"ada@x", "COUNTESS@x"}) {
    const auto card = Get(email);
    ASSERT_TRUE(card.ok()) << card.status();
    EXPECT_EQ(card->person.user, "tenants/acme/users/u1");
    EXPECT_EQ(card->presence->availability_state, "vacation");
    EXPECT_TRUE(card->presence->on_the_phone);
    EXPECT_TRUE(card->presence->im_online);
    EXPECT_EQ(card->photo_etag, "photo-1");
    EXPECT_THAT(card->actions,
                ElementsAre(CardAction::kCall, CardAction::kInstantMessage, CardAction::kEmail, CardAction::kMeeting));
    EXPECT_FALSE(card->partial);
  }
  EXPECT_EQ(presence_.asked_with, "token-of-u9") << "presence is asked as the caller";
}

TEST_F(ContactCardsTest, SomebodyOfTheListHasNoPresenceAndNothingIsMissing) {
  const auto card = Get("bo@x");
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->person.display_name, "Bo Gal");
  EXPECT_EQ(card->presence, std::nullopt);
  EXPECT_FALSE(card->partial);
  EXPECT_EQ(presence_.asked_about, "");
  EXPECT_THAT(card->actions, ElementsAre(CardAction::kEmail, CardAction::kMeeting)) << "no number, not our user";
}

TEST_F(ContactCardsTest, OneselfIsNeitherCalledNorChattedWith) {
  EXPECT_THAT(Get("ada@x", "tenants/acme/users/u1")->actions, ElementsAre(CardAction::kEmail, CardAction::kMeeting));
}

TEST_F(ContactCardsTest, WithoutPresenceTheRestIsGivenAndItIsSaidThenItIsBack) {
  presence_.failure = absl::UnavailableError("away");
  auto card = Get("ada@x");
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_TRUE(card->partial);
  EXPECT_EQ(card->presence, std::nullopt);
  EXPECT_EQ(card->photo_etag, "photo-1");
  presence_.failure = absl::OkStatus();
  card = Get("ada@x");
  EXPECT_FALSE(card->partial);
  EXPECT_TRUE(card->presence.has_value());
}

TEST_F(ContactCardsTest, NoPictureIsNoLossButAnUnreachableOneIs) {
  photo_source_.picture.reset();
  EXPECT_FALSE(Get("ada@x")->partial);
  EXPECT_EQ(Get("ada@x")->photo_etag, "");
  photo_source_.failure = absl::FailedPreconditionError("no connector");
  EXPECT_FALSE(Get("ada@x")->partial);
  photo_source_.failure = absl::UnavailableError("away");
  EXPECT_TRUE(Get("ada@x")->partial);
}

TEST_F(ContactCardsTest, NobodyIsNotFoundUnlessTheListCouldKnow) {
  EXPECT_EQ(GetErrorInfo(Get("nobody@x").status())->reason, "PERSON_UNKNOWN");
  list_.failure = absl::UnavailableError("away");
  EXPECT_EQ(GetErrorInfo(Get("nobody@x").status())->reason, "CORPORATE_LIST_AWAY");
  const auto ours = Get("ada@x");
  ASSERT_TRUE(ours.ok()) << ours.status();
  EXPECT_TRUE(ours->partial);
}

TEST(ActionsFor, PersonWithoutAddressAndNumberCanOnlyBeLookedAt) { EXPECT_THAT(ActionsFor({}, "me"), IsEmpty()); }

}  // namespace
}  // namespace crosspoint::directory
