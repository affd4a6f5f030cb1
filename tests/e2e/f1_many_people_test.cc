// F1: availability and on-phone of many people at once, by any e-mail alias.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <cctype>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;

constexpr int kPeople = 200;

std::string Alias(int person, int alias) {
  return "F1.Person" + std::to_string(person) + (alias == 0 ? "" : ".alias" + std::to_string(alias)) + "@Corp.Example";
}

// 200 users with two aliases each; their names, in order.
std::vector<std::string> MakePeople() {
  directory::BatchCreateUsersRequest request;
  request.set_parent(testing::Stack::kTenant);
  for (int i = 0; i < kPeople; ++i) {
    auto& entry = *request.add_requests();
    entry.set_parent(testing::Stack::kTenant);
    entry.mutable_user()->set_display_name("Many " + std::to_string(i));
    entry.mutable_user()->set_email(Alias(i, 0));
    entry.mutable_user()->add_aliases(Alias(i, 1));
    entry.mutable_user()->add_aliases(Alias(i, 2));
    entry.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_NONE);
  }
  directory::BatchCreateUsersResponse response;
  const auto context = TheStack().AsAdmin();
  context->set_wait_for_ready(true);
  const auto status = Outcome(Directory()->BatchCreateUsers(context.get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  std::vector<std::string> names;
  for (const auto& result : response.results()) names.push_back(result.user().name());
  return names;
}

TEST(F1, TwoHundredPeopleAreAskedForInOneCallByAnyAliasInAnyCase) {
  const auto names = MakePeople();
  ASSERT_EQ(names.size(), static_cast<size_t>(kPeople));
  presence::SetAvailabilityRequest set;
  set.set_user(names[7]);
  set.set_state("vacation");
  presence::Presence said;
  ASSERT_TRUE(Outcome(Presence()->SetAvailability(TheStack().AsUser(names[7]).get(), set, &said)).ok());
  const auto pbx = TheStack().With(TheStack().credentials().Token("default", "pbx", {"integrator"}));
  const auto line = Presence()->ReportLineState(pbx.get());
  presence::ReportLineStateRequest report;
  report.set_user(names[9]);
  report.set_device("desk");
  report.set_line_state(presence::LINE_STATE_ON_THE_PHONE);
  ASSERT_TRUE(line->Write(report));
  presence::ReportLineStateResponse taken;
  ASSERT_TRUE(line->Read(&taken));

  presence::BatchGetPresenceRequest request;
  for (int i = 0; i < kPeople; ++i) {
    auto email = Alias(i, i % 3);
    if (i % 2 == 0)
      for (char& c : email) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    request.add_emails(email);
  }
  request.add_emails("nobody@corp.example");
  for (int replica = 0; replica < TheStack().Replicas("presence"); ++replica) {
    presence::BatchGetPresenceResponse response;
    absl::Status status;
    ASSERT_TRUE(testing::Eventually([&] {
      response.Clear();
      status = Outcome(Presence(replica)->BatchGetPresence(TheStack().AsUser(names[0]).get(), request, &response));
      // The replica hears of new users and of changes a moment later.
      return status.ok() && response.presences_size() == kPeople &&
             response.presences(7).availability().state() == "vacation" &&
             response.presences(9).line_state() == presence::LINE_STATE_ON_THE_PHONE;
    })) << status
        << " " << response.presences_size();
    ASSERT_EQ(response.owners_size(), kPeople + 1);
    for (int i = 0; i < kPeople; ++i) {
      EXPECT_EQ(response.presences(i).user(), names[i]);
      EXPECT_EQ(response.owners(i).user(), names[i]);
      EXPECT_EQ(response.owners(i).email(), request.emails(i));
      EXPECT_EQ(response.presences(i).availability().state(), i == 7 ? "vacation" : "available");
    }
    EXPECT_EQ(response.owners(kPeople).user(), "") << "nobody's address is told, not an error";
  }
}

TEST(F1, AWatchByAliasTellsWhoseItIsAndFollows) {
  const auto person = NewPerson();
  const auto context = TheStack().AsUser(person.name);
  presence::WatchPresenceResponse answer;
  ASSERT_TRUE(testing::Eventually([&] {  // until presence has heard of the new user
    presence::BatchGetPresenceRequest request;
    request.add_emails(person.email);
    presence::BatchGetPresenceResponse known;
    return Presence(1)->BatchGetPresence(TheStack().AsUser(person.name).get(), request, &known).ok() &&
           known.presences_size() == 1;
  }));
  const auto stream = Presence(1)->WatchPresence(context.get());
  presence::WatchPresenceRequest request;
  request.add_add_emails(person.email);
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&answer));
  ASSERT_EQ(answer.owners_size(), 1);
  EXPECT_EQ(answer.owners(0).user(), person.name);
  ASSERT_TRUE(stream->Read(&answer));
  ASSERT_EQ(answer.presences_size(), 1);
  EXPECT_EQ(answer.presences(0).user(), person.name);
  context->TryCancel();
}

}  // namespace
}  // namespace crosspoint::e2e
