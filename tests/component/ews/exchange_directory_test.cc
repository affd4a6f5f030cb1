#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/errors.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExchangeDirectory : public WithExchange {};

TEST_F(ExchangeDirectory, PersonIsFoundWithAllFacts) {
  for (const SearchScope scope : {SearchScope::kActiveDirectory, SearchScope::kActiveDirectoryContacts}) {
    const auto names = client_->ResolveNames({.text = "anna@corp", .scope = scope}, anna_);
    ASSERT_TRUE(names.ok()) << names.status();
    ASSERT_THAT(names->candidates, SizeIs(1));
    const ResolvedName& anna = names->candidates[0];
    EXPECT_EQ(anna.display_name, "Test anna");
    EXPECT_EQ(anna.mailbox.email, "anna@corp.example");
    EXPECT_THAT(anna.emails, ElementsAre("anna@corp.example", "anna.alias@corp.example"));
    EXPECT_EQ(anna.department, "Tests & more");
    EXPECT_EQ(anna.job_title, "Tester");
    EXPECT_EQ(anna.office, "T1");
    EXPECT_THAT(anna.phones, Contains(Phone{"BusinessPhone", "+49 30 23125 1"}));
    EXPECT_THAT(anna.phones, Contains(Phone{"MobilePhone", "+49 171 39200 1"}));
  }
}

TEST_F(ExchangeDirectory, PersonIsFoundByAlias) {
  const auto names = client_->ResolveNames({.text = "bo.alias@corp.example"});
  ASSERT_TRUE(names.ok()) << names.status();
  ASSERT_THAT(names->candidates, SizeIs(1));
  EXPECT_EQ(names->candidates[0].mailbox.email, "bo@corp.example");
}

TEST_F(ExchangeDirectory, SeveralAndNobody) {
  const auto testers = client_->ResolveNames({.text = "Test"});
  ASSERT_TRUE(testers.ok()) << testers.status();
  EXPECT_GE(testers->candidates.size(), 3u);
  const auto nobody = client_->ResolveNames({.text = "Xyzzy"});
  ASSERT_TRUE(nobody.ok()) << nobody.status();
  EXPECT_THAT(nobody->candidates, IsEmpty());
}

TEST_F(ExchangeDirectory, PhotoIsSentOnceThenOnlyWhenItChanged) {
  const auto photo = client_->GetUserPhoto("anna@corp.example", "HR96x96", "");
  ASSERT_TRUE(photo.ok()) << photo.status();
  EXPECT_EQ(photo->state, Photo::State::kPhoto);
  EXPECT_EQ(photo->bytes.substr(0, 2), "\xff\xd8");
  ASSERT_FALSE(photo->etag.empty());
  const auto again = client_->GetUserPhoto("anna@corp.example", "HR96x96", photo->etag);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->state, Photo::State::kNotModified);
  EXPECT_EQ(again->etag, photo->etag);
  exchange_->Post("/sim/photos", R"({"email": "anna@corp.example", "present": true})");
  const auto changed = client_->GetUserPhoto("anna@corp.example", "HR96x96", photo->etag);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->state, Photo::State::kPhoto);
  EXPECT_NE(changed->etag, photo->etag);
}

TEST_F(ExchangeDirectory, NoPhotoIsNoError) {
  exchange_->Post("/sim/photos", R"({"email": "bo@corp.example", "present": false})");
  const auto photo = client_->GetUserPhoto("bo@corp.example", "HR96x96", "");
  ASSERT_TRUE(photo.ok()) << photo.status();
  EXPECT_EQ(photo->state, Photo::State::kNone);
}

TEST_F(ExchangeDirectory, BearerTokenIsAsGoodAsAPassword) {
  EwsConfig config = Config();
  config.auth = BearerAuth{exchange_->token_file()};
  const auto folder = Make(config)->GetFolder(FolderRef::Calendar(), anna_);
  EXPECT_TRUE(folder.ok()) << folder.status();
}

TEST_F(ExchangeDirectory, WrongPasswordIsForTheAdministrator) {
  EwsConfig config = Config();
  config.auth = BasicAuth{"svc", exchange_->token_file()};
  const auto folder = Make(config)->GetFolder(FolderRef::Calendar(), anna_);
  EXPECT_EQ(folder.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(folder.status()), "EWS_NOT_AUTHORIZED");
}

TEST_F(ExchangeDirectory, UnknownMailboxCannotBeImpersonated) {
  const auto folder = client_->GetFolder(FolderRef::Calendar(), {.mailbox = "nobody@corp.example"});
  EXPECT_EQ(ReactionOf(folder.status()), Reaction::kStopMailbox) << folder.status();
}

}  // namespace
}  // namespace crosspoint::ews
