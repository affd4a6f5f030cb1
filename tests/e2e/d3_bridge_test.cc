// D3: the URL is that of the on-site bridge or of the hosted one, as the tenant's mode says.
#include <gmock/gmock.h>

#include "tests/e2e/meeting_people.h"

namespace crosspoint::e2e {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

// A user without a mailbox in a tenant, known to meeting-sync.
std::string NewUserOf(const std::string& tenant, const std::string& email) {
  directory::CreateUserRequest request;
  request.set_parent("tenants/" + tenant);
  request.mutable_user()->set_display_name("Host");
  request.mutable_user()->set_email(email);
  request.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_NONE);
  directory::User user;
  const auto context = TheStack().AsAdmin(tenant);
  context->set_wait_for_ready(true);
  const auto created = Outcome(Directory()->CreateUser(context.get(), request, &user));
  EXPECT_TRUE(created.ok()) << created;
  return user.name();
}

meetings::Conference ConferenceOf(const std::string& tenant, const std::string& email) {
  const Person person{.name = NewUserOf(tenant, email)};
  absl::StatusOr<meetings::Meeting> made;
  testing::Eventually([&] { return (made = Create(person, Form("Where"))).ok(); });
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->conference() : meetings::Conference();
}

TEST(D3, HostOfTheUrlIsTheBridgeOfTheTenantsMode) {
  const auto on_site = ConferenceOf("default", "d3@corp.example");
  EXPECT_THAT(on_site.url(), StartsWith("https://bridge.default.example/join/"));
  EXPECT_THAT(on_site.url(), EndsWith(on_site.participant_code()));
  const auto hosted = ConferenceOf("north", "d3@north.example");
  EXPECT_THAT(hosted.url(), StartsWith("https://meet.hosted.example/join/"));
  EXPECT_THAT(hosted.url(), EndsWith(hosted.participant_code()));
  for (const auto& conference : {on_site, hosted}) {
    EXPECT_GT(conference.dial_in_numbers_size(), 0);
    EXPECT_GE(conference.participant_code().size(), 8u);
    EXPECT_GE(conference.host_code().size(), 8u);
    EXPECT_FALSE(conference.password().empty());
  }
}

TEST(D3, EveryConferenceHasCodesOfItsOwn) {
  const auto person = NewPersonOfMode(4);
  std::set<std::string> codes;
  for (int i = 0; i < 20; ++i) {
    const auto made = Create(person, Form("Meeting " + std::to_string(i)));
    ASSERT_TRUE(made.ok()) << made.status();
    codes.insert(made->conference().participant_code());
    codes.insert(made->conference().host_code());
  }
  EXPECT_EQ(codes.size(), 40u);
}

}  // namespace
}  // namespace crosspoint::e2e
