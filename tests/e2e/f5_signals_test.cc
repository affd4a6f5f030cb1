// F5: IM state apart from availability; on-phone too.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;

presence::Presence PresenceOf(const std::string& user, int replica) {
  presence::GetPresenceRequest request;
  request.set_user(user);
  presence::Presence answer;
  EXPECT_TRUE(Outcome(Presence(replica)->GetPresence(TheStack().AsUser(user).get(), request, &answer)).ok());
  return answer;
}

absl::Status Report(const Person& person, presence::ImState state, const std::string& as) {
  presence::ReportImStateRequest request;
  request.set_user(person.name);
  request.set_im_state(state);
  presence::ReportImStateResponse answer;
  const auto status = Outcome(Presence()->ReportImState(TheStack().AsUser(as).get(), request, &answer));
  EXPECT_EQ(answer.lease().seconds(), status.ok() ? 300 : 0);
  return status;
}

absl::Status Set(const std::string& user, const std::string& state) {
  presence::SetAvailabilityRequest request;
  request.set_user(user);
  request.set_state(state);
  presence::Presence answer;
  return Outcome(Presence()->SetAvailability(TheStack().AsUser(user).get(), request, &answer));
}

TEST(F5, ImChangesLeaveAvailabilityAndAvailabilityLeavesIm) {
  const auto person = NewPerson();
  ASSERT_TRUE(Set(person.name, "do-not-disturb").ok());
  ASSERT_TRUE(Report(person, presence::IM_STATE_ONLINE, person.name).ok());
  ASSERT_TRUE(testing::Eventually([&] { return PresenceOf(person.name, 1).im_state() == presence::IM_STATE_ONLINE; }));
  EXPECT_EQ(StateOf(person.name, 1), "do-not-disturb");
  ASSERT_TRUE(Set(person.name, "vacation").ok());
  EXPECT_EQ(PresenceOf(person.name, 0).im_state(), presence::IM_STATE_ONLINE);
  ASSERT_TRUE(Report(person, presence::IM_STATE_OFFLINE, person.name).ok());
  EXPECT_EQ(PresenceOf(person.name, 0).im_state(), presence::IM_STATE_OFFLINE);
  EXPECT_EQ(StateOf(person.name), "vacation");
}

TEST(F5, NobodyReportsForAnother) {
  const auto person = NewPerson();
  const auto other = NewPerson();
  EXPECT_TRUE(absl::IsNotFound(Report(person, presence::IM_STATE_ONLINE, other.name)));
  EXPECT_EQ(PresenceOf(person.name, 0).im_state(), presence::IM_STATE_OFFLINE);
}

TEST(F5, OnThePhoneComesFromThePbxForManyUsersOnOneStreamAndLeavesAvailability) {
  const std::vector<Person> people{NewPerson(), NewPerson(), NewPerson()};
  const auto context = TheStack().With(TheStack().credentials().Token("default", "pbx", {"integrator"}));
  const auto stream = Presence()->ReportLineState(context.get());
  const auto report = [&](const Person& person, const char* device, presence::LineState state) {
    presence::ReportLineStateRequest request;
    request.set_user(person.name);
    request.set_device(device);
    request.set_line_state(state);
    ASSERT_TRUE(stream->Write(request));
    presence::ReportLineStateResponse answer;
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.lease().seconds(), 90);
  };
  for (const auto& person : people) report(person, "desk", presence::LINE_STATE_ON_THE_PHONE);
  report(people[1], "mobile", presence::LINE_STATE_RINGING);
  report(people[1], "desk", presence::LINE_STATE_IDLE);
  for (const auto& [index, state] :
       {std::pair{0, presence::LINE_STATE_ON_THE_PHONE}, std::pair{1, presence::LINE_STATE_RINGING},
        std::pair{2, presence::LINE_STATE_ON_THE_PHONE}}) {
    const auto& name = people[index].name;
    EXPECT_TRUE(testing::Eventually([&] { return PresenceOf(name, 1).line_state() == state; }, 2s)) << index;
    EXPECT_EQ(StateOf(name, 1), "available");
  }
  stream->WritesDone();
  EXPECT_TRUE(Outcome(stream->Finish()).ok());
}

}  // namespace
}  // namespace crosspoint::e2e
