#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class PresenceEmails : public ::testing::Test {
 protected:
  PresenceEmails() { EXPECT_TRUE(replica_.WaitUntilLoaded()); }

  void Know(const std::string& user, const std::vector<std::string>& emails) {
    replica_.emails().Put(UserId{acme_, user}, emails);
  }
  void KnowAll() {
    replica_.emails().Restart(acme_);
    Know("u1", {"ann@corp.example", "a.smith@corp.example"});
    Know("u2", {"bob@corp.example"});
    replica_.emails().Synced(acme_);
  }
  std::string Batch(const pb::BatchGetPresenceRequest& request, pb::BatchGetPresenceResponse& out,
                    const std::string& tenant = "acme") {
    PresenceCaller caller(replica_, keys_->Token(tenant, "u9"));
    return Told(caller.stub().BatchGetPresence(caller.Context().get(), request, &out));
  }

  const TenantId acme_{"acme"};
  RedisServer redis_;
  CredentialsFolder keys_;
  PresenceReplica replica_{redis_, *keys_};
};

TEST_F(PresenceEmails, NamesAndAddressesAreAnsweredInOrderAndUnknownOnesTold) {
  KnowAll();
  ASSERT_EQ(Told(PresenceCaller(replica_, keys_->Token("acme", "u1")).Set("u1", "vacation")), "OK");
  pb::BatchGetPresenceRequest request;
  request.add_users(UserName("u7"));
  for (const char* email : {"A.Smith@CORP.example", "nobody@corp.example", "bob@corp.example"}) {
    request.add_emails(email);
  }
  pb::BatchGetPresenceResponse answer;
  ASSERT_EQ(Batch(request, answer), "OK");
  std::vector<std::string> users;
  for (const auto& presence : answer.presences()) {
    users.push_back(presence.user() + " " + presence.availability().state());
  }
  EXPECT_THAT(users,
              ElementsAre(UserName("u7") + " available", UserName("u1") + " vacation", UserName("u2") + " available"));
  std::vector<std::string> owners;
  for (const auto& owner : answer.owners()) owners.push_back(owner.email() + "=" + owner.user());
  EXPECT_THAT(owners, ElementsAre("A.Smith@CORP.example=" + UserName("u1"),
                                  "nobody@corp.example=", "bob@corp.example=" + UserName("u2")));
}

TEST_F(PresenceEmails, UntilTheDirectoryHasSpokenTheCallerIsToldToTryAgain) {
  pb::BatchGetPresenceRequest request;
  request.add_emails("ann@corp.example");
  pb::BatchGetPresenceResponse answer;
  EXPECT_EQ(Batch(request, answer), "UNAVAILABLE USERS_UNKNOWN");
  KnowAll();
  EXPECT_EQ(Batch(request, answer), "OK");
  EXPECT_EQ(answer.presences_size(), 1);
}

TEST_F(PresenceEmails, AnotherTenantsAddressesAreNobodys) {
  KnowAll();
  replica_.emails().Restart({"other"});
  replica_.emails().Synced({"other"});
  pb::BatchGetPresenceRequest request;
  request.add_emails("ann@corp.example");
  pb::BatchGetPresenceResponse answer;
  EXPECT_EQ(Batch(request, answer, "other"), "OK");
  EXPECT_EQ(answer.owners(0).user(), "");
  EXPECT_EQ(answer.presences_size(), 0);
}

TEST_F(PresenceEmails, TooManyTooLongAndNoneAreRefused) {
  KnowAll();
  pb::BatchGetPresenceRequest request;
  pb::BatchGetPresenceResponse answer;
  EXPECT_EQ(Batch(request, answer), "INVALID_ARGUMENT INVALID_FIELD users");
  request.add_emails("");
  EXPECT_EQ(Batch(request, answer), "INVALID_ARGUMENT INVALID_FIELD emails");
  request.set_emails(0, std::string(255, 'x'));
  EXPECT_EQ(Batch(request, answer), "INVALID_ARGUMENT INVALID_FIELD emails");
  request.clear_emails();
  for (int i = 0; i < 1001; ++i) request.add_emails("x@corp.example");
  EXPECT_EQ(Batch(request, answer), "INVALID_ARGUMENT INVALID_FIELD emails");
  request.mutable_emails()->RemoveLast();
  EXPECT_EQ(Batch(request, answer), "OK");
}

TEST_F(PresenceEmails, AWatchByAddressFollowsItsUser) {
  KnowAll();
  PresenceWatcher watcher(replica_, keys_->Token("acme", "u9"), {});
  pb::WatchPresenceRequest request;
  request.add_add_emails("ANN@corp.example");
  request.add_add_emails("nobody@corp.example");
  ASSERT_TRUE(watcher.Send(request));
  ASSERT_TRUE(watcher.WaitForState("u1", "available"));
  EXPECT_EQ(watcher.owners(),
            (std::map<std::string, std::string>{{"ANN@corp.example", UserName("u1")}, {"nobody@corp.example", ""}}));
  ASSERT_EQ(Told(PresenceCaller(replica_, keys_->Token("acme", "u1")).Set("u1", "vacation")), "OK");
  EXPECT_TRUE(watcher.WaitForState("u1", "vacation"));
}

}  // namespace
}  // namespace crosspoint::testing
