#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/contract/gateway/store_fixture.h"

namespace crosspoint::gateway {
namespace {

class SessionStoreContract : public StoreTest {};
class RoleStoreContract : public StoreTest {};

TEST_F(SessionStoreContract, WhatIsOpenedIsFoundAsItWas) {
  const auto opened = Open("s-1");
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto found = sessions_->Find(owner_, "s-1", Soon());
  ASSERT_TRUE(found.ok() && *found) << found.status();
  EXPECT_EQ((*found)->program, ProgramKind::kOutlookAddin);
  EXPECT_EQ((*found)->device, "pc");
  EXPECT_EQ((*found)->replica, "gw-1");
  EXPECT_THAT((*found)->channels, ::testing::ElementsAre(Channel::kPresence, Channel::kCommands));
  EXPECT_EQ((*found)->connected, opened->connected);
  EXPECT_EQ((*found)->expires, opened->connected + kLong);
  const UserId stranger{TenantId{"acme"}, "stranger"};
  EXPECT_FALSE(*sessions_->Find(stranger, "s-1", Soon()));
  EXPECT_THAT(*sessions_->Owners(owner_.tenant, Soon()), ::testing::Contains(owner_));
}

TEST_F(SessionStoreContract, ALeaseThatIsNotRenewedEndsAndARenewedOneDoesNot) {
  ASSERT_TRUE(Open("s-short", ProgramKind::kDeskphone, "p1", milliseconds{200}).ok());
  ASSERT_TRUE(Open("s-kept", ProgramKind::kDeskphone, "p2", milliseconds{200}).ok());
  EXPECT_TRUE(Eventually([&] {
    EXPECT_EQ(*sessions_->Touch(owner_, "s-kept", 1, milliseconds{200}, Soon()), SessionStore::Lease::kAlive);
    return !*sessions_->Find(owner_, "s-short", Soon());
  }));
  EXPECT_TRUE(*sessions_->Find(owner_, "s-kept", Soon()));
  EXPECT_EQ(*sessions_->Touch(owner_, "s-short", 1, kLong, Soon()), SessionStore::Lease::kGone);
}

TEST_F(SessionStoreContract, AResumeTakesTheSessionOverFromTheOldStream) {
  ASSERT_TRUE(Open("s-1").ok());
  auto wish = Wish("s-1");
  wish.replica = "gw-2";
  wish.channels = {Channel::kMeetings};
  const auto resumed = sessions_->Resume(wish, "secret-s-1", kLong, Soon());
  ASSERT_TRUE(resumed.ok() && *resumed) << resumed.status();
  EXPECT_EQ((*resumed)->previous_replica, "gw-1");
  EXPECT_EQ((*resumed)->session.attachment, 2u);
  EXPECT_THAT((*resumed)->session.channels, ::testing::ElementsAre(Channel::kMeetings));
  EXPECT_EQ(*sessions_->Touch(owner_, "s-1", 1, kLong, Soon()), SessionStore::Lease::kTakenOver);
  EXPECT_EQ(*sessions_->Touch(owner_, "s-1", 2, kLong, Soon()), SessionStore::Lease::kAlive);
  ASSERT_TRUE(sessions_->Close(owner_, "s-1", 1, Soon()).ok());
  EXPECT_TRUE(*sessions_->Find(owner_, "s-1", Soon())) << "the old stream's end closes nothing";
  ASSERT_TRUE(sessions_->Close(owner_, "s-1", 2, Soon()).ok());
  EXPECT_FALSE(*sessions_->Find(owner_, "s-1", Soon()));
}

TEST_F(SessionStoreContract, AResumeNeedsSecretProgramAndDevice) {
  ASSERT_TRUE(Open("s-1").ok());
  EXPECT_FALSE(*sessions_->Resume(Wish("s-1"), "other", kLong, Soon()));
  EXPECT_FALSE(*sessions_->Resume(Wish("s-2"), "secret-s-1", kLong, Soon()));
  EXPECT_FALSE(*sessions_->Resume(Wish("s-1", ProgramKind::kWeb), "secret-s-1", kLong, Soon()));
  EXPECT_FALSE(*sessions_->Resume(Wish("s-1", ProgramKind::kOutlookAddin, "pc-2"), "secret-s-1", kLong, Soon()));
  EXPECT_EQ(*sessions_->Touch(owner_, "s-1", 1, kLong, Soon()), SessionStore::Lease::kAlive) << "untouched";
}

TEST_F(SessionStoreContract, ProgramsThatExcludeEachOtherDoSoPerDeviceAndOnlyWhileTheyLive) {
  ASSERT_TRUE(Open("s-1", ProgramKind::kDesktopMac, "pc", milliseconds{300}).ok());
  EXPECT_EQ(Reason(Open("s-2", ProgramKind::kSkypeTelephony).status()), "PROGRAM_EXCLUDED");
  EXPECT_TRUE(Open("s-3", ProgramKind::kSkypeTelephony, "other").ok());
  EXPECT_TRUE(Eventually([&] { return Open("s-2", ProgramKind::kSkypeTelephony).ok(); })) << "after its lease";
}

TEST_F(SessionStoreContract, AUserHasABoundedNumberOfSessions) {
  absl::Status last;
  int opened = 0;
  while ((last = Open("s-" + std::to_string(opened)).status()).ok() && opened < 1'000) ++opened;
  EXPECT_EQ(opened, 128);
  EXPECT_EQ(Reason(last), "TOO_MANY_SESSIONS");
}

TEST_F(SessionStoreContract, WhatIsAcknowledgedIsThereAfterRedisWasKilled) {
  ASSERT_TRUE(Open("s-1").ok());
  ASSERT_TRUE(roles_->Acquire(owner_, "s-1", ClientRole::kOutlookPresence, kLong, Soon()).ok());
  server_->Kill();
  server_->Restart();
  EXPECT_TRUE(*sessions_->Find(owner_, "s-1", Soon()));
  const auto holder = roles_->Holder(owner_, "pc", ClientRole::kOutlookPresence, Soon());
  ASSERT_TRUE(holder.ok() && *holder) << holder.status();
  EXPECT_EQ((*holder)->session, "s-1");
}

TEST_F(RoleStoreContract, OfManyWhoRaceOneHasItAThousandTimes) {
  constexpr int kRacers = 4;
  constexpr int kRounds = 1000;
  for (int i = 0; i < kRacers; ++i) ASSERT_TRUE(Open("s-" + std::to_string(i)).ok());
  std::atomic<int64_t> highest{0};
  std::atomic<int> holders{0};
  std::atomic<int> won{0};
  std::vector<std::jthread> racers;
  for (int i = 0; i < kRacers; ++i) {
    racers.emplace_back([&, session = "s-" + std::to_string(i)] {
      while (won < kRounds) {
        const auto grant = roles_->Acquire(owner_, session, ClientRole::kOutlookPresence, kLong, Soon());
        if (!grant.ok()) {
          EXPECT_EQ(Reason(grant.status()), "ROLE_HELD");
          continue;
        }
        EXPECT_EQ(++holders, 1) << "two at once";
        EXPECT_EQ(grant->fencing_token, ++highest) << "every holder has the next number";
        ++won;
        --holders;
        EXPECT_TRUE(roles_->Release(owner_, session, ClientRole::kOutlookPresence, grant->fencing_token, Soon()).ok());
      }
    });
  }
}

TEST_F(RoleStoreContract, ALeaseThatEndedIsLostEvenWhenNobodyElseTookIt) {
  ASSERT_TRUE(Open("s-1").ok());
  const auto held = roles_->Acquire(owner_, "s-1", ClientRole::kOutlookPresence, milliseconds{150}, Soon());
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(Eventually([&] { return !*roles_->Holder(owner_, "pc", ClientRole::kOutlookPresence, Soon()); }));
  EXPECT_EQ(
      Reason(roles_->Renew(owner_, "s-1", ClientRole::kOutlookPresence, held->fencing_token, kLong, Soon()).status()),
      "ROLE_LOST");
  const auto again = roles_->Acquire(owner_, "s-1", ClientRole::kOutlookPresence, kLong, Soon());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->fencing_token, held->fencing_token + 1);
}

TEST_F(RoleStoreContract, ARoleEndsWithItsHoldersSession) {
  ASSERT_TRUE(Open("s-1").ok());
  ASSERT_TRUE(Open("s-2", ProgramKind::kDeskphone, "pc", milliseconds{200}).ok());
  ASSERT_TRUE(roles_->Acquire(owner_, "s-1", ClientRole::kOutlookPresence, kLong, Soon()).ok());
  ASSERT_TRUE(sessions_->Close(owner_, "s-1", 1, Soon()).ok());
  EXPECT_FALSE(*roles_->Holder(owner_, "pc", ClientRole::kOutlookPresence, Soon()));
  ASSERT_TRUE(roles_->Acquire(owner_, "s-2", ClientRole::kOutlookPresence, kLong, Soon()).ok());
  EXPECT_TRUE(Eventually([&] { return !*roles_->Holder(owner_, "pc", ClientRole::kOutlookPresence, Soon()); }))
      << "its session's lease was shorter than the role's";
  EXPECT_EQ(Reason(roles_->Acquire(owner_, "s-2", ClientRole::kOutlookPresence, kLong, Soon()).status()),
            "SESSION_UNKNOWN");
}

TEST_F(RoleStoreContract, RolesAndDevicesAreApart) {
  ASSERT_TRUE(Open("s-1", ProgramKind::kDesktopWindows, "pc-1").ok());
  ASSERT_TRUE(Open("s-2", ProgramKind::kDesktopWindows, "pc-2").ok());
  EXPECT_TRUE(roles_->Acquire(owner_, "s-1", ClientRole::kOutlookPresence, kLong, Soon()).ok());
  EXPECT_TRUE(roles_->Acquire(owner_, "s-2", ClientRole::kOutlookPresence, kLong, Soon()).ok());
  EXPECT_TRUE(roles_->Acquire(owner_, "s-2", ClientRole::kTelephonyWindow, kLong, Soon()).ok());
  EXPECT_FALSE(*roles_->Holder(owner_, "pc-1", ClientRole::kTelephonyWindow, Soon()));
}

}  // namespace
}  // namespace crosspoint::gateway
