// One suite for everything that calls itself a store of contacts: the fake, Redis and Valkey.
#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "common/redis/client.h"
#include "common/redis/outbox.h"
#include "common/status/status.h"
#include "contact/adapters/redis_contact_store.h"
#include "contact/adapters/redis_sync_store.h"
#include "contact/app/fake_store.h"
#include "contact/domain/mailbox_card.h"
#include "tests/support/redis_server.h"

namespace crosspoint::contact {
namespace {

using crosspoint::testing::RedisServer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Kind = ContactWrite::Kind;

const UserId kAda{{"acme"}, "ada"};

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

// Stores and what they stand on.
class UnderTest {
 public:
  virtual ~UnderTest() = default;
  virtual ContactStore& contacts() = 0;
  virtual SyncStore& sync() = 0;
  virtual MailboxLease Lease() = 0;
  // Contacts whose mailbox item is to be brought up to date.
  virtual std::vector<std::string> Told() = 0;
};

class FakeUnderTest final : public UnderTest {
 public:
  ContactStore& contacts() override { return store_; }
  SyncStore& sync() override { return store_; }
  MailboxLease Lease() override { return {store_.valid_token}; }
  std::vector<std::string> Told() override { return store_.told; }

 private:
  FakeStore store_;
};

class RedisUnderTest final : public UnderTest {
 public:
  explicit RedisUnderTest(RedisServer::Options::Kind kind)
      : server_({.kind = kind}),
        redis_(server_.config()),
        outbox_(redis_, "contact"),
        contacts_(redis_, outbox_, ids_),
        sync_(redis_, outbox_, ids_),
        leases_(redis_, ids_, "me", std::chrono::seconds(30)) {}
  ContactStore& contacts() override { return contacts_; }
  SyncStore& sync() override { return sync_; }
  MailboxLease Lease() override {
    const auto lease = leases_.Acquire(kAda);
    EXPECT_TRUE(lease.ok()) << lease.status();
    return lease.ok() ? *lease : MailboxLease{};
  }
  std::vector<std::string> Told() override {
    std::vector<std::string> told;
    const auto entries = redis_.Call({"XRANGE", "cp:{contact:acme:ada}:outbox", "-", "+"}, Soon());
    if (!entries.ok()) return told;
    for (const auto& entry : entries->array()) {
      const auto& fields = entry.array().at(1).array();
      for (size_t i = 0; i + 1 < fields.size(); i += 2) {
        if (fields[i].text() == "id") told.push_back(fields[i + 1].text());
      }
    }
    return told;
  }
  RedisServer& server() { return server_; }
  RedisMailboxLeases& leases() { return leases_; }

 private:
  RedisServer server_;
  RedisClient redis_;
  Outbox outbox_;
  RandomIdSource ids_;
  RedisContactStore contacts_;
  RedisSyncStore sync_;
  RedisMailboxLeases leases_;
};

Facts Named(const std::string& name) {
  Facts facts;
  facts.display_name = name;
  return facts;
}

ContactWrite Upsert(const std::string& id, Source source, const std::string& source_id, const std::string& name) {
  return {.kind = Kind::kUpsert, .id = id, .source = source, .source_id = source_id, .facts = Named(name)};
}

struct Make {
  const char* name;
  std::function<std::unique_ptr<UnderTest>()> make;
};

class ContactStoreContract : public ::testing::TestWithParam<Make> {
 protected:
  absl::StatusOr<WriteResult> Write(std::vector<ContactWrite> writes, const std::string& tell = "",
                                    const std::string& request = "", const std::string& hash = "") {
    return contacts().Write(
        kAda, {.writes = std::move(writes), .request_id = request, .request_hash = hash, .tell_mailbox_of = tell},
        Soon());
  }
  std::map<std::string, Contact> All() {
    std::map<std::string, Contact> all;
    const auto changes = contacts().ReadChanges(kAda, "", 0, 10'000, Soon());
    EXPECT_TRUE(changes.ok()) << changes.status();
    if (changes.ok()) {
      for (const auto& contact : changes->contacts) {
        if (!contact.deleted) all[contact.id] = contact;
      }
    }
    return all;
  }
  static std::string Reason(const absl::Status& status) {
    const auto info = GetErrorInfo(status);
    return info ? info->reason : "";
  }
  ContactStore& contacts() { return under_test_->contacts(); }
  SyncStore& sync() { return under_test_->sync(); }

  std::unique_ptr<UnderTest> under_test_ = GetParam().make();
};

TEST_P(ContactStoreContract, WhatIsWrittenIsReadBackWhole) {
  Facts facts = Named("Zoë \"Z\" Müller");
  facts.emails = {"z@x"};
  facts.phones = {{"mobile", "0171 1", "+491711", "7"}};
  facts.addresses = {{"home", "Weg 1\nHof", "Berlin", "", "", ""}};
  ASSERT_TRUE(Write({{.kind = Kind::kCreate, .id = "c1", .facts = facts}}).ok());
  const auto contact = All().at("c1");
  EXPECT_EQ(contact.facts, facts);
  EXPECT_EQ(contact.source, Source::kOwn);
  EXPECT_GT(contact.create_time_us, 0);
  EXPECT_EQ(contact.edition, contact.revision);
}

TEST_P(ContactStoreContract, TheSameUpsertAgainChangesNothing) {
  const auto first = Write({Upsert("c1", Source::kOutlook, "o 1", "Ada"), Upsert("c2", Source::kApple, "o 1", "Ada")});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->counts, (Counts{.created = 2}));
  const auto before = All();
  const auto again = Write({Upsert("c8", Source::kOutlook, "o 1", "Ada"), Upsert("c9", Source::kApple, "o 1", "Ada")});
  EXPECT_EQ(again->counts, (Counts{.unchanged = 2}));
  EXPECT_EQ(All(), before);
  const auto changed = Write({Upsert("c9", Source::kOutlook, "o 1", "Ada L"),
                              {.kind = Kind::kRemove, .source = Source::kApple, .source_id = "o 1"},
                              {.kind = Kind::kRemove, .source = Source::kApple, .source_id = "never"}});
  EXPECT_EQ(changed->counts, (Counts{.updated = 1, .deleted = 1, .unchanged = 1}));
  ASSERT_THAT(All(), ElementsAre(Pair("c1", ::testing::_)));
  EXPECT_EQ(All().at("c1").facts.display_name, "Ada L");
}

TEST_P(ContactStoreContract, AStaleEditionWritesNothingAtAll) {
  ASSERT_TRUE(Write({{.kind = Kind::kCreate, .id = "c1", .facts = Named("Ada")}}).ok());
  const auto edition = All().at("c1").edition;
  ASSERT_TRUE(Write({{.kind = Kind::kUpdate, .id = "c1", .edition = edition, .facts = Named("Ada 2")}}).ok());
  const auto stale = Write({{.kind = Kind::kCreate, .id = "c2", .facts = Named("Grace")},
                            {.kind = Kind::kUpdate, .id = "c1", .edition = edition, .facts = Named("Ada 3")}});
  EXPECT_EQ(Reason(stale.status()), "ETAG_STALE");
  EXPECT_EQ(Reason(Write({{.kind = Kind::kDelete, .id = "c1", .edition = edition}}).status()), "ETAG_STALE");
  EXPECT_TRUE(absl::IsNotFound(Write({{.kind = Kind::kUpdate, .id = "none", .facts = Named("x")}}).status()));
  ASSERT_THAT(All(), SizeIs(1));
  EXPECT_EQ(All().at("c1").facts.display_name, "Ada 2");
}

TEST_P(ContactStoreContract, ARepeatedRequestAnswersTheSameAndOtherContentIsRefused) {
  const auto first = Write({{.kind = Kind::kCreate, .id = "c1", .facts = Named("Ada")}}, "", "r1", "h1");
  const auto again = Write({{.kind = Kind::kCreate, .id = "c9", .facts = Named("Ada")}}, "", "r1", "h1");
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(again->id, "c1");
  EXPECT_EQ(again->counts, first->counts);
  EXPECT_EQ(Reason(Write({Upsert("c9", Source::kFile, "f", "x")}, "", "r1", "h2").status()), "REQUEST_ID_REUSED");
  EXPECT_THAT(All(), SizeIs(1));
}

TEST_P(ContactStoreContract, TheMailboxIsToldOfChangesAlone) {
  ASSERT_TRUE(Write({{.kind = Kind::kCreate, .id = "c1", .facts = Named("Ada")}}, "c1").ok());
  ASSERT_TRUE(Write({{.kind = Kind::kUpdate, .id = "c1", .facts = Named("Ada")}}, "c1").ok());
  EXPECT_THAT(under_test_->Told(), ElementsAre("c1"));
  ASSERT_TRUE(Write({{.kind = Kind::kDelete, .id = "c1"}}, "c1").ok());
  EXPECT_THAT(under_test_->Told(), ElementsAre("c1", "c1"));
}

TEST_P(ContactStoreContract, ChangesComeByRevisionWithDeletions) {
  ASSERT_TRUE(Write({Upsert("c1", Source::kFile, "1", "A"), Upsert("c2", Source::kFile, "2", "B")}).ok());
  const auto begin = contacts().ReadChanges(kAda, "", 0, 1, Soon());
  ASSERT_TRUE(begin.ok());
  EXPECT_TRUE(begin->restart);
  EXPECT_FALSE(begin->complete);
  ASSERT_THAT(begin->contacts, SizeIs(1));
  ASSERT_TRUE(Write({{.kind = Kind::kRemove, .source = Source::kFile, .source_id = "1"}}).ok());
  const auto rest = contacts().ReadChanges(kAda, begin->epoch, begin->contacts[0].revision, 10, Soon());
  ASSERT_TRUE(rest.ok());
  EXPECT_FALSE(rest->restart);
  EXPECT_TRUE(rest->complete);
  ASSERT_THAT(rest->contacts, SizeIs(2));
  EXPECT_EQ(rest->contacts[0].id, "c2");
  EXPECT_TRUE(rest->contacts[1].deleted);
  EXPECT_TRUE(contacts().ReadChanges(kAda, "another", 7, 10, Soon())->restart);
}

TEST_P(ContactStoreContract, AnUploadMovesFromStepToStepAndNotTwice) {
  UploadStep step{
      .upload_id = "up", .source = Source::kOutlook, .replace_all = true, .expected = 0, .received = 2, .digest = "d2"};
  step.seen = {"1", "2"};
  step.writes = {Upsert("c1", Source::kOutlook, "1", "A")};
  step.refusals = {{1, "2", "upsert.company", "too long"}};
  ASSERT_TRUE(Write({Upsert("c0", Source::kOutlook, "0", "Old"), Upsert("c5", Source::kApple, "5", "Apple")}).ok());
  EXPECT_FALSE(contacts().GetUpload(kAda, "up", Soon())->has_value());
  ASSERT_TRUE(contacts().StepUpload(kAda, step, Soon()).ok());
  EXPECT_EQ(Reason(contacts().StepUpload(kAda, step, Soon())), "UPLOAD_ELSEWHERE");
  EXPECT_THAT(*contacts().Unnamed(kAda, "up", Source::kOutlook, Soon()), ElementsAre("0"));
  UploadStep last{
      .upload_id = "up", .source = Source::kOutlook, .replace_all = true, .expected = 2, .received = 2, .digest = "d2"};
  last.writes = {{.kind = Kind::kRemove, .source = Source::kOutlook, .source_id = "0"}};
  last.complete = true;
  ASSERT_TRUE(contacts().StepUpload(kAda, last, Soon()).ok());
  const auto upload = *contacts().GetUpload(kAda, "up", Soon());
  ASSERT_TRUE(upload);
  EXPECT_EQ(upload->received, 2);
  EXPECT_EQ(upload->digest, "d2");
  EXPECT_TRUE(upload->complete && upload->replace_all);
  EXPECT_EQ(upload->counts, (Counts{.created = 1, .deleted = 1}));
  EXPECT_EQ(upload->refused, 1);
  ASSERT_THAT(upload->refusals, SizeIs(1));
  EXPECT_EQ(upload->refusals[0].field, "upsert.company");
}

TEST_P(ContactStoreContract, ACommitTiesContactsToItemsAndKeepsThePlace) {
  const auto lease = under_test_->Lease();
  SyncCommit commit;
  commit.writes = {Upsert("c1", Source::kExchange, "i1", "Mary"), Upsert("c2", Source::kExchange, "i2", "Otto")};
  commit.links = {{"c1", {"i1", "k1", Named("Mary")}}, {"c2", {"i2", "k2", Named("Otto")}}};
  commit.hold = {"c2"};
  commit.tell = {"c1"};
  commit.sync_state = "state";
  commit.begun_us = 77;
  ASSERT_TRUE(sync().Commit(kAda, lease, commit).ok());
  const auto point = sync().LoadPoint(kAda);
  ASSERT_TRUE(point.ok());
  EXPECT_EQ(point->sync_state, "state");
  EXPECT_EQ(point->begun_us, 77);
  EXPECT_EQ(point->linked, 2);
  EXPECT_EQ(point->held, 1);
  EXPECT_THAT(*sync().Held(kAda), ElementsAre("c2"));
  EXPECT_THAT(*sync().ContactsOf(kAda, {"i1", "none"}), ElementsAre(Pair("i1", "c1")));
  EXPECT_THAT(*sync().AllItems(kAda), ElementsAre(Pair("i1", "c1"), Pair("i2", "c2")));
  const auto loaded = *sync().Load(kAda, {"c1", "none"});
  ASSERT_THAT(loaded, SizeIs(1));
  EXPECT_EQ(loaded.at("c1").link->base, Named("Mary"));
  EXPECT_EQ(loaded.at("c1").contact->source_id, "i1");
  EXPECT_THAT(under_test_->Told(), ElementsAre("c1"));
}

TEST_P(ContactStoreContract, ACommitMovesAContactToItsItemWithoutANewEdition) {
  ASSERT_TRUE(Write({{.kind = Kind::kCreate, .id = "c1", .facts = Named("Ada")}}).ok());
  const auto before = All().at("c1");
  SyncCommit commit;
  commit.writes = {{.kind = Kind::kMove, .id = "c1", .source = Source::kExchange, .source_id = "i1"},
                   {.kind = Kind::kMove, .id = "gone", .source = Source::kExchange, .source_id = "i9"}};
  ASSERT_TRUE(sync().Commit(kAda, under_test_->Lease(), commit).ok());
  const auto after = All().at("c1");
  EXPECT_EQ(after.source, Source::kExchange);
  EXPECT_EQ(after.source_id, "i1");
  EXPECT_EQ(after.facts, before.facts);
  EXPECT_EQ(after.edition, before.edition);
  EXPECT_GT(after.revision, before.revision);
  EXPECT_THAT(All(), SizeIs(1));
}

TEST_P(ContactStoreContract, ACommitWithoutTheLeaseOrOnAChangedContactWritesNothing) {
  ASSERT_TRUE(Write({{.kind = Kind::kCreate, .id = "c1", .facts = Named("Ada")}}).ok());
  SyncCommit commit;
  commit.writes = {{.kind = Kind::kUpdate,
                    .id = "c1",
                    .source = Source::kExchange,
                    .source_id = "i1",
                    .edition = 99,
                    .facts = Named("Other")}};
  commit.sync_state = "state";
  const auto lease = under_test_->Lease();
  EXPECT_TRUE(absl::IsAborted(sync().Commit(kAda, {"0:nobody"}, commit)));
  EXPECT_EQ(Reason(sync().Commit(kAda, lease, commit)), "ETAG_STALE");
  commit.writes[0].id = "none";
  EXPECT_TRUE(absl::IsAborted(sync().Commit(kAda, lease, commit))) << "deleted meanwhile";
  EXPECT_EQ(sync().LoadPoint(kAda)->sync_state, "");
  EXPECT_EQ(All().at("c1").facts.display_name, "Ada");
}

TEST_P(ContactStoreContract, ManyWritersOfOneSourceMakeEachContactOnce) {
  std::atomic<int> created{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const auto written = Write({Upsert("c" + std::to_string(t) + "-" + std::to_string(i), Source::kOutlook,
                                           "o" + std::to_string(i), "Ada")});
        if (written.ok()) created += written->counts.created;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(created, 25);
  EXPECT_THAT(All(), SizeIs(25));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, ContactStoreContract,
    ::testing::Values(
        Make{"Fake", [] { return std::make_unique<FakeUnderTest>(); }},
        Make{"Redis", [] { return std::make_unique<RedisUnderTest>(RedisServer::Options::Kind::kRedis); }},
        Make{"Valkey", [] { return std::make_unique<RedisUnderTest>(RedisServer::Options::Kind::kValkey); }}),
    [](const auto& info) { return info.param.name; });

TEST(RedisContactStore, OneMailboxHasOneReaderAlsoWithinAProcess) {
  RedisUnderTest redis(RedisServer::Options::Kind::kRedis);
  const auto first = redis.leases().Acquire(kAda);
  ASSERT_TRUE(first.ok());
  const auto info = GetErrorInfo(redis.leases().Acquire(kAda).status());
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "LEASE_HELD");
  redis.leases().Release(kAda, *first);
  EXPECT_TRUE(redis.leases().Acquire(kAda).ok());
}

TEST(RedisContactStore, MoreThanAUserMayHaveAreRefusedTogether) {
  RedisUnderTest redis(RedisServer::Options::Kind::kRedis);
  for (size_t done = 0; done < kMaxContacts; done += 1'000) {
    WriteRequest request;
    for (size_t i = done; i < done + 1'000; ++i) {
      request.writes.push_back(Upsert("c" + std::to_string(i), Source::kOutlook, "o" + std::to_string(i), "A"));
    }
    ASSERT_TRUE(redis.contacts().Write(kAda, request, Soon()).ok());
  }
  WriteRequest more{
      .writes = {Upsert("x", Source::kOutlook, "o1", "Changed"), Upsert("y", Source::kApple, "1", "New")}};
  const auto refused = redis.contacts().Write(kAda, more, Soon());
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status())) << refused.status();
  more.writes.pop_back();
  EXPECT_TRUE(redis.contacts().Write(kAda, more, Soon()).ok()) << "what is there may be changed";
}

TEST(RedisContactStore, WhatWasAcknowledgedSurvivesTheDeathOfRedis) {
  RedisUnderTest redis(RedisServer::Options::Kind::kRedis);
  std::vector<std::string> acknowledged;
  for (int i = 0; i < 50; ++i) {
    const auto id = "c" + std::to_string(i);
    if (redis.contacts()
            .Write(kAda, {.writes = {{.kind = Kind::kCreate, .id = id, .facts = Named(id)}}}, Soon())
            .ok()) {
      acknowledged.push_back(id);
    }
    if (i == 30) {
      redis.server().Kill();
      redis.server().Restart();
    }
  }
  EXPECT_GE(acknowledged.size(), 31u);
  const auto changes = redis.contacts().ReadChanges(kAda, "", 0, 100, Soon());
  ASSERT_TRUE(changes.ok());
  EXPECT_GE(changes->contacts.size(), acknowledged.size());
}

}  // namespace
}  // namespace crosspoint::contact
