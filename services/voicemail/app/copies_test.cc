// The writer and the reader of copies, against a mailbox whose owner does something as well.
#include <gmock/gmock.h>

#include "voicemail/app/copy_sync.h"
#include "voicemail/app/copy_writer.h"
#include "voicemail/app/fakes.h"
#include "voicemail/app/user_book.h"

namespace crosspoint::voicemail {
namespace {

const UserId kAda{TenantId{"acme"}, "ada"};
const MailboxAddress kMailbox{kAda, "ada@corp.example"};

class Copies : public ::testing::Test {
 protected:
  Copies() {
    users_.Put({.id = kAda, .display_name = "Ada", .email = kMailbox.email});
    users_.Synced(kAda.tenant);
    EXPECT_TRUE(store_.PutSettings(kAda, {.type = DeliveryType::kSynced}).ok());
  }
  VoicemailId Deposit(const std::string& id) {
    NewMessage add{.max_messages = 100};
    add.message.id.value = id;
    add.message.receive_time = clock_.Now();
    EXPECT_TRUE(store_.Add(kAda, add).ok());
    return {id};
  }
  // Deposited, in the mailbox, and both known to each other.
  VoicemailId Settled(const std::string& id) {
    const auto made = Deposit(id);
    EXPECT_TRUE(Deliver());
    Sync();
    return made;
  }
  // Does what the outbox says; what failed stays.
  bool Deliver() {
    auto orders = std::move(store_.outbox);
    store_.outbox.clear();
    for (size_t i = 0; i < orders.size(); ++i) {
      if (writer_.Write(orders[i].user, orders[i].id).ok()) continue;
      store_.outbox.assign(orders.begin() + static_cast<long>(i), orders.end());
      return false;
    }
    return true;
  }
  CopySyncReport Sync(bool confirm = false) {
    const auto report = sync_.Run(kMailbox, confirm);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(CopySyncReport{});
  }
  Voicemail Message(const VoicemailId& id) { return **store_.Get(kAda, id); }
  bool IsDeleted(const VoicemailId& id) { return Message(id).delete_time.has_value(); }
  void Change(const VoicemailId& id, MessageChange change) {
    EXPECT_TRUE(store_.Change(kAda, id, change, "", clock_.Now()).ok());
  }

  FakeClock clock_;
  FakeStore store_;
  FakeMailboxes exchange_;
  FakeChanges changes_;
  UserBook users_{{{kAda.tenant, TenantRules{}}}};
  log::Logger log_{"voicemail", log::Level::kError, [this](std::string_view line) { log_lines_ += line; }};
  std::string log_lines_;
  int looks_ = 0;
  CopyWriter writer_{store_, store_, exchange_, users_, [this](const UserId&) { ++looks_; }};
  CopySync sync_{store_, exchange_, changes_, clock_, log_};
};

TEST_F(Copies, AMessageBecomesAnUnreadMailOnce) {
  const auto id = Deposit("v1");
  EXPECT_TRUE(Deliver());
  ASSERT_NE(exchange_.Of(id), nullptr);
  EXPECT_FALSE(exchange_.Of(id)->read);
  EXPECT_TRUE(writer_.Write(kAda, id).ok());
  EXPECT_EQ(exchange_.created, 1);
}

TEST_F(Copies, ARepeatAfterALostAnswerFindsTheMailThatIsThere) {
  const auto id = Deposit("v1");
  const auto message = Message(id);
  // Created, but nobody wrote it down.
  ASSERT_TRUE(exchange_.Create(kMailbox, message).ok());
  EXPECT_TRUE(Deliver());
  EXPECT_EQ(exchange_.created, 1);
  EXPECT_EQ(exchange_.mails.size(), 1u);
}

TEST_F(Copies, AMailThatItsOwnerDeletedBeforeARepeatStaysDeleted) {
  const auto id = Deposit("v1");
  ASSERT_TRUE(exchange_.Create(kMailbox, Message(id)).ok());
  exchange_.MoveByHand(id, CopyPlace::kDeletedItems);
  Sync();
  EXPECT_TRUE(Deliver());
  EXPECT_EQ(looks_, 1);
  EXPECT_EQ(exchange_.Of(id)->place, CopyPlace::kDeletedItems);
  Sync();
  EXPECT_TRUE(IsDeleted(id));
}

TEST_F(Copies, AMessageDeletedHereBeforeARepeatIsDeletedThereToo) {
  const auto id = Deposit("v1");
  ASSERT_TRUE(exchange_.Create(kMailbox, Message(id)).ok());
  Change(id, MessageChange::kDelete);
  EXPECT_TRUE(Deliver());
  Sync();
  EXPECT_TRUE(IsDeleted(id));
  EXPECT_EQ(exchange_.Of(id)->place, CopyPlace::kDeletedItems);
}

TEST_F(Copies, AMailServerThatIsAwayIsTriedAgain) {
  const auto id = Deposit("v1");
  exchange_.failure = absl::UnavailableError("away");
  EXPECT_FALSE(Deliver());
  exchange_.failure = absl::OkStatus();
  EXPECT_TRUE(Deliver());
  EXPECT_NE(exchange_.Of(id), nullptr);
}

TEST_F(Copies, ReadingTheMailMarksTheMessageHeardAndBack) {
  const auto id = Settled("v1");
  exchange_.ReadByHand(id, true);
  Sync();
  EXPECT_EQ(Message(id).state, MessageState::kHeard);
  exchange_.ReadByHand(id, false);
  Sync();
  EXPECT_EQ(Message(id).state, MessageState::kNew);
  EXPECT_TRUE(store_.outbox.empty()) << "what comes from the mailbox is not sent back to it";
}

TEST_F(Copies, DeletedItemsSoftAndHardDeleteAreDeletion) {
  const auto moved = Settled("v1");
  const auto gone = Settled("v2");
  exchange_.MoveByHand(moved, CopyPlace::kDeletedItems);
  exchange_.DeleteForGood(gone);
  Sync();
  EXPECT_TRUE(IsDeleted(moved));
  EXPECT_TRUE(IsDeleted(gone));
  EXPECT_EQ(store_.Summary(kAda)->new_messages, 0);
}

TEST_F(Copies, OutOfDeletedItemsIsUndeletion) {
  const auto id = Settled("v1");
  exchange_.MoveByHand(id, CopyPlace::kDeletedItems);
  Sync();
  exchange_.MoveByHand(id, CopyPlace::kInbox);
  Sync();
  EXPECT_FALSE(IsDeleted(id));
  EXPECT_TRUE(store_.Summary(kAda)->lamp());
}

TEST_F(Copies, AnotherFolderIsNoDeletionAndIsFollowed) {
  const auto id = Settled("v1");
  exchange_.MoveByHand(id, CopyPlace::kElsewhere);
  Sync();
  EXPECT_FALSE(IsDeleted(id));
  // Nothing tells of that folder; a look into it does.
  exchange_.ReadByHand(id, true);
  Sync(true);
  EXPECT_EQ(Message(id).state, MessageState::kHeard);
  exchange_.DeleteForGood(id);
  Sync(true);
  EXPECT_TRUE(IsDeleted(id));
}

TEST_F(Copies, WhatHappensHereHappensToTheMail) {
  const auto id = Settled("v1");
  Change(id, MessageChange::kHeard);
  EXPECT_TRUE(Deliver());
  EXPECT_TRUE(exchange_.Of(id)->read);
  Change(id, MessageChange::kDelete);
  EXPECT_TRUE(Deliver());
  EXPECT_EQ(exchange_.Of(id)->place, CopyPlace::kDeletedItems);
  Sync();
  EXPECT_TRUE(IsDeleted(id));
  Change(id, MessageChange::kUndelete);
  EXPECT_TRUE(Deliver());
  EXPECT_EQ(exchange_.Of(id)->place, CopyPlace::kInbox);
  Sync();
  EXPECT_FALSE(IsDeleted(id));
  EXPECT_EQ(exchange_.created, 1);
}

TEST_F(Copies, BroughtBackAfterTheMailWasDestroyedItIsMailedAgain) {
  const auto id = Settled("v1");
  exchange_.DeleteForGood(id);
  Sync();
  Change(id, MessageChange::kUndelete);
  EXPECT_TRUE(Deliver());
  ASSERT_NE(exchange_.Of(id), nullptr);
  Sync();
  EXPECT_FALSE(IsDeleted(id));
}

TEST_F(Copies, ARemovedMailIsNotMadeAgainByMarkingTheMessage) {
  const auto id = Settled("v1");
  exchange_.DeleteForGood(id);
  Change(id, MessageChange::kHeard);
  EXPECT_TRUE(Deliver());
  EXPECT_EQ(exchange_.Of(id), nullptr);
  EXPECT_EQ(looks_, 1) << "the reader is sent to look";
  Sync();
  EXPECT_TRUE(IsDeleted(id));
}

TEST_F(Copies, WhatIsOwedToTheMailboxIsNotUndoneByReadingIt) {
  const auto id = Settled("v1");
  Change(id, MessageChange::kHeard);
  exchange_.ReadByHand(id, true);
  exchange_.ReadByHand(id, false);  // older news than ours
  Sync();
  EXPECT_EQ(Message(id).state, MessageState::kHeard);
  EXPECT_TRUE(Deliver());
  EXPECT_TRUE(exchange_.Of(id)->read);
}

TEST_F(Copies, AChangeHereDuringTheReadingWins) {
  const auto id = Settled("v1");
  exchange_.MoveByHand(id, CopyPlace::kElsewhere);
  // Read as unread, then heard and written before it is applied.
  exchange_.before_find = [&] {
    Change(id, MessageChange::kHeard);
    EXPECT_TRUE(Deliver());
    exchange_.before_find = nullptr;
  };
  Sync();
  EXPECT_EQ(Message(id).state, MessageState::kHeard);
  EXPECT_TRUE(exchange_.Of(id)->read);
}

TEST_F(Copies, ALostSyncStateDeletesNothingThatIsThere) {
  const auto in_inbox = Settled("v1");
  const auto elsewhere = Settled("v2");
  const auto destroyed = Settled("v3");
  exchange_.MoveByHand(elsewhere, CopyPlace::kElsewhere);
  exchange_.DeleteForGood(destroyed);
  exchange_.lose_states = true;
  Sync();
  EXPECT_FALSE(IsDeleted(in_inbox));
  EXPECT_FALSE(IsDeleted(elsewhere));
  EXPECT_TRUE(IsDeleted(destroyed));
}

TEST_F(Copies, TheBrakeStopsALandslideUntilSomebodyDecides) {
  std::vector<VoicemailId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(Settled("v" + std::to_string(i)));
  exchange_.ReadByHand(ids[5], true);
  for (int i = 0; i < 5; ++i) exchange_.DeleteForGood(ids[i]);
  EXPECT_EQ(Sync().stopped, 5);
  EXPECT_FALSE(IsDeleted(ids[0]));
  EXPECT_EQ(Message(ids[5]).state, MessageState::kHeard) << "the rest goes on";
  EXPECT_NE(log_lines_.find("deletion_brake"), std::string::npos);
  EXPECT_EQ(Sync().stopped, 5) << "and stays on";
  EXPECT_EQ(*store_.ResolveBrake(kAda, false), 5);
  EXPECT_EQ(Sync().stopped, 0);
  EXPECT_TRUE(IsDeleted(ids[0]));
  EXPECT_EQ(*store_.ResolveBrake(kAda, false), 0) << "it is off";
}

TEST_F(Copies, WhatIsKeptIsMailedAgain) {
  std::vector<VoicemailId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(Settled("v" + std::to_string(i)));
  for (int i = 0; i < 5; ++i) exchange_.DeleteForGood(ids[i]);
  EXPECT_EQ(Sync().stopped, 5);
  EXPECT_EQ(*store_.ResolveBrake(kAda, true), 5);
  EXPECT_EQ(Sync().stopped, 0);
  EXPECT_TRUE(Deliver());
  EXPECT_EQ(Sync().stopped, 0);
  for (const auto& id : ids) {
    EXPECT_FALSE(IsDeleted(id));
    EXPECT_NE(exchange_.Of(id), nullptr);
  }
  EXPECT_EQ(exchange_.mails.size(), 6u);
}

TEST_F(Copies, ALostLeaseWritesNothing) {
  const auto id = Settled("v1");
  exchange_.MoveByHand(id, CopyPlace::kElsewhere);
  exchange_.before_find = [&] { ASSERT_TRUE(store_.AcquireLease(kAda).ok()); };
  EXPECT_TRUE(absl::IsAborted(sync_.Run(kMailbox, false).status()));
  Sync();
  EXPECT_FALSE(IsDeleted(id));
}

}  // namespace
}  // namespace crosspoint::voicemail
