#include "contact/app/mailbox_sync.h"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "contact/app/fake_mailboxes.h"
#include "contact/app/fake_store.h"
#include "contact/domain/mailbox_card.h"

namespace crosspoint::contact {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const UserId kAda{{"acme"}, "ada"};
const Mailbox kMailbox{kAda, "ada@corp.example"};

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

Facts Card(const std::string& name, const std::string& mobile = "") {
  Facts facts;
  facts.display_name = name;
  if (!mobile.empty()) facts.phones = {{.label = "mobile", .number = mobile, .e164 = "", .extension = ""}};
  return facts;
}

class Syncing : public ::testing::Test {
 protected:
  SyncReport Pull() {
    const auto report = sync_.Pull(kMailbox, lease_);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : SyncReport{};
  }
  // Carries out what the outbox holds.
  void PushAll() {
    while (!store_.told.empty()) {
      const auto contact = store_.told.front();
      store_.told.erase(store_.told.begin());
      const auto pushed = sync_.Push(kMailbox, lease_, contact);
      ASSERT_TRUE(pushed.ok()) << pushed;
    }
  }
  void Settle() {
    for (int i = 0; i < 4; ++i) {
      PushAll();
      Pull();
    }
  }
  std::string Create(const std::string& name, const std::string& mobile = "") {
    auto facts = Card(name, mobile);
    EXPECT_TRUE(Complete(facts, "DE", "").ok());
    const auto id = ids_.NewId("own");
    EXPECT_TRUE(
        store_
            .Write(kAda,
                   {.writes = {{.kind = ContactWrite::Kind::kCreate, .id = id, .facts = facts}}, .tell_mailbox_of = id},
                   Soon())
            .ok());
    return id;
  }
  void Change(const std::string& id, const std::function<void(Facts&)>& change) {
    auto facts = store_.contacts(kAda).at(id).facts;
    change(facts);
    EXPECT_TRUE(Complete(facts, "DE", "").ok());
    EXPECT_TRUE(
        store_
            .Write(kAda,
                   {.writes = {{.kind = ContactWrite::Kind::kUpdate, .id = id, .facts = facts}}, .tell_mailbox_of = id},
                   Soon())
            .ok());
  }
  void Delete(const std::string& id) {
    EXPECT_TRUE(
        store_.Write(kAda, {.writes = {{.kind = ContactWrite::Kind::kDelete, .id = id}}, .tell_mailbox_of = id}, Soon())
            .ok());
  }
  std::multiset<std::string> Here() {
    std::multiset<std::string> names;
    for (const auto& [id, contact] : store_.contacts(kAda)) names.insert(contact.facts.display_name);
    return names;
  }
  std::multiset<std::string> There() {
    std::multiset<std::string> names;
    for (const auto& [id, item] : mailboxes_.items) names.insert(item.card.display_name);
    return names;
  }

  FakeStore store_;
  FakeMailboxes mailboxes_;
  SequentialIdSource ids_;
  std::string lines_;
  log::Logger log_{"contact", log::Level::kDebug, [this](std::string_view line) { lines_ += line; }};
  MailboxSync sync_{mailboxes_, store_, ids_, {{kAda.tenant, "DE"}}, log_};
  MailboxLease lease_{store_.valid_token};
};

TEST_F(Syncing, WhatIsInTheMailboxComesHereOnceAndFollows) {
  mailboxes_.Put("i1", Card("Mary", "0171 5550001"));
  Pull();
  ASSERT_THAT(Here(), ElementsAre("Mary"));
  const auto first = store_.contacts(kAda).begin()->second;
  EXPECT_EQ(first.source, Source::kExchange);
  EXPECT_EQ(first.facts.phones[0].e164, "+491715550001");
  mailboxes_.Put("i1", Card("Mary Moved", "0171 5550001"));
  Pull();
  EXPECT_THAT(Here(), ElementsAre("Mary Moved"));
  EXPECT_EQ(store_.contacts(kAda).begin()->first, first.id);
  mailboxes_.Remove("i1");
  Pull();
  EXPECT_THAT(Here(), IsEmpty());
  EXPECT_THAT(store_.told, IsEmpty());
}

TEST_F(Syncing, WhatIsMadeHereIsMadeThereOnceThoughTheAnswerIsLost) {
  const auto id = Create("Otto");
  const auto edition = store_.contacts(kAda).at(id).edition;
  mailboxes_.lose_next_answer = true;
  EXPECT_TRUE(absl::IsUnavailable(sync_.Push(kMailbox, lease_, id)));
  Pull();
  Settle();
  EXPECT_THAT(There(), ElementsAre("Otto"));
  EXPECT_THAT(Here(), ElementsAre("Otto"));
  EXPECT_EQ(store_.contacts(kAda).at(id).source, Source::kExchange);
  EXPECT_EQ(store_.contacts(kAda).at(id).edition, edition);
}

TEST_F(Syncing, AContactThatIsDeletedBeforeItWasTiedIsDeletedThereToo) {
  const auto id = Create("Otto");
  mailboxes_.lose_next_answer = true;
  EXPECT_FALSE(sync_.Push(kMailbox, lease_, id).ok());
  Delete(id);
  Settle();
  EXPECT_THAT(There(), IsEmpty());
  EXPECT_THAT(Here(), IsEmpty());
}

TEST_F(Syncing, ACopyMadeInTheMailboxIsAContactOfItsOwn) {
  const auto id = Create("Otto");
  Settle();
  mailboxes_.Put("copy", Card("Otto"), id);
  Settle();
  EXPECT_THAT(Here(), ElementsAre("Otto", "Otto"));
  EXPECT_THAT(There(), ElementsAre("Otto", "Otto"));
}

TEST_F(Syncing, EditsOfBothSidesMeet) {
  mailboxes_.Put("i1", Card("Mary", "0171 5550001"));
  Pull();
  const auto id = store_.contacts(kAda).begin()->first;
  Change(id, [](Facts& facts) { facts.company = "Here"; });
  auto theirs = Card("Mary", "0171 5550002");
  mailboxes_.Put("i1", theirs);
  Settle();
  const auto here = store_.contacts(kAda).at(id).facts;
  EXPECT_EQ(here.company, "Here");
  EXPECT_EQ(here.phones[0].number, "0171 5550002");
  EXPECT_EQ(mailboxes_.items.at("i1").card.company, "Here");
}

TEST_F(Syncing, AConflictGoesToTheLaterChangeAndIsTold) {
  mailboxes_.Put("i1", Card("Mary"));
  Pull();
  const auto id = store_.contacts(kAda).begin()->first;
  store_.now_us = 9'000'000;
  Change(id, [](Facts& facts) { facts.company = "Later, here"; });
  auto theirs = Card("Mary");
  theirs.company = "Earlier, there";
  mailboxes_.Put("i1", theirs);
  EXPECT_EQ(Pull().conflicts, 1);
  Settle();
  EXPECT_EQ(mailboxes_.items.at("i1").card.company, "Later, here");
  EXPECT_NE(lines_.find("contact_conflict"), std::string::npos);
}

TEST_F(Syncing, WhatIsGoneThereButWasChangedHereComesBack) {
  mailboxes_.Put("i1", Card("Mary"));
  Pull();
  const auto id = store_.contacts(kAda).begin()->first;
  Change(id, [](Facts& facts) { facts.company = "Still needed"; });
  mailboxes_.Remove("i1");
  Settle();
  EXPECT_THAT(Here(), ElementsAre("Mary"));
  ASSERT_THAT(mailboxes_.items, SizeIs(1));
  EXPECT_EQ(mailboxes_.items.begin()->second.card.company, "Still needed");
}

TEST_F(Syncing, TheBrakeStopsManyDeletionsUntilSomebodyDecides) {
  for (int i = 0; i < 30; ++i) mailboxes_.Put("i" + std::to_string(i), Card("P" + std::to_string(i)));
  Pull();
  for (int i = 0; i < 25; ++i) mailboxes_.Remove("i" + std::to_string(i));
  const auto report = Pull();
  EXPECT_EQ(report.held, 25);
  EXPECT_EQ(report.removed, 0);
  EXPECT_THAT(Here(), SizeIs(30));
  EXPECT_NE(lines_.find("contact_deletions_stopped"), std::string::npos);
  mailboxes_.Remove("i25");
  Pull();
  EXPECT_THAT(*store_.Held(kAda), SizeIs(26)) << "a single one more waits with them";
  ASSERT_TRUE(sync_.ResolveBrake(kAda, lease_, /*proceed=*/false).ok());
  Settle();
  EXPECT_THAT(There(), SizeIs(30));
  EXPECT_THAT(Here(), SizeIs(30));
  EXPECT_THAT(*store_.Held(kAda), IsEmpty());
  EXPECT_TRUE(absl::IsFailedPrecondition(sync_.ResolveBrake(kAda, lease_, true)));
}

TEST_F(Syncing, AnAdministratorMayLetTheDeletionsHappen) {
  for (int i = 0; i < 30; ++i) mailboxes_.Put("i" + std::to_string(i), Card("P" + std::to_string(i)));
  Pull();
  for (int i = 0; i < 25; ++i) mailboxes_.Remove("i" + std::to_string(i));
  Pull();
  Delete(store_.Held(kAda)->front());  // the user was quicker with one
  ASSERT_TRUE(sync_.ResolveBrake(kAda, lease_, /*proceed=*/true).ok());
  Settle();
  EXPECT_THAT(Here(), SizeIs(5));
  EXPECT_THAT(There(), SizeIs(5));
}

TEST_F(Syncing, ALostStateDeletesNothingThatIsStillThere) {
  for (int i = 0; i < 40; ++i) mailboxes_.Put("i" + std::to_string(i), Card("P" + std::to_string(i)));
  Pull();
  mailboxes_.lost_states = true;
  for (int i = 0; i < 30; ++i) mailboxes_.unmentioned.insert("i" + std::to_string(i));
  mailboxes_.Remove("i35");
  const auto report = Pull();
  EXPECT_TRUE(report.reset);
  EXPECT_EQ(report.removed, 1);
  EXPECT_THAT(Here(), SizeIs(39));
}

TEST_F(Syncing, ALostLeaseWritesNothing) {
  mailboxes_.Put("i1", Card("Mary"));
  EXPECT_TRUE(absl::IsAborted(sync_.Pull(kMailbox, {"0:somebody else"}).status()));
  EXPECT_THAT(Here(), IsEmpty());
  Pull();
  EXPECT_THAT(Here(), ElementsAre("Mary"));
}

TEST_F(Syncing, AnItemThatIsNobodyIsLeftOut) {
  mailboxes_.Put("i1", Facts{});
  mailboxes_.Put("i2", Card("Mary"));
  Pull();
  EXPECT_THAT(Here(), ElementsAre("Mary"));
}

// Random edits on both sides, with answers lost and leases lost: in the end both sides hold the same, nothing twice.
TEST_F(Syncing, BothSidesComeToTheSame) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    for (int step = 0; step < 60; ++step) {
      const auto contacts = store_.contacts(kAda);
      const auto any = [&random](const auto& map) { return std::next(map.begin(), random() % map.size())->first; };
      const auto text = "v" + std::to_string(random() % 1000);
      switch (random() % 8) {
        case 0:
          Create(text, "0171 5550" + std::to_string(100 + random() % 900));
          break;
        case 1:
          mailboxes_.Put("s" + std::to_string(seed) + "." + std::to_string(step), Card(text));
          break;
        case 2:
          if (!contacts.empty()) Change(any(contacts), [&](Facts& facts) { facts.company = text; });
          break;
        case 3:
          if (!mailboxes_.items.empty()) {
            const auto id = any(mailboxes_.items);
            auto card = mailboxes_.items.at(id).card;
            card.job_title = text;
            mailboxes_.Put(id, card);
          }
          break;
        case 4:
          if (!contacts.empty() && random() % 4 == 0) Delete(any(contacts));
          break;
        case 5:
          if (!mailboxes_.items.empty() && random() % 4 == 0) mailboxes_.Remove(any(mailboxes_.items));
          break;
        case 6:
          mailboxes_.lose_next_answer = random() % 3 == 0;
          if (!store_.told.empty() && sync_.Push(kMailbox, lease_, store_.told.front()).ok()) {
            store_.told.erase(store_.told.begin());
          }
          break;
        default:
          mailboxes_.lost_states = random() % 5 == 0;
          Pull();
          mailboxes_.lost_states = false;
      }
    }
    mailboxes_.lose_next_answer = false;
    Settle();
    if (!store_.Held(kAda)->empty()) {
      ASSERT_TRUE(sync_.ResolveBrake(kAda, lease_, random() % 2 == 0).ok());
      Settle();
    }
    std::multiset<std::string> here;
    for (const auto& [id, contact] : store_.contacts(kAda)) {
      const auto& facts = contact.facts;
      here.insert(facts.display_name + "|" + facts.company + "|" + facts.job_title);
    }
    std::multiset<std::string> there;
    for (const auto& [id, item] : mailboxes_.items) {
      there.insert(item.card.display_name + "|" + item.card.company + "|" + item.card.job_title);
    }
    ASSERT_EQ(here, there) << "seed " << seed;
  }
}

}  // namespace
}  // namespace crosspoint::contact
