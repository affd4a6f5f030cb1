#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;

class PresenceTables : public ::testing::Test {
 protected:
  std::unique_ptr<PresenceReplica> Replica(Losses losses = {}) {
    auto replica = std::make_unique<PresenceReplica>(redis_, *keys_, PresenceReplica::Options{.losses = losses});
    EXPECT_TRUE(replica->WaitUntilLoaded());
    return replica;
  }
  pb::AvailabilityTable Get(const PresenceReplica& replica, const std::string& tenant = "acme") {
    PresenceCaller caller(replica, keys_->Token(tenant, "u1"));
    pb::GetAvailabilityTableRequest request;
    request.set_name("tenants/" + tenant + "/availabilityTable");
    pb::AvailabilityTable table;
    EXPECT_EQ(Told(caller.stub().GetAvailabilityTable(caller.Context().get(), request, &table)), "OK");
    return table;
  }
  std::string Update(const PresenceReplica& replica, const pb::AvailabilityTable& table,
                     pb::AvailabilityTable* out = nullptr, const std::string& role = "tenant_admin") {
    PresenceCaller caller(replica, keys_->Token("acme", "admin", {role}));
    pb::UpdateAvailabilityTableRequest request;
    *request.mutable_table() = table;
    pb::AvailabilityTable response;
    return Told(caller.stub().UpdateAvailabilityTable(caller.Context().get(), request, out ? out : &response));
  }
  // The standard table with vacation in pink, and with lunch.
  pb::AvailabilityTable Pink(const PresenceReplica& replica) {
    auto table = Get(replica);
    table.mutable_states(3)->set_color("#ff00ff");
    table.mutable_states(3)->set_display_name("Holiday");
    auto& lunch = *table.add_states();
    lunch.set_key("lunch");
    lunch.set_display_name("At Lunch");
    lunch.set_color("#112233");
    lunch.set_alternative_text("At lunch");
    return table;
  }
  std::string ColorOf(const PresenceReplica& replica, const std::string& user, const std::string& tenant = "acme") {
    PresenceCaller caller(replica, keys_->Token(tenant, user));
    pb::GetPresenceRequest request;
    request.set_user(UserName(user, tenant));
    pb::Presence presence;
    EXPECT_EQ(Told(caller.stub().GetPresence(caller.Context().get(), request, &presence)), "OK");
    return presence.availability().display_name() + " " + presence.availability().color();
  }

  RedisServer redis_;
  CredentialsFolder keys_;
};

TEST_F(PresenceTables, AChangedTableHoldsForEveryReplicaOneStartedLaterToo) {
  const auto first = Replica();
  const auto second = Replica();
  PresenceCaller me(*first, keys_->Token("acme", "u1"));
  ASSERT_EQ(Told(me.Set("u1", "vacation")), "OK");
  ASSERT_EQ(Update(*first, Pink(*first)), "OK");
  EXPECT_EQ(ColorOf(*first, "u1"), "Holiday #ff00ff");
  EXPECT_TRUE(WaitFor([&] { return ColorOf(*second, "u1") == "Holiday #ff00ff"; }));
  EXPECT_EQ(ColorOf(*first, "u1", "other"), "Available #2e9e44") << "another tenant's";
  EXPECT_EQ(Get(*first, "other").states_size(), 6);
  const auto third = Replica();
  EXPECT_EQ(ColorOf(*third, "u1"), "Holiday #ff00ff");
  EXPECT_EQ(Get(*third).SerializeAsString(), Get(*first).SerializeAsString());
  ASSERT_EQ(Told(PresenceCaller(*third, keys_->Token("acme", "u1")).Set("u1", "at lunch")), "OK");
  EXPECT_EQ(ColorOf(*third, "u1"), "At Lunch #112233");
}

TEST_F(PresenceTables, AReplicaThatMissedTheFrameLearnsFromAHeartbeat) {
  const auto first = Replica({.drop = 1.0});
  const auto second = Replica();
  ASSERT_EQ(Update(*first, Pink(*first)), "OK");
  EXPECT_TRUE(WaitFor([&] { return Get(*second).states_size() == 7; }));
}

TEST_F(PresenceTables, OpenWatchesAreToldTheNewLookAndAnOldTokenToo) {
  const auto first = Replica();
  const auto second = Replica();
  for (const char* user : {"u1", "u2"}) {
    ASSERT_EQ(Told(PresenceCaller(*second, keys_->Token("acme", user)).Set(user, "vacation")), "OK");
  }
  PresenceWatcher watcher(*second, keys_->Token("acme", "u9"), {"u1", "u2"});
  ASSERT_TRUE(watcher.WaitForSynced());
  const auto token = watcher.resume_token();
  const auto before = watcher.received();
  ASSERT_EQ(Update(*first, Pink(*first)), "OK");
  EXPECT_TRUE(WaitFor([&] { return watcher.received() == before + 2; }));
  EXPECT_FALSE(watcher.saw_gap());
  PresenceWatcher late(*second, keys_->Token("acme", "u9"), {"u1", "u2"}, token);
  EXPECT_TRUE(late.WaitForSynced());
  EXPECT_EQ(late.received(), 2u) << "states it had would show the old colours";
  EXPECT_TRUE(late.saw_gap());
  PresenceWatcher again(*first, keys_->Token("acme", "u9"), {"u1", "u2"}, late.resume_token());
  EXPECT_TRUE(again.WaitForSynced());
  EXPECT_FALSE(again.saw_gap());
  EXPECT_EQ(again.received(), 0u) << "the same look on another replica";
}

TEST_F(PresenceTables, OnlyTheAdministratorAndOnlyWithAFreshEtag) {
  const auto replica = Replica();
  const auto first = Get(*replica);
  EXPECT_EQ(Update(*replica, Pink(*replica), nullptr, "user"), "PERMISSION_DENIED ROLE_REQUIRED");
  pb::AvailabilityTable written;
  ASSERT_EQ(Update(*replica, Pink(*replica), &written), "OK");
  EXPECT_NE(written.etag(), first.etag());
  EXPECT_EQ(Update(*replica, first), "ABORTED ETAG_STALE");
  auto bad = written;
  bad.mutable_states(0)->set_color("green");
  EXPECT_EQ(Update(*replica, bad), "INVALID_ARGUMENT INVALID_FIELD table.states[0].color");
  EXPECT_EQ(Get(*replica).SerializeAsString(), written.SerializeAsString());
}

TEST_F(PresenceTables, WhereDetailIsHiddenColleaguesSeeNeitherNoteNorEndOnAnyReplica) {
  const auto first = Replica();
  const auto second = Replica();
  PresenceCaller me(*first, keys_->Token("acme", "u1"));
  pb::SetAvailabilityRequest set;
  set.set_user(UserName("u1"));
  set.set_state("custom");
  set.set_note("at the dentist");
  set.mutable_end_time()->set_seconds(4'000'000'000);
  pb::Presence said;
  ASSERT_EQ(Told(me.stub().SetAvailability(me.Context().get(), set, &said)), "OK");
  const auto seen_by = [&](const std::string& who, const std::string& role) {
    PresenceCaller viewer(*second, keys_->Token("acme", who, {role}));
    pb::Presence presence;
    EXPECT_EQ(Told(viewer.Get("u1", presence)), "OK");
    return presence.availability().note() + (presence.availability().has_end_time() ? " until" : "");
  };
  ASSERT_TRUE(WaitFor([&] { return seen_by("u2", "user") == "at the dentist until"; }));

  PresenceCaller admin(*first, keys_->Token("acme", "admin", {"tenant_admin"}));
  pb::UpdateViewerPolicyRequest update;
  update.mutable_policy()->set_name("tenants/acme/viewerPolicy");
  pb::ViewerPolicy policy;
  ASSERT_EQ(Told(admin.stub().UpdateViewerPolicy(admin.Context().get(), update, &policy)), "OK");
  EXPECT_FALSE(policy.show_detail());
  EXPECT_TRUE(WaitFor([&] { return seen_by("u2", "user").empty(); }));
  EXPECT_EQ(seen_by("u1", "user"), "at the dentist until");
  EXPECT_EQ(seen_by("admin", "tenant_admin"), "at the dentist until");
  EXPECT_EQ(ColorOf(*second, "u1"), "Custom #e67e22");

  pb::BatchGetPresenceRequest batch;
  batch.add_users(UserName("u1"));
  pb::BatchGetPresenceResponse answers;
  PresenceCaller colleague(*second, keys_->Token("acme", "u2"));
  ASSERT_EQ(Told(colleague.stub().BatchGetPresence(colleague.Context().get(), batch, &answers)), "OK");
  EXPECT_EQ(answers.presences(0).availability().note(), "");

  update.mutable_policy()->set_show_detail(true);
  update.mutable_policy()->set_etag("detail");
  EXPECT_EQ(Told(admin.stub().UpdateViewerPolicy(admin.Context().get(), update, &policy)), "ABORTED ETAG_STALE");
  pb::GetViewerPolicyRequest get;
  get.set_name("tenants/acme/viewerPolicy");
  ASSERT_EQ(Told(admin.stub().GetViewerPolicy(admin.Context().get(), get, &policy)), "OK");
  update.mutable_policy()->set_etag(policy.etag());
  ASSERT_EQ(Told(admin.stub().UpdateViewerPolicy(admin.Context().get(), update, &policy)), "OK");
  EXPECT_TRUE(WaitFor([&] { return seen_by("u2", "user") == "at the dentist until"; }));
}

}  // namespace
}  // namespace crosspoint::testing
