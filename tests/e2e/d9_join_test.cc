// D9: invitees join, strangers do not, and those without an account come in by code.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "tests/e2e/meeting_people.h"

namespace crosspoint::e2e {
namespace {

using testing::Eventually;

struct Seat {
  absl::Status status;
  meetings::JoinMeetingResponse response;
};

Seat Join(std::unique_ptr<grpc::ClientContext> context, const meetings::JoinMeetingRequest& request) {
  Seat seat;
  seat.status = Outcome(Meetings()->JoinMeeting(context.get(), request, &seat.response));
  return seat;
}

Seat JoinAs(const std::string& user, const std::string& name) {
  meetings::JoinMeetingRequest request;
  request.set_name(name);
  return Join(TheStack().AsUser(user), request);
}

// As a browser without a login comes: through the gateway.
Seat JoinWithoutAccount(const std::string& code, const std::string& password) {
  static const auto channel = TheStack().GatewayChannel();
  meetings::JoinMeetingRequest request;
  request.set_participant_code(code);
  request.set_password(password);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  Seat seat;
  seat.status = Outcome(meetings::MeetingService::NewStub(channel)->JoinMeeting(&context, request, &seat.response));
  return seat;
}

// A user who is invited under an alias.
std::string NewUserWithAlias(const std::string& email, const std::string& alias) {
  directory::CreateUserRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.mutable_user()->set_display_name("Invited");
  request.mutable_user()->set_email(email);
  request.mutable_user()->add_aliases(alias);
  request.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_NONE);
  directory::User user;
  const auto status = Outcome(Directory()->CreateUser(TheStack().AsAdmin().get(), request, &user));
  EXPECT_TRUE(status.ok()) << status;
  return user.name();
}

struct Invited {
  Person host;
  meetings::Meeting meeting;
};

Invited NewMeeting(const std::string& attendee) {
  Invited invited{.host = NewPersonOfMode(4), .meeting = {}};
  auto form = Form("Open door");
  form.add_attendees()->set_email(attendee);
  const auto made = Create(invited.host, form);
  EXPECT_TRUE(made.ok()) << made.status();
  if (made.ok()) invited.meeting = *made;
  return invited;
}

TEST(D9, HostAndInviteeJoinAndOnlyTheHostHasTheHostCode) {
  const auto guest = NewUserWithAlias("d9.guest@corp.example", "D9.Alias@corp.example");
  const auto invited = NewMeeting("d9.alias@CORP.example");
  const auto host = JoinAs(invited.host.name, invited.meeting.name());
  ASSERT_TRUE(host.status.ok()) << host.status;
  EXPECT_EQ(host.response.role(), meetings::CONFERENCE_ROLE_HOST);
  EXPECT_EQ(host.response.conference().host_code(), invited.meeting.conference().host_code());
  EXPECT_FALSE(host.response.conference().host_code().empty());

  Seat seat;
  EXPECT_TRUE(Eventually([&] { return (seat = JoinAs(guest, invited.meeting.name())).status.ok(); })) << seat.status;
  EXPECT_EQ(seat.response.role(), meetings::CONFERENCE_ROLE_ATTENDEE);
  EXPECT_EQ(seat.response.conference().url(), invited.meeting.conference().url());
  EXPECT_GT(seat.response.conference().dial_in_numbers_size(), 0);
  EXPECT_EQ(seat.response.conference().host_code(), "");
}

TEST(D9, StrangerIsRefusedAndAnotherTenantFindsNothing) {
  const auto invited = NewMeeting("somebody@corp.example");
  const auto stranger = NewPersonOfMode(4);
  const auto refused = JoinAs(stranger.name, invited.meeting.name()).status;
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_EQ(GetErrorInfo(refused)->reason, "NOT_INVITED");
  EXPECT_TRUE(absl::IsNotFound(JoinAs("tenants/north/users/u1", invited.meeting.name()).status));
  auto other = invited.meeting.name();
  other.back() = other.back() == 'a' ? 'b' : 'a';
  EXPECT_TRUE(absl::IsNotFound(JoinAs(stranger.name, other).status));
}

TEST(D9, CodeAndPasswordLetAnybodyInAndWrongOnesNobody) {
  const auto invited = NewMeeting("somebody@corp.example");
  const auto& conference = invited.meeting.conference();
  const auto seat = JoinWithoutAccount(conference.participant_code(), conference.password());
  ASSERT_TRUE(seat.status.ok()) << seat.status;
  EXPECT_EQ(seat.response.role(), meetings::CONFERENCE_ROLE_GUEST);
  EXPECT_EQ(seat.response.conference().url(), conference.url());
  EXPECT_EQ(seat.response.conference().host_code(), "");
  EXPECT_TRUE(absl::IsNotFound(JoinWithoutAccount(conference.participant_code(), "0").status));
  EXPECT_TRUE(absl::IsNotFound(JoinWithoutAccount("123", conference.password()).status));
  EXPECT_TRUE(absl::IsNotFound(JoinWithoutAccount(conference.host_code(), conference.password()).status));
}

TEST(D9, CalledOffMeetingsAreNotJoined) {
  const auto invited = NewMeeting("somebody@corp.example");
  ASSERT_TRUE(Cancel(invited.host, invited.meeting.name()).ok());
  const auto status = JoinAs(invited.host.name, invited.meeting.name()).status;
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

}  // namespace
}  // namespace crosspoint::e2e
