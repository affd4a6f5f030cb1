// One suite for everything that calls itself a MailboxStore and a CopyStore: the fake, Redis and Valkey.
#include <gmock/gmock.h>

#include <functional>
#include <memory>

#include "common/redis/client.h"
#include "common/redis/outbox.h"
#include "common/status/status.h"
#include "tests/support/redis_server.h"
#include "voicemail/adapters/redis_copy_store.h"
#include "voicemail/adapters/redis_mailbox_store.h"
#include "voicemail/app/fakes.h"

namespace crosspoint::voicemail {
namespace {

using crosspoint::testing::RedisServer;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const UserId kAda{TenantId{"acme"}, "ada"};
const UserId kBob{TenantId{"acme"}, "bob"};
const TimePoint kNow{std::chrono::hours{24 * 20'000}};

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual MailboxStore& store() = 0;
  virtual CopyStore& copies() = 0;
  // Ids of the messages for which something must follow, in order.
  virtual std::vector<std::string> Outbox(const UserId& user) = 0;
};

class FakeUnderTest final : public StoreUnderTest {
 public:
  MailboxStore& store() override { return store_; }
  CopyStore& copies() override { return store_; }
  std::vector<std::string> Outbox(const UserId& user) override {
    std::vector<std::string> ids;
    for (const auto& order : store_.outbox) {
      if (order.user == user) ids.push_back(order.id.value);
    }
    return ids;
  }

 private:
  FakeStore store_;
};

class RedisUnderTest final : public StoreUnderTest {
 public:
  explicit RedisUnderTest(RedisServer::Options::Kind kind)
      : server_({.kind = kind}),
        redis_(server_.config()),
        outbox_(redis_, "voicemail"),
        store_(outbox_),
        copies_(outbox_, "replica", seconds{30}) {}
  MailboxStore& store() override { return store_; }
  CopyStore& copies() override { return copies_; }
  std::vector<std::string> Outbox(const UserId& user) override {
    std::vector<std::string> ids;
    const auto key = "cp:{voicemail:" + user.tenant.value + ":" + user.value + "}:outbox";
    for (const auto& entry : server_.Command({"XRANGE", key, "-", "+"}).array()) {
      const auto& fields = entry.array()[1].array();
      for (size_t i = 0; i + 1 < fields.size(); i += 2) {
        if (fields[i].text() == "id") ids.push_back(fields[i + 1].text());
      }
    }
    return ids;
  }

 private:
  RedisServer server_;
  RedisClient redis_;
  crosspoint::Outbox outbox_;
  RedisMailboxStore store_;
  RedisCopyStore copies_;
};

class MailboxStoreContract : public ::testing::TestWithParam<const char*> {
 protected:
  MailboxStoreContract() {
    const std::string kind = GetParam();
    if (kind == "Fake") {
      under_test_ = std::make_unique<FakeUnderTest>();
    } else {
      under_test_ = std::make_unique<RedisUnderTest>(kind == "Redis" ? RedisServer::Options::Kind::kRedis
                                                                     : RedisServer::Options::Kind::kValkey);
    }
  }
  MailboxStore& store() { return under_test_->store(); }
  CopyStore& copies() { return under_test_->copies(); }

  NewMessage Message(const std::string& id, seconds age = seconds{0}) {
    NewMessage add{.max_messages = 100};
    add.message.id.value = id;
    add.message.receive_time = kNow - age;
    add.message.caller = {"+493099", "Bob\nB", kBob};
    add.message.audio = {std::string(64, 'a'), 16'044, std::chrono::milliseconds{1'000}};
    return add;
  }
  Voicemail Add(const std::string& id, seconds age = seconds{0}) {
    const auto added = store().Add(kAda, Message(id, age));
    EXPECT_TRUE(added.ok()) << added.status();
    return added.ok() ? added->message : Voicemail{};
  }
  Voicemail Change(const std::string& id, MessageChange change, const std::string& etag = "") {
    const auto changed = store().Change(kAda, {id}, change, etag, kNow);
    EXPECT_TRUE(changed.ok()) << changed.status();
    return changed.value_or(Voicemail{});
  }
  void UseSynced() { EXPECT_TRUE(store().PutSettings(kAda, {.type = DeliveryType::kSynced}).ok()); }
  std::vector<std::string> Listed(bool show_deleted = false, size_t limit = 50,
                                  std::optional<MessageCursor> after = std::nullopt) {
    const auto listed = store().List(kAda, {.limit = limit, .after = after, .show_deleted = show_deleted});
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> ids;
    for (const auto& message : *listed) ids.push_back(message.id.value);
    return ids;
  }
  Applied Apply(const std::string& id, const CopyState& copy) {
    const auto lease = copies().AcquireLease(kAda);
    const auto applied = copies().Apply(kAda, *lease, *copies().Counter(kAda), {{id}, copy}, kNow);
    EXPECT_TRUE(applied.ok()) << applied.status();
    copies().ReleaseLease(kAda, *lease);
    return applied.value_or(Applied::kGone);
  }

  std::unique_ptr<StoreUnderTest> under_test_;
};

TEST_P(MailboxStoreContract, KeepsEveryFactOfAMessage) {
  auto add = Message("v1");
  add.message.forwarded_by = kBob;
  ASSERT_TRUE(store().Add(kAda, add).ok());
  const auto message = *store().Get(kAda, {"v1"});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->receive_time, kNow);
  EXPECT_EQ(message->caller.number, "+493099");
  EXPECT_EQ(message->caller.name, "Bob\nB");
  EXPECT_EQ(message->caller.user, kBob);
  EXPECT_EQ(message->forwarded_by, kBob);
  EXPECT_EQ(message->audio.sha256, std::string(64, 'a'));
  EXPECT_EQ(message->audio.bytes, 16'044);
  EXPECT_EQ(message->audio.length, seconds{1});
  EXPECT_EQ(message->state, MessageState::kNew);
  EXPECT_EQ(message->delivery, DeliveryType::kNone);
  EXPECT_FALSE(message->delete_time);
  EXPECT_FALSE(*store().Get(kBob, {"v1"}));
  EXPECT_THAT(under_test_->Outbox(kAda), IsEmpty());
}

TEST_P(MailboxStoreContract, ListsNewestFirstInPages) {
  Add("v1", seconds{30});
  Add("v3", seconds{10});
  Add("v2", seconds{10});
  Add("v4", seconds{0});
  EXPECT_THAT(Listed(), ElementsAre("v4", "v3", "v2", "v1"));
  EXPECT_THAT(Listed(false, 2), ElementsAre("v4", "v3"));
  const auto micros = (kNow - seconds{10}).time_since_epoch().count();
  EXPECT_THAT(Listed(false, 2, MessageCursor{micros, "v3"}), ElementsAre("v2", "v1"));
  Change("v4", MessageChange::kDelete);
  EXPECT_THAT(Listed(), ElementsAre("v3", "v2", "v1"));
  EXPECT_THAT(Listed(true), ElementsAre("v4", "v3", "v2", "v1"));
}

TEST_P(MailboxStoreContract, CountsWhatIsNewAndHeardThroughEveryChange) {
  Add("v1");
  Add("v2");
  const auto summary = [this] { return *store().Summary(kAda); };
  EXPECT_EQ(summary(), (MailboxSummary{2, 0}));
  Change("v1", MessageChange::kHeard);
  Change("v1", MessageChange::kHeard);
  EXPECT_EQ(summary(), (MailboxSummary{1, 1}));
  Change("v1", MessageChange::kDelete);
  Change("v2", MessageChange::kDelete);
  EXPECT_EQ(summary(), (MailboxSummary{0, 0}));
  Change("v1", MessageChange::kUndelete);
  Change("v2", MessageChange::kUndelete);
  EXPECT_EQ(summary(), (MailboxSummary{1, 1}));
  Change("v1", MessageChange::kNew);
  EXPECT_EQ(summary(), (MailboxSummary{2, 0}));
}

TEST_P(MailboxStoreContract, TheSameChangeTwiceTakesOneRevision) {
  const auto made = Add("v1");
  const auto heard = Change("v1", MessageChange::kHeard);
  EXPECT_GT(heard.revision, made.revision);
  EXPECT_EQ(Change("v1", MessageChange::kHeard).revision, heard.revision);
}

TEST_P(MailboxStoreContract, RefusesStaleEtagsAndChangesOfTheDeleted) {
  const auto made = Add("v1");
  Change("v1", MessageChange::kHeard, made.etag());
  EXPECT_TRUE(HasReason(store().Change(kAda, {"v1"}, MessageChange::kNew, made.etag(), kNow).status(), "ETAG_STALE"));
  Change("v1", MessageChange::kDelete);
  EXPECT_TRUE(HasReason(store().Change(kAda, {"v1"}, MessageChange::kNew, "", kNow).status(), "MESSAGE_DELETED"));
  EXPECT_TRUE(absl::IsNotFound(store().Change(kAda, {"v9"}, MessageChange::kNew, "", kNow).status()));
}

TEST_P(MailboxStoreContract, ARequestIsAnsweredOnceWithinADay) {
  auto add = Message("v1");
  add.request_id = "r1";
  add.fingerprint = "f1";
  ASSERT_TRUE(store().Add(kAda, add).ok());
  add.message.id.value = "v2";
  const auto again = store().Add(kAda, add);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->message.id.value, "v1");
  add.fingerprint = "f2";
  EXPECT_TRUE(HasReason(store().Add(kAda, add).status(), "REQUEST_ID_REUSED"));
  EXPECT_THAT(Listed(), ElementsAre("v1"));
}

TEST_P(MailboxStoreContract, AFullMailboxTakesMessagesAgainWhenSomeAreDeleted) {
  auto add = Message("v1");
  add.max_messages = 1;
  ASSERT_TRUE(store().Add(kAda, add).ok());
  add.message.id.value = "v2";
  EXPECT_TRUE(HasReason(store().Add(kAda, add).status(), "MAILBOX_FULL"));
  Change("v1", MessageChange::kDelete);
  EXPECT_TRUE(store().Add(kAda, add).ok());
}

TEST_P(MailboxStoreContract, TellsWhatChangedSinceARevision) {
  const auto first = Add("v1");
  const auto state = *store().StateSince(kAda, 0);
  EXPECT_THAT(state.messages, SizeIs(1));
  EXPECT_EQ(state.summary, (MailboxSummary{1, 0}));
  Add("v2");
  Change("v1", MessageChange::kDelete);
  const auto since = *store().StateSince(kAda, state.revision);
  ASSERT_THAT(since.messages, SizeIs(2));
  EXPECT_EQ(since.messages[0].id.value, "v2");
  EXPECT_TRUE(since.messages[1].delete_time);
  EXPECT_EQ(since.revision, *store().Revision(kAda));
  EXPECT_THAT(store().StateSince(kAda, since.revision)->messages, IsEmpty());
}

TEST_P(MailboxStoreContract, ForgetsOnlyWhatWasDeletedLongAgo) {
  const auto made = Add("v1");
  EXPECT_FALSE(*store().Forget(kAda, {"v1"}, kNow + seconds{1}));
  const auto deleted = Change("v1", MessageChange::kDelete);
  EXPECT_FALSE(*store().Forget(kAda, {"v1"}, kNow));
  EXPECT_TRUE(*store().Forget(kAda, {"v1"}, kNow + seconds{1}));
  EXPECT_FALSE(*store().Get(kAda, {"v1"}));
  EXPECT_THAT(Listed(true), IsEmpty());
  EXPECT_EQ(store().StateSince(kAda, 0)->forgotten, deleted.revision);
  EXPECT_TRUE(*store().Forget(kAda, {"v9"}, kNow)) << "nobody knows it";
}

TEST_P(MailboxStoreContract, SettingsAreChangedByOneAtATime) {
  EXPECT_EQ(store().GetSettings(kAda)->type, DeliveryType::kNone);
  const auto set =
      store().PutSettings(kAda, {.type = DeliveryType::kNotify, .notify_address = "a@b.c", .attach_audio = true});
  ASSERT_TRUE(set.ok());
  const auto read = *store().GetSettings(kAda);
  EXPECT_EQ(read.type, DeliveryType::kNotify);
  EXPECT_EQ(read.notify_address, "a@b.c");
  EXPECT_TRUE(read.attach_audio);
  EXPECT_EQ(read.revision, set->revision);
  ASSERT_TRUE(store().PutSettings(kAda, *set).ok());
  EXPECT_TRUE(HasReason(store().PutSettings(kAda, *set).status(), "ETAG_STALE"));
}

TEST_P(MailboxStoreContract, GreetingsReplaceEachOtherByState) {
  ASSERT_TRUE(store().PutGreeting(kAda, {"default", {std::string(64, 'a'), 1, seconds{1}}}).ok());
  ASSERT_TRUE(store().PutGreeting(kAda, {"default", {std::string(64, 'b'), 2, seconds{2}}}).ok());
  const auto greetings = *store().Greetings(kAda);
  ASSERT_THAT(greetings, SizeIs(1));
  EXPECT_EQ(greetings[0].audio.sha256, std::string(64, 'b'));
}

TEST_P(MailboxStoreContract, WhatMustFollowIsWrittenWithTheChange) {
  Add("v1");
  EXPECT_THAT(under_test_->Outbox(kAda), IsEmpty());
  UseSynced();
  EXPECT_EQ(Add("v2").delivery, DeliveryType::kSynced);
  Change("v2", MessageChange::kHeard);
  Change("v2", MessageChange::kHeard);
  Change("v1", MessageChange::kHeard);
  EXPECT_THAT(under_test_->Outbox(kAda), ElementsAre("v2", "v2"));
  EXPECT_TRUE(*copies().HasCopies(kAda));
  EXPECT_FALSE(*copies().HasCopies(kBob));
  EXPECT_THAT(*copies().Copies(kAda), SizeIs(1));
}

TEST_P(MailboxStoreContract, WhatIsOwedIsPaidUnlessMoreBecameOwed) {
  UseSynced();
  Add("v1");
  auto record = **copies().GetCopy(kAda, {"v1"});
  EXPECT_TRUE(record.owes_place);
  Change("v1", MessageChange::kHeard);
  const CopyState copy{"item1", CopyPlace::kInbox, false};
  ASSERT_TRUE(copies().CopyWritten(kAda, record, copy).ok());
  record = **copies().GetCopy(kAda, {"v1"});
  EXPECT_EQ(record.copy, copy);
  EXPECT_TRUE(record.owes_read);
  ASSERT_TRUE(copies().CopyWritten(kAda, record, copy).ok());
  record = **copies().GetCopy(kAda, {"v1"});
  EXPECT_FALSE(record.owes_read);
  EXPECT_FALSE(record.owes_place);
}

TEST_P(MailboxStoreContract, TakesOverWhatTheMailboxShowsAndOwesItNothing) {
  UseSynced();
  Add("v1");
  ASSERT_TRUE(copies().CopyWritten(kAda, **copies().GetCopy(kAda, {"v1"}), {"item1", CopyPlace::kInbox, false}).ok());
  const auto entries = under_test_->Outbox(kAda).size();
  EXPECT_EQ(Apply("v1", {"item1", CopyPlace::kInbox, true}), Applied::kDone);
  EXPECT_EQ((*store().Get(kAda, {"v1"}))->state, MessageState::kHeard);
  EXPECT_EQ(Apply("v1", {"item2", CopyPlace::kDeletedItems, true}), Applied::kDone);
  EXPECT_TRUE((*store().Get(kAda, {"v1"}))->delete_time);
  EXPECT_EQ(Apply("v1", {"item3", CopyPlace::kElsewhere, false}), Applied::kDone);
  EXPECT_FALSE((*store().Get(kAda, {"v1"}))->delete_time);
  EXPECT_EQ(*store().Summary(kAda), (MailboxSummary{1, 0}));
  EXPECT_EQ(Apply("v1", {"", CopyPlace::kGone, false}), Applied::kDone);
  EXPECT_TRUE((*store().Get(kAda, {"v1"}))->delete_time);
  EXPECT_EQ(Apply("v9", {"", CopyPlace::kGone, false}), Applied::kGone);
  EXPECT_EQ(under_test_->Outbox(kAda).size(), entries);
}

TEST_P(MailboxStoreContract, WhatWasTouchedSinceTheLookIsNotTakenOver) {
  UseSynced();
  Add("v1");
  ASSERT_TRUE(copies().CopyWritten(kAda, **copies().GetCopy(kAda, {"v1"}), {"item1", CopyPlace::kInbox, false}).ok());
  const auto began = *copies().Counter(kAda);
  Change("v1", MessageChange::kHeard);
  const auto lease = *copies().AcquireLease(kAda);
  const Observation seen{{"v1"}, {"item1", CopyPlace::kInbox, false}};
  EXPECT_EQ(*copies().Apply(kAda, lease, began, seen, kNow), Applied::kTouched);
  // Looked at again, it still owes the mailbox that it was heard.
  EXPECT_EQ(*copies().Apply(kAda, lease, *copies().Counter(kAda), seen, kNow), Applied::kDone);
  EXPECT_EQ((*store().Get(kAda, {"v1"}))->state, MessageState::kHeard);
}

TEST_P(MailboxStoreContract, WithoutTheLeaseNothingIsWritten) {
  UseSynced();
  Add("v1");
  const CopyLease lost{"99:somebody"};
  EXPECT_TRUE(absl::IsAborted(copies().SavePoint(kAda, lost, {})));
  EXPECT_TRUE(
      absl::IsAborted(copies().Apply(kAda, lost, 1'000, {{"v1"}, {"", CopyPlace::kGone, false}}, kNow).status()));
  EXPECT_FALSE((*store().Get(kAda, {"v1"}))->delete_time);
}

TEST_P(MailboxStoreContract, TheBrakeIsLetOffOnceAndOnlyWhenItIsOn) {
  UseSynced();
  Add("v1");
  EXPECT_EQ(*copies().ResolveBrake(kAda, false), 0);
  EXPECT_FALSE(copies().LoadPoint(kAda)->brake_released);
  auto lease = *copies().AcquireLease(kAda);
  ASSERT_TRUE(copies().SavePoint(kAda, lease, {.inbox_state = "a", .deleted_state = "b", .stopped_deletions = 7}).ok());
  EXPECT_EQ(*copies().ResolveBrake(kAda, false), 7);
  auto point = *copies().LoadPoint(kAda);
  EXPECT_EQ(point.inbox_state, "a");
  EXPECT_EQ(point.deleted_state, "b");
  EXPECT_TRUE(point.brake_released);
  // A run that began before must not take the word back.
  point.stopped_deletions = 7;
  ASSERT_TRUE(copies().SavePoint(kAda, lease, point).ok());
  EXPECT_TRUE(copies().LoadPoint(kAda)->brake_released);
  point.stopped_deletions = 0;
  point.release_used = true;
  ASSERT_TRUE(copies().SavePoint(kAda, lease, point).ok());
  EXPECT_FALSE(copies().LoadPoint(kAda)->brake_released);
}

TEST_P(MailboxStoreContract, WhatIsKeptIsOwedToTheMailboxAgain) {
  UseSynced();
  Add("v1");
  Add("v2");
  for (const char* id : {"v1", "v2"}) {
    ASSERT_TRUE(copies().CopyWritten(kAda, **copies().GetCopy(kAda, {id}), {id, CopyPlace::kInbox, false}).ok());
  }
  Change("v2", MessageChange::kDelete);
  ASSERT_TRUE(
      copies().CopyWritten(kAda, **copies().GetCopy(kAda, {"v2"}), {"v2", CopyPlace::kDeletedItems, false}).ok());
  const auto lease = *copies().AcquireLease(kAda);
  ASSERT_TRUE(copies().SavePoint(kAda, lease, {.stopped_deletions = 5}).ok());
  const auto entries = under_test_->Outbox(kAda).size();
  EXPECT_EQ(*copies().ResolveBrake(kAda, true), 5);
  EXPECT_TRUE((*copies().GetCopy(kAda, {"v1"}))->owes_place);
  EXPECT_FALSE((*copies().GetCopy(kAda, {"v2"}))->owes_place) << "it is deleted here";
  EXPECT_EQ(under_test_->Outbox(kAda).size(), entries + 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, MailboxStoreContract, ::testing::Values("Fake", "Redis", "Valkey"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace crosspoint::voicemail
