#include "meeting_sync/domain/replica_choice.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace crosspoint::meeting_sync {
namespace {

UserId User(int i) { return {TenantId{"acme"}, "u" + std::to_string(i)}; }

TEST(ChooseReplica, SharesAreEven) {
  const std::vector<std::string> replicas = {"pod-a", "pod-b", "pod-c"};
  std::map<std::string, int> shares;
  for (int i = 0; i < 3000; ++i) ++shares[ChooseReplica(User(i), replicas)];
  for (const auto& replica : replicas) EXPECT_NEAR(shares[replica], 1000, 120) << replica;
}

TEST(ChooseReplica, LosingAReplicaMovesOnlyItsShare) {
  const std::vector<std::string> before = {"pod-a", "pod-b", "pod-c"};
  const std::vector<std::string> after = {"pod-a", "pod-c"};
  for (int i = 0; i < 500; ++i) {
    const auto was = ChooseReplica(User(i), before);
    if (was != "pod-b") {
      EXPECT_EQ(ChooseReplica(User(i), after), was);
    }
  }
}

TEST(ChooseReplica, NobodyLivesNobodyIsChosen) { EXPECT_EQ(ChooseReplica(User(1), {}), ""); }

}  // namespace
}  // namespace crosspoint::meeting_sync
