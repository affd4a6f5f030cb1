// F11: the old name Call Handling Status / Mode is accepted.
#include <gmock/gmock.h>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

TEST(F11, EveryOldNameOfTheTableSetsTheStateItStandsForWhateverItsCase) {
  const auto person = NewPerson();
  presence::GetAvailabilityTableRequest request;
  request.set_name("tenants/default/availabilityTable");
  presence::AvailabilityTable table;
  ASSERT_TRUE(Outcome(Presence()->GetAvailabilityTable(TheStack().AsUser(person.name).get(), request, &table)).ok());
  int tried = 0;
  for (const auto& state : table.states()) {
    for (const auto& old_name : state.old_names()) {
      auto shouted = old_name;
      for (char& c : shouted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      for (const auto& name : {old_name, shouted}) {
        presence::SetAvailabilityRequest set;
        set.set_user(person.name);
        set.set_state(name);
        presence::Presence answer;
        const auto status = Outcome(Presence()->SetAvailability(TheStack().AsUser(person.name).get(), set, &answer));
        ASSERT_TRUE(status.ok()) << name << ": " << status;
        EXPECT_EQ(answer.availability().state(), state.key()) << name;
        ++tried;
      }
    }
  }
  EXPECT_GE(tried, 12);  // each of the six states has an old name
}

}  // namespace
}  // namespace crosspoint::e2e
