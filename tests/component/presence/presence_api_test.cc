#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;

class PresenceApi : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    redis_ = std::make_unique<RedisServer>();
    keys_ = std::make_unique<CredentialsFolder>();
    replica_ = std::make_unique<PresenceReplica>(*redis_, **keys_);
    ASSERT_TRUE(replica_->WaitUntilLoaded());
  }
  static void TearDownTestSuite() {
    replica_.reset();
    keys_.reset();
    redis_.reset();
  }
  PresenceApi() : user_("u" + std::to_string(next_user_++)) {}

  PresenceCaller As(std::vector<std::string> roles) {
    return PresenceCaller(*replica_, (*keys_)->Token("acme", user_, std::move(roles)));
  }
  std::string Name() const { return UserName(user_); }
  pb::SetAvailabilityRequest Word(const std::string& state) const {
    pb::SetAvailabilityRequest request;
    request.set_user(Name());
    request.set_state(state);
    return request;
  }
  pb::Presence Get() {
    pb::Presence presence;
    EXPECT_EQ(Told(me_.Get(user_, presence)), "OK");
    return presence;
  }
  std::string Say(const pb::SetAvailabilityRequest& request, pb::Presence* out = nullptr) {
    pb::Presence response;
    return Told(me_.stub().SetAvailability(me_.Context().get(), request, out != nullptr ? out : &response));
  }

  static inline std::unique_ptr<RedisServer> redis_;
  static inline std::unique_ptr<CredentialsFolder> keys_;
  static inline std::unique_ptr<PresenceReplica> replica_;
  static inline int next_user_ = 0;

  const std::string user_;
  PresenceCaller me_ = As({"user"});
  PresenceCaller pbx_ = As({"integrator"});
};

int64_t SecondsFromNow(std::chrono::seconds in) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch() + in)
      .count();
}

TEST_F(PresenceApi, UserNobodySpokeForIsAvailableAndGreen) {
  const auto presence = Get();
  EXPECT_EQ(presence.user(), Name());
  EXPECT_EQ(presence.availability().state(), "available");
  EXPECT_EQ(presence.availability().display_name(), "Available");
  EXPECT_EQ(presence.availability().color(), "#2e9e44");
  EXPECT_EQ(presence.availability().claim_class(), pb::CLAIM_CLASS_DEFAULT);
  EXPECT_FALSE(presence.availability().has_start_time());
  EXPECT_FALSE(presence.availability().has_end_time());
}

TEST_F(PresenceApi, OwnWordIsReadBackAtOnceAndCleared) {
  pb::Presence said;
  auto request = Word("Do Not Disturb");
  request.set_note("deep work");
  EXPECT_EQ(Say(request, &said), "OK");
  EXPECT_EQ(said.availability().state(), "do-not-disturb");
  EXPECT_EQ(said.availability().note(), "deep work");
  EXPECT_EQ(said.availability().claim_class(), pb::CLAIM_CLASS_OWN_WORD);
  EXPECT_EQ(Get().SerializeAsString(), said.SerializeAsString());

  pb::ClearAvailabilityRequest clear;
  clear.set_user(Name());
  pb::Presence cleared;
  EXPECT_EQ(Told(me_.stub().ClearAvailability(me_.Context().get(), clear, &cleared)), "OK");
  EXPECT_EQ(cleared.availability().state(), "available");
  EXPECT_GT(cleared.revision(), said.revision());
}

TEST_F(PresenceApi, OldNamesOfStatesAreTaken) {
  pb::Presence said;
  EXPECT_EQ(Say(Word("Extended Absence"), &said), "OK");
  EXPECT_EQ(said.availability().state(), "vacation");
}

TEST_F(PresenceApi, BoundedWordSaysItsEnd) {
  auto request = Word("custom");
  request.mutable_end_time()->set_seconds(SecondsFromNow(3600s));
  pb::Presence said;
  EXPECT_EQ(Say(request, &said), "OK");
  EXPECT_EQ(said.availability().end_time().seconds(), request.end_time().seconds());
}

TEST_F(PresenceApi, WordUntilTheEndOfTheRunningClaim) {
  auto request = Word("custom");
  request.set_end_of_running_claim(true);
  EXPECT_EQ(Say(request), "FAILED_PRECONDITION RUNNING_CLAIM_OPEN");
  ASSERT_EQ(Told(pbx_.Put(user_, "m1", "in-a-meeting", -10s, 600s)), "OK");
  pb::Presence said;
  EXPECT_EQ(Say(request, &said), "OK");
  EXPECT_EQ(said.availability().state(), "custom");
  EXPECT_TRUE(said.availability().has_end_time());
}

TEST_F(PresenceApi, SameRequestIdGetsTheSameAnswerAndOtherContentIsRefused) {
  auto request = Word("custom");
  request.set_request_id("5F1A2B3C-0000-4000-8000-00000000000A");
  pb::Presence first;
  EXPECT_EQ(Say(request, &first), "OK");
  EXPECT_EQ(Say(Word("vacation")), "OK");
  pb::Presence again;
  EXPECT_EQ(Say(request, &again), "OK");
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(Get().availability().state(), "vacation");
  request.set_note("other");
  EXPECT_EQ(Say(request), "INVALID_ARGUMENT INVALID_FIELD request_id");
}

TEST_F(PresenceApi, BadWordsAreRefusedNamingTheField) {
  auto request = Word("lunch");
  EXPECT_EQ(Say(request), "INVALID_ARGUMENT INVALID_FIELD state");
  request = Word("");
  EXPECT_EQ(Say(request), "INVALID_ARGUMENT INVALID_FIELD state");
  request = Word("custom");
  request.set_note(std::string(257, 'x'));
  EXPECT_EQ(Say(request), "INVALID_ARGUMENT INVALID_FIELD note");
  request = Word("custom");
  request.mutable_end_time()->set_seconds(SecondsFromNow(-5s));
  EXPECT_EQ(Say(request), "INVALID_ARGUMENT INVALID_FIELD end_time");
  request.mutable_end_time()->set_seconds(INT64_MAX);
  EXPECT_EQ(Say(request), "INVALID_ARGUMENT INVALID_FIELD end_time");
  request = Word("custom");
  request.set_request_id("17");
  EXPECT_EQ(Say(request), "INVALID_ARGUMENT INVALID_FIELD request_id");
  request = Word("custom");
  request.set_end_of_running_claim(false);
  EXPECT_EQ(Say(request), "INVALID_ARGUMENT INVALID_FIELD end_of_running_claim");
  EXPECT_EQ(Get().availability().state(), "available");
}

TEST_F(PresenceApi, ClaimsArePutListedAndDeleted) {
  pb::PutClaimResponse put;
  ASSERT_EQ(Told(pbx_.Put(user_, "m1", "in-a-meeting", -10s, 600s, pb::CLAIM_CLASS_CALENDAR, &put)), "OK");
  EXPECT_EQ(put.claim().name(), Name() + "/claims/m1");
  EXPECT_GT(put.claim().revision(), 0);
  EXPECT_EQ(put.presence().availability().state(), "in-a-meeting");
  ASSERT_EQ(Told(pbx_.Put(user_, "m2", "do-not-disturb", 60s, 600s, pb::CLAIM_CLASS_OWN_WORD)), "OK");

  pb::ListClaimsRequest list;
  list.set_parent(Name());
  pb::ListClaimsResponse listed;
  ASSERT_EQ(Told(me_.stub().ListClaims(me_.Context().get(), list, &listed)), "OK");
  ASSERT_EQ(listed.claims_size(), 2);
  EXPECT_EQ(listed.claims(0).name(), Name() + "/claims/m2");
  EXPECT_EQ(listed.claims(1).SerializeAsString(), put.claim().SerializeAsString());
  EXPECT_TRUE(listed.next_page_token().empty());

  ASSERT_EQ(Told(pbx_.Delete(user_, "m1")), "OK");
  EXPECT_EQ(Get().availability().state(), "available");
  EXPECT_EQ(Told(pbx_.Delete(user_, "m1")), "OK");
}

TEST_F(PresenceApi, ClaimsComeInPagesWithoutLossOrRepetition) {
  for (int i = 0; i < 7; ++i) {
    ASSERT_EQ(Told(pbx_.Put(user_, "m" + std::to_string(i), "custom", std::chrono::seconds(i % 3), 600s)), "OK");
  }
  std::set<std::string> names;
  pb::ListClaimsRequest list;
  list.set_parent(Name());
  list.set_page_size(2);
  int pages = 0;
  do {
    pb::ListClaimsResponse listed;
    ASSERT_EQ(Told(me_.stub().ListClaims(me_.Context().get(), list, &listed)), "OK");
    for (const auto& claim : listed.claims()) EXPECT_TRUE(names.insert(claim.name()).second) << claim.name();
    list.set_page_token(listed.next_page_token());
    ++pages;
  } while (!list.page_token().empty());
  EXPECT_EQ(names.size(), 7u);
  EXPECT_EQ(pages, 4);
  list.set_page_token("x");
  pb::ListClaimsResponse listed;
  EXPECT_EQ(Told(me_.stub().ListClaims(me_.Context().get(), list, &listed)),
            "INVALID_ARGUMENT INVALID_FIELD page_token");
}

TEST_F(PresenceApi, BadClaimsAreRefusedNamingTheField) {
  pb::PutClaimRequest good;
  auto& claim = *good.mutable_claim();
  claim.set_name(Name() + "/claims/m1");
  claim.set_source("meeting-sync");
  claim.set_claim_class(pb::CLAIM_CLASS_CALENDAR);
  claim.set_state("in-a-meeting");
  claim.mutable_start_time()->set_seconds(SecondsFromNow(0s));
  claim.mutable_end_time()->set_seconds(SecondsFromNow(60s));
  const auto refused = [&](auto change) {
    auto request = good;
    change(*request.mutable_claim());
    pb::PutClaimResponse response;
    return Told(pbx_.stub().PutClaim(pbx_.Context().get(), request, &response));
  };
  const std::string invalid = "INVALID_ARGUMENT INVALID_FIELD claim.";
  EXPECT_EQ(refused([&](auto& c) { c.set_name(Name() + "/claims/A"); }), invalid + "name");
  EXPECT_EQ(refused([&](auto& c) { c.set_name(Name()); }), invalid + "name");
  EXPECT_EQ(refused([&](auto& c) { c.set_name(Name() + "/claims/by-hand-open"); }), invalid + "name");
  EXPECT_EQ(refused([](auto& c) { c.set_source(""); }), invalid + "source");
  EXPECT_EQ(refused([](auto& c) { c.set_source("a|b"); }), invalid + "source");
  EXPECT_EQ(refused([](auto& c) { c.set_source("hand"); }), invalid + "source");
  EXPECT_EQ(refused([](auto& c) { c.set_source("schedule"); }), invalid + "source");
  EXPECT_EQ(refused([](auto& c) { c.clear_claim_class(); }), invalid + "claim_class");
  EXPECT_EQ(refused([](auto& c) { c.set_claim_class(pb::CLAIM_CLASS_DEFAULT); }), invalid + "claim_class");
  EXPECT_EQ(refused([](auto& c) { c.set_claim_class(static_cast<pb::ClaimClass>(8)); }), invalid + "claim_class");
  EXPECT_EQ(refused([](auto& c) { c.set_state("In a Meeting"); }), invalid + "state");
  EXPECT_EQ(refused([](auto& c) { c.set_note(std::string(257, 'x')); }), invalid + "note");
  EXPECT_EQ(refused([](auto& c) { c.mutable_start_time()->set_seconds(-1); }), invalid + "start_time");
  EXPECT_EQ(refused([](auto& c) { c.mutable_start_time()->set_nanos(-1); }), invalid + "start_time");
  EXPECT_EQ(refused([](auto& c) { *c.mutable_end_time() = c.start_time(); }), invalid + "end_time");
  EXPECT_EQ(refused([](auto& c) { c.mutable_end_time()->set_seconds(64'000'000'000); }), invalid + "end_time");
  EXPECT_EQ(Get().revision(), 0);
  EXPECT_EQ(refused([](auto&) {}), "OK") << "the cases above fail for another reason";
}

TEST_F(PresenceApi, BatchAnswersInTheOrderAskedAndKeepsItsLimits) {
  ASSERT_EQ(Told(me_.Set(user_, "custom")), "OK");
  pb::BatchGetPresenceRequest request;
  request.add_users(UserName("nobody"));
  request.add_users(Name());
  pb::BatchGetPresenceResponse response;
  ASSERT_EQ(Told(me_.stub().BatchGetPresence(me_.Context().get(), request, &response)), "OK");
  ASSERT_EQ(response.presences_size(), 2);
  EXPECT_EQ(response.presences(0).availability().state(), "available");
  EXPECT_EQ(response.presences(1).availability().state(), "custom");
  while (request.users_size() < 1000) request.add_users(Name());
  EXPECT_EQ(Told(me_.stub().BatchGetPresence(me_.Context().get(), request, &response)), "OK");
  request.add_users(Name());
  EXPECT_EQ(Told(me_.stub().BatchGetPresence(me_.Context().get(), request, &response)),
            "INVALID_ARGUMENT INVALID_FIELD users");
}

TEST_F(PresenceApi, TableGivesEveryStateItsColourAndText) {
  pb::GetAvailabilityTableRequest request;
  request.set_name("tenants/acme/availabilityTable");
  pb::AvailabilityTable table;
  ASSERT_EQ(Told(me_.stub().GetAvailabilityTable(me_.Context().get(), request, &table)), "OK");
  EXPECT_EQ(table.name(), request.name());
  ASSERT_EQ(table.states_size(), 6);
  EXPECT_EQ(table.states(0).key(), "available");
  EXPECT_EQ(table.states(1).display_name(), "In a Meeting");
  EXPECT_FALSE(table.etag().empty());
  request.set_name("tenants/acme/table");
  EXPECT_EQ(Told(me_.stub().GetAvailabilityTable(me_.Context().get(), request, &table)),
            "INVALID_ARGUMENT INVALID_FIELD name");
}

}  // namespace
}  // namespace crosspoint::testing
