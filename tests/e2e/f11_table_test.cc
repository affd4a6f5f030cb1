// F11: old names stay good in a tenant that calls its states otherwise. F3: its colours on every replica.
#include <gmock/gmock.h>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

// A tenant of its own: others count on the standard table.
constexpr char kTable[] = "tenants/painted/availabilityTable";
constexpr char kUser[] = "tenants/painted/users/u1";

std::unique_ptr<grpc::ClientContext> As(const std::string& user, const std::string& role) {
  return TheStack().With(TheStack().credentials().Token("painted", user, {role}));
}

presence::AvailabilityTable Table(int replica) {
  presence::GetAvailabilityTableRequest request;
  request.set_name(kTable);
  presence::AvailabilityTable table;
  EXPECT_TRUE(Outcome(Presence(replica)->GetAvailabilityTable(As("u1", "user").get(), request, &table)).ok());
  return table;
}

TEST(F11, OldNamesStayGoodInATenantThatRenamesItsStates) {
  presence::UpdateAvailabilityTableRequest update;
  *update.mutable_table() = Table(0);
  for (auto& state : *update.mutable_table()->mutable_states()) {
    state.set_display_name("Our " + state.display_name());
    state.set_color("#0000ff");
  }
  presence::AvailabilityTable written;
  const auto updated =
      Outcome(Presence()->UpdateAvailabilityTable(As("admin", "tenant_admin").get(), update, &written));
  ASSERT_TRUE(updated.ok()) << updated;
  ASSERT_TRUE(testing::Eventually([&] { return Table(1).etag() == written.etag(); }));
  for (const auto& state : written.states()) {
    for (const auto& old_name : state.old_names()) {
      presence::SetAvailabilityRequest set;
      set.set_user(kUser);
      set.set_state(old_name);
      presence::Presence answer;
      const auto status = Outcome(Presence(1)->SetAvailability(As("u1", "user").get(), set, &answer));
      ASSERT_TRUE(status.ok()) << old_name << ": " << status;
      EXPECT_EQ(answer.availability().state(), state.key()) << old_name;
      EXPECT_EQ(answer.availability().display_name(), state.display_name());
      EXPECT_EQ(answer.availability().color(), "#0000ff");
    }
  }
}

}  // namespace
}  // namespace crosspoint::e2e
