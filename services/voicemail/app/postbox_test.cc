#include "voicemail/app/postbox.h"

#include <gmock/gmock.h>

#include "tests/support/wav.h"
#include "voicemail/app/delivery.h"
#include "voicemail/app/fake_blobs.h"
#include "voicemail/app/fakes.h"
#include "voicemail/app/settings_desk.h"
#include "voicemail/app/sweeper.h"
#include "voicemail/domain/blob_key.h"

namespace crosspoint::voicemail {
namespace {

using crosspoint::testing::MakeWav;
using std::chrono::hours;

const UserId kAda{TenantId{"acme"}, "ada"};
const UserId kBob{TenantId{"acme"}, "bob"};

class FakeContacts final : public ContactNames {
 public:
  absl::StatusOr<std::string> answer = std::string();
  absl::StatusOr<std::string> NameOf(const UserId&, const std::string&, Deadline) override { return answer; }
};

class FakeNotifier final : public Notifier {
 public:
  bool has_relay = true;
  std::vector<std::string> audio;
  bool configured() const override { return has_relay; }
  bool IsAddress(const std::string& address) const override { return address.find('@') != std::string::npos; }
  absl::Status Notify(const UserId&, const Voicemail&, const std::string&, const std::string& bytes,
                      Deadline) override {
    audio.push_back(bytes);
    return absl::OkStatus();
  }
};

class WithPostbox : public ::testing::Test {
 protected:
  WithPostbox() {
    users_.Put({.id = kAda, .display_name = "Ada", .email = "ada@corp.example", .extension = "201"});
    users_.Put({.id = kBob,
                .display_name = "Bob Builder",
                .email = "bob@corp.example",
                .extension = "202",
                .phones = {"030 23125 002"}});
    users_.Synced(kAda.tenant);
  }
  absl::StatusOr<Voicemail> Deposit(const std::string& number, const std::string& request_id = "",
                                    const std::string& wav = MakeWav(), const std::string& name = "") {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto facts, postbox_.Admit(kAda, number, name, request_id));
    const auto upload = postbox_.NewUpload();
    CROSSPOINT_RETURN_IF_ERROR(upload->Append(wav));
    CROSSPOINT_RETURN_IF_ERROR(upload->Finish());
    return postbox_.Deposit(facts, *upload);
  }

  FakeClock clock_;
  FakeStore store_;
  FakeBlobs blobs_{clock_};
  FakeContacts contacts_;
  FakeChanges changes_;
  SequentialIdSource ids_;
  UserBook users_{{{kAda.tenant, TenantRules{.region = "DE"}}}};
  Postbox postbox_{{store_, blobs_, users_, contacts_, changes_, clock_, ids_, 3, WavLimits{}}};
};

TEST_F(WithPostbox, ADepositIsKeptWithItsHashAndLength) {
  const auto wav = MakeWav();
  const auto message = Deposit("+49 30 99", "", wav);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->audio.sha256, Sha256Hex(wav));
  EXPECT_EQ(message->audio.length, std::chrono::seconds{1});
  EXPECT_EQ(message->audio.bytes, static_cast<int64_t>(wav.size()));
  EXPECT_TRUE(blobs_.Has(MessageBlob(kAda, message->id)));
  EXPECT_EQ(changes_.changed.size(), 1u);
}

TEST_F(WithPostbox, CallersAreNamedByTheDirectoryTheContactsOrTheNetwork) {
  contacts_.answer = "Uncle Joe";
  const auto colleague = Deposit("+493023125002", "", MakeWav(), "CNAM");
  ASSERT_TRUE(colleague.ok());
  EXPECT_EQ(colleague->caller.name, "Bob Builder");
  EXPECT_EQ(colleague->caller.user, kBob);
  EXPECT_EQ(Deposit("202")->caller.user, kBob);
  EXPECT_EQ(Deposit("+493099", "", MakeWav(), "CNAM")->caller.name, "Uncle Joe");
}

TEST_F(WithPostbox, WithoutContactsAMessageIsKeptAllTheSame) {
  contacts_.answer = absl::UnavailableError("away");
  const auto message = Deposit("+493099", "", MakeWav(), "CNAM");
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->caller.name, "CNAM");
  EXPECT_EQ(Deposit("")->caller.name, "");
}

TEST_F(WithPostbox, TheSameRequestGivesTheSameMessageAndKeepsItsAudioOnce) {
  const auto first = Deposit("202", "r1");
  const auto second = Deposit("202", "r1");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->id, second->id);
  EXPECT_EQ(blobs_.size(), 1u);
  EXPECT_EQ(Deposit("202", "r1", MakeWav({.seed = 2})).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(blobs_.size(), 1u);
}

TEST_F(WithPostbox, AFullMailboxRefusesAndKeepsNothing) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Deposit("202").ok());
  const auto refused = Deposit("202");
  EXPECT_TRUE(HasReason(refused.status(), "MAILBOX_FULL")) << refused.status();
  EXPECT_EQ(blobs_.size(), 3u);
}

TEST_F(WithPostbox, WhoIsNoUserGetsNoMessages) {
  EXPECT_TRUE(absl::IsNotFound(postbox_.Admit({kAda.tenant, "eve"}, "", "", "").status()));
  EXPECT_TRUE(absl::IsNotFound(postbox_.Admit({TenantId{"other"}, "ada"}, "", "", "").status()));
  UserBook unknown({{kAda.tenant, TenantRules{}}});
  EXPECT_TRUE(HasReason(unknown.Find(kAda).status(), "USERS_UNKNOWN"));
}

TEST_F(WithPostbox, AForwardedMessageIsACopyThatOutlivesTheOriginal) {
  const auto original = Deposit("+493099");
  const auto copy = postbox_.Forward(kAda, original->id, kBob, "r2");
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->forwarded_by, kAda);
  EXPECT_EQ(copy->audio.sha256, original->audio.sha256);
  EXPECT_EQ(postbox_.Forward(kAda, original->id, kBob, "r2")->id, copy->id);
  EXPECT_EQ(blobs_.size(), 2u);
  EXPECT_TRUE(blobs_.Has(MessageBlob(kBob, copy->id)));
  EXPECT_TRUE(absl::IsNotFound(postbox_.Forward(kAda, original->id, {TenantId{"other"}, "x"}, "").status()));
}

TEST_F(WithPostbox, OnlyUsersCanBeAnswered) {
  const auto from_bob = Deposit("202");
  const auto facts = postbox_.AdmitReply(kAda, from_bob->id, "");
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->owner, kBob);
  EXPECT_EQ(facts->number, "201");
  const auto from_outside = Deposit("+493099");
  EXPECT_TRUE(HasReason(postbox_.AdmitReply(kAda, from_outside->id, "").status(), "CALLER_NOT_A_USER"));
}

TEST_F(WithPostbox, SweepingKeepsWhatIsNeededAndYoung) {
  const auto kept = Deposit("202");
  const auto deleted = Deposit("202", "", MakeWav({.seed = 2}));
  ASSERT_TRUE(store_.Change(kAda, deleted->id, MessageChange::kDelete, "", clock_.Now()).ok());
  const auto orphan = MessageBlob(kAda, {"v9"});
  ASSERT_TRUE(blobs_.Copy(MessageBlob(kAda, kept->id), orphan).ok());
  const auto upload = postbox_.NewUpload();
  ASSERT_TRUE(upload->Append(MakeWav({.seed = 5})).ok());
  const auto greeting = postbox_.KeepGreeting(kAda, "default", *upload);
  ASSERT_TRUE(greeting.ok());
  const auto again = postbox_.NewUpload();
  ASSERT_TRUE(again->Append(MakeWav({.seed = 6})).ok());
  ASSERT_TRUE(postbox_.KeepGreeting(kAda, "default", *again).ok());

  Sweeper sweeper(store_, blobs_, clock_);
  EXPECT_EQ(sweeper.Sweep()->removed, 0) << "what is young may be on its way";
  clock_.Advance(hours{2});
  EXPECT_EQ(sweeper.Sweep()->removed, 2);
  EXPECT_FALSE(blobs_.Has(orphan));
  EXPECT_FALSE(blobs_.Has(GreetingBlob(kAda, *greeting))) << "replaced by another";
  EXPECT_TRUE(postbox_.Find(kAda, deleted->id).ok()) << "it can be brought back";
  clock_.Advance(kRetention);
  EXPECT_FALSE(postbox_.Find(kAda, deleted->id).ok());
  EXPECT_EQ(sweeper.Sweep()->removed, 1);
  EXPECT_TRUE(blobs_.Has(MessageBlob(kAda, kept->id)));
}

TEST_F(WithPostbox, SettingsAreCheckedAsAWhole) {
  FakeNotifier notifier;
  SettingsDesk desk(store_, users_, notifier);
  const SettingsMask all{true, true, true};
  EXPECT_EQ(desk.Get(kAda)->type, DeliveryType::kNone);
  EXPECT_EQ(desk.Update(kAda, {.type = DeliveryType::kNotify}, all).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(desk.Update(kAda, {.type = DeliveryType::kNone, .notify_address = "x\r\n"}, all).status().code(),
            absl::StatusCode::kInvalidArgument);
  const auto set = desk.Update(kAda, {.type = DeliveryType::kNotify, .notify_address = "a@b.c"}, all);
  ASSERT_TRUE(set.ok()) << set.status();
  const auto attached = desk.Update(kAda, {.attach_audio = true}, {.attach = true});
  ASSERT_TRUE(attached.ok());
  EXPECT_EQ(attached->type, DeliveryType::kNotify);
  EXPECT_TRUE(absl::IsAborted(desk.Update(kAda, *set, all).status()));
  notifier.has_relay = false;
  EXPECT_TRUE(HasReason(desk.Update(kAda, {.attach_audio = false}, {.attach = true}).status(), "NO_MAIL_RELAY"));
  users_.Put({.id = kBob, .display_name = "Bob", .binding = Binding::kNone});
  EXPECT_TRUE(HasReason(desk.Update(kBob, {.type = DeliveryType::kSynced}, all).status(), "NO_MAILBOX"));
  users_.Put({.id = kBob, .display_name = "Bob", .email = "b@c.d", .binding = Binding::kGraph});
  EXPECT_TRUE(HasReason(desk.Update(kBob, {.type = DeliveryType::kSynced}, all).status(), "PROVIDER_NOT_SERVED"));
}

TEST_F(WithPostbox, NotificationsCarryTheAudioOnlyWhenAskedAndOnlyWhileWanted) {
  FakeNotifier notifier;
  FakeMailboxes exchange;
  CopyWriter writer(store_, store_, exchange, users_, [](const UserId&) {});
  Delivery delivery(store_, blobs_, writer, notifier);
  ASSERT_TRUE(store_.PutSettings(kAda, {.type = DeliveryType::kNotify, .notify_address = "a@b.c"}).ok());
  const auto wav = MakeWav();
  const auto message = Deposit("202", "", wav);
  const DeliveryOrder order{DeliveryOrder::Kind::kNotify, kAda, message->id};
  EXPECT_TRUE(delivery.Deliver(order, Deadline::max()).ok());
  ASSERT_TRUE(
      store_.PutSettings(kAda, {.type = DeliveryType::kNotify, .notify_address = "a@b.c", .attach_audio = true}).ok());
  EXPECT_TRUE(delivery.Deliver(order, Deadline::max()).ok());
  ASSERT_TRUE(store_.PutSettings(kAda, {.type = DeliveryType::kNone}).ok());
  EXPECT_TRUE(delivery.Deliver(order, Deadline::max()).ok());
  EXPECT_THAT(notifier.audio, ::testing::ElementsAre("", wav));
}

}  // namespace
}  // namespace crosspoint::voicemail
