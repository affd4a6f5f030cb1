#include "directory/app/user_registry.h"

#include <gmock/gmock.h>

#include "common/status/status.h"
#include "tests/support/fake_user_store.h"

namespace crosspoint::directory {
namespace {

using testing::ElementsAre;

class RecordingAnnouncer final : public ChangeAnnouncer {
 public:
  void Announce(const TenantId& tenant) override { told.push_back(tenant.value); }
  std::vector<std::string> told;
};

class UserRegistryTest : public testing::Test {
 protected:
  absl::StatusOr<User> Create(const std::string& email, const std::string& request_id = "",
                              const std::string& hash = "") {
    User user{.display_name = "Ada", .email = email};
    return registry_.Create(acme_, {{{user, request_id, hash}, "user"}}, deadline_)[0];
  }

  const TenantId acme_{"acme"};
  const Deadline deadline_ = Deadline::max();
  FakeUserStore store_;
  RecordingAnnouncer announcer_;
  SequentialIdSource ids_;
  std::vector<std::string> woken_;
  UserRegistry registry_{store_, announcer_, ids_, [this](const TenantId& t) { woken_.push_back(t.value); }};
};

TEST_F(UserRegistryTest, EveryWriteIsToldHereAndToTheOthers) {
  const auto user = Create("ada@x");
  ASSERT_TRUE(user.ok());
  ASSERT_TRUE(registry_
                  .Update(
                      user->id, 0, [](User& u) { u.extension = "1"; }, deadline_)
                  .ok());
  ASSERT_TRUE(registry_.Delete(user->id, 0, deadline_).ok());
  ASSERT_TRUE(registry_.Undelete(user->id, deadline_).ok());
  EXPECT_THAT(announcer_.told, ElementsAre("acme", "acme", "acme", "acme"));
  EXPECT_EQ(woken_, announcer_.told);
}

TEST_F(UserRegistryTest, ARefusedWriteIsToldToNobody) {
  EXPECT_FALSE(Create("not an address").ok());
  EXPECT_TRUE(Create("ada@x").ok());
  EXPECT_FALSE(Create("ADA@x").ok());
  EXPECT_THAT(announcer_.told, ElementsAre("acme"));
}

TEST_F(UserRegistryTest, OneBadUserDoesNotStopTheOthersAndIsNamed) {
  std::vector<UserRegistry::Request> requests;
  for (const char* email : {"a@x", "bad", "a@x", "c@x"}) {
    requests.push_back(
        {{{.display_name = "N", .email = email}, "", ""}, "requests[" + std::to_string(requests.size()) + "].user"});
  }
  const auto results = registry_.Create(acme_, requests, deadline_);
  EXPECT_TRUE(results[0].ok());
  EXPECT_EQ(GetErrorInfo(results[1].status())->metadata.at("field"), "requests[1].user.email");
  EXPECT_EQ(GetErrorInfo(results[2].status())->reason, "EMAIL_TAKEN");
  EXPECT_TRUE(results[3].ok());
}

TEST_F(UserRegistryTest, TheSameRequestAgainGivesTheSameUser) {
  const auto first = Create("ada@x", "r1", "h1");
  const auto again = Create("ada@x", "r1", "h1");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(first->id, again->id);
  EXPECT_EQ(GetErrorInfo(Create("bob@x", "r1", "h2").status())->reason, "REQUEST_ID_REUSED");
}

TEST_F(UserRegistryTest, AnUpdateWithoutEtagSurvivesSomebodyFaster) {
  const auto user = Create("ada@x");
  bool interfered = false;
  const auto updated = registry_.Update(
      user->id, 0,
      [&](User& u) {
        if (!std::exchange(interfered, true)) {
          User other = *user;
          other.display_name = "Ada Lovelace";
          ASSERT_TRUE(store_.Update(other, 0, deadline_).ok());
        }
        u.extension = "1815";
      },
      deadline_);
  ASSERT_TRUE(updated.ok());
  EXPECT_EQ(updated->display_name, "Ada Lovelace");
  EXPECT_EQ(updated->extension, "1815");
}

TEST_F(UserRegistryTest, AnUpdateWithAStaleEtagIsRefusedAndChangesNothing) {
  const auto user = Create("ada@x");
  ASSERT_TRUE(registry_
                  .Update(
                      user->id, user->revision, [](User& u) { u.extension = "1"; }, deadline_)
                  .ok());
  const auto stale = registry_.Update(
      user->id, user->revision, [](User& u) { u.extension = "2"; }, deadline_);
  EXPECT_TRUE(absl::IsAborted(stale.status()));
  EXPECT_EQ(registry_.Get(user->id, deadline_)->extension, "1");
}

TEST_F(UserRegistryTest, ADeletedUserIsNotFoundAndItsAddressIsFree) {
  const auto user = Create("ada@x");
  ASSERT_TRUE(registry_.Delete(user->id, 0, deadline_).ok());
  EXPECT_TRUE(absl::IsNotFound(registry_.Get(user->id, deadline_).status()));
  ASSERT_TRUE(Create("ada@x").ok());
  EXPECT_EQ(GetErrorInfo(registry_.Undelete(user->id, deadline_).status())->reason, "EMAIL_TAKEN");
}

}  // namespace
}  // namespace crosspoint::directory
