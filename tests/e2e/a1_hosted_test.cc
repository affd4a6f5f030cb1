// A1: on-site (one tenant, "default") and hosted (many tenants) with the same API. The same story runs for the on-site
// tenant and for two hosted ones of the same installation; then what keeps them apart.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>

#include "crosspoint/directory/v1/tenant_service.grpc.pb.h"
#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::IsSupersetOf;

struct Organisation {
  const char* id;
  directory::BridgeMode bridge_mode;
};

std::string NameOf(const Organisation& organisation) { return std::string("tenants/") + organisation.id; }

std::unique_ptr<directory::TenantService::Stub> Tenants() {
  return directory::TenantService::NewStub(TheStack().Channel("directory"));
}

absl::StatusOr<directory::User> Create(const std::string& tenant, const Person& person) {
  directory::CreateUserRequest request;
  request.set_parent("tenants/" + tenant);
  request.mutable_user()->set_display_name(person.display_name);
  request.mutable_user()->set_email(person.email);
  request.mutable_user()->set_extension(person.extension);
  request.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_EWS);
  directory::User user;
  const auto context = TheStack().AsAdmin(tenant);
  context->set_wait_for_ready(true);
  const auto status = Outcome(Directory()->CreateUser(context.get(), request, &user));
  if (!status.ok()) return status;
  return user;
}

absl::StatusOr<directory::SearchPeopleResponse> TrySearch(const std::string& as, const std::string& tenant,
                                                          const std::string& query) {
  directory::SearchPeopleRequest request;
  request.set_parent("tenants/" + tenant);
  request.set_query(query);
  directory::SearchPeopleResponse response;
  const auto status = Outcome(Directory()->SearchPeople(TheStack().AsUser(as).get(), request, &response));
  if (!status.ok()) return status;
  return response;
}

directory::SearchPeopleResponse Search(const std::string& as, const std::string& tenant, const std::string& query) {
  const auto found = TrySearch(as, tenant, query);
  EXPECT_TRUE(found.ok()) << found.status();
  return found.value_or(directory::SearchPeopleResponse());
}

// The names of all users of the tenant, other tests' too; each must be the tenant's own.
std::vector<std::string> ListedIn(const Organisation& organisation) {
  directory::ListUsersRequest request;
  request.set_parent(NameOf(organisation));
  request.set_page_size(500);
  std::vector<std::string> names;
  do {
    directory::ListUsersResponse page;
    const auto listed = Outcome(Directory()->ListUsers(TheStack().AsAdmin(organisation.id).get(), request, &page));
    EXPECT_TRUE(listed.ok()) << listed;
    for (const auto& user : page.users()) {
      EXPECT_THAT(user.name(), ::testing::StartsWith(NameOf(organisation) + "/"));
      names.push_back(user.display_name());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return names;
}

class A1 : public ::testing::TestWithParam<Organisation> {};

TEST_P(A1, TenantIsThereWithItsBridgeMode) {
  directory::GetTenantRequest request;
  request.set_name(NameOf(GetParam()));
  directory::Tenant tenant;
  const auto status = Outcome(Tenants()->GetTenant(TheStack().AsAdmin(GetParam().id).get(), request, &tenant));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(tenant.bridge_mode(), GetParam().bridge_mode);
}

TEST_P(A1, UserIsCreatedReadListedChangedAndDeleted) {
  const auto person = NewMailbox(std::string("Listed Person ") + GetParam().id);
  const auto user = Create(GetParam().id, person);
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_THAT(user->name(), ::testing::StartsWith(NameOf(GetParam()) + "/users/"));
  directory::UpdateUserRequest update;
  *update.mutable_user() = *user;
  update.mutable_user()->set_display_name("Changed Person");
  directory::User answer;
  ASSERT_TRUE(Outcome(Directory()->UpdateUser(TheStack().AsAdmin(GetParam().id).get(), update, &answer)).ok());
  EXPECT_THAT(ListedIn(GetParam()), ::testing::Contains("Changed Person"));
  directory::DeleteUserRequest remove;
  remove.set_name(user->name());
  ASSERT_TRUE(Outcome(Directory()->DeleteUser(TheStack().AsAdmin(GetParam().id).get(), remove, &answer)).ok());
}

TEST_P(A1, SearchMergesOurUserWithTheCorporateList) {
  const std::string surname = std::string("Merged") + GetParam().id;
  const auto person = NewMailbox("Mary " + surname);
  const auto user = Create(GetParam().id, person);
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_TRUE(testing::Eventually([&] {
    const auto found = Search(user->name(), GetParam().id, surname);
    return found.people_size() == 1 && found.people(0).user() == user->name() &&
           found.people(0).extension() == person.extension && found.people(0).phones_size() > 0;
  }));
}

TEST_P(A1, PresenceIsSetByHandAndSeen) {
  const auto user = Create(GetParam().id, NewMailbox("Present Person"));
  ASSERT_TRUE(user.ok()) << user.status();
  presence::SetAvailabilityRequest request;
  request.set_user(user->name());
  request.set_state("vacation");
  presence::Presence answer;
  const auto set = Outcome(Presence(0)->SetAvailability(TheStack().AsUser(user->name()).get(), request, &answer));
  ASSERT_TRUE(set.ok()) << set;
  EXPECT_TRUE(testing::Eventually([&] { return StateOf(user->name(), 1) == "vacation"; }));
}

TEST_P(A1, MeetingOfTheMailboxIsListedAndTakesEffect) {
  const auto person = NewMailbox("Meeting Person");
  const auto user = Create(GetParam().id, person);
  ASSERT_TRUE(user.ok()) << user.status();
  const auto start = NextSecondAfter(2s);
  const ews::CalendarDraft draft{.subject = "A1", .location = {}, .start = start, .end = start + 30min};
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  EXPECT_TRUE(testing::Eventually(
      [&] {
        meetings::ListMeetingsRequest request;
        request.set_parent(user->name());
        meetings::ListMeetingsResponse response;
        return Meetings()->ListMeetings(TheStack().AsUser(user->name()).get(), request, &response).ok() &&
               response.meetings_size() == 1;
      },
      20s));
  EXPECT_TRUE(testing::Eventually([&] { return StateOf(user->name()) == "in-a-meeting"; }, 20s));
}

TEST_P(A1, CardAndPictureAreGiven) {
  const auto person = NewMailbox("Pictured Person");
  TheStack().exchange().Post("/sim/photos", R"({"email": ")" + person.email + R"(", "present": true})");
  const auto user = Create(GetParam().id, person);
  ASSERT_TRUE(user.ok()) << user.status();
  directory::GetContactCardRequest request;
  request.set_parent(NameOf(GetParam()));
  request.set_email(person.email);
  directory::ContactCard card;
  EXPECT_TRUE(testing::Eventually([&] {
    return Directory()->GetContactCard(TheStack().AsUser(user->name()).get(), request, &card).ok() &&
           card.person().user() == user->name() && card.availability_state() == "available";
  }));
  EXPECT_NE(card.photo_etag(), "");
  EXPECT_FALSE(card.partial());
}

INSTANTIATE_TEST_SUITE_P(OnSiteAndHosted, A1,
                         ::testing::Values(Organisation{"default", directory::BRIDGE_MODE_ON_SITE},
                                           Organisation{"north", directory::BRIDGE_MODE_HOSTED},
                                           Organisation{"south", directory::BRIDGE_MODE_HOSTED}),
                         [](const auto& info) { return info.param.id; });

TEST(A1Apart, SameAddressAndExtensionInTwoTenantsAreTwoPeople) {
  const auto person = NewMailbox("Twofold Quince");
  const auto north = Create("north", person);
  const auto south = Create("south", person);
  ASSERT_TRUE(north.ok()) << north.status();
  ASSERT_TRUE(south.ok()) << south.status();
  for (const auto& user : {*north, *south}) {
    const auto tenant = user.name().substr(8, 5);
    EXPECT_TRUE(testing::Eventually([&] {
      const auto found = Search(user.name(), tenant, "Quince");
      return found.people_size() == 1 && found.people(0).user() == user.name();
    }));
  }
  presence::SetAvailabilityRequest request;
  request.set_user(north->name());
  request.set_state("vacation");
  presence::Presence answer;
  ASSERT_TRUE(Outcome(Presence()->SetAvailability(TheStack().AsUser(north->name()).get(), request, &answer)).ok());
  EXPECT_EQ(StateOf(north->name()), "vacation");
  EXPECT_EQ(StateOf(south->name()), "available");
}

TEST(A1Apart, AnotherTenantsThingsAreNotFound) {
  const auto user = Create("north", NewMailbox("Hidden Person"));
  ASSERT_TRUE(user.ok()) << user.status();
  directory::GetUserRequest get;
  get.set_name(user->name());
  directory::User answer;
  EXPECT_TRUE(absl::IsNotFound(Outcome(Directory()->GetUser(TheStack().AsAdmin("south").get(), get, &answer))));
  directory::SearchPeopleRequest search;
  search.set_parent("tenants/north");
  search.set_query("Hidden");
  directory::SearchPeopleResponse people;
  EXPECT_TRUE(absl::IsNotFound(
      Outcome(Directory()->SearchPeople(TheStack().AsUser("tenants/south/users/u1").get(), search, &people))));
  presence::GetPresenceRequest presence_of;
  presence_of.set_user(user->name());
  presence::Presence seen;
  EXPECT_TRUE(absl::IsNotFound(
      Outcome(Presence()->GetPresence(TheStack().AsUser("tenants/south/users/u1").get(), presence_of, &seen))));
  meetings::ListMeetingsRequest list;
  list.set_parent(user->name());
  meetings::ListMeetingsResponse meetings_of;
  EXPECT_TRUE(absl::IsNotFound(
      Outcome(Meetings()->ListMeetings(TheStack().AsUser("tenants/south/users/u1").get(), list, &meetings_of))));
}

TEST(A1Apart, OperatorCreatesATenantWhileEverythingRuns) {
  directory::CreateTenantRequest request;
  request.mutable_tenant()->set_name("tenants/newcomer");
  request.mutable_tenant()->set_display_name("Newcomer Ltd");
  request.mutable_tenant()->set_bridge_mode(directory::BRIDGE_MODE_HOSTED);
  directory::Tenant tenant;
  const auto created = Outcome(Tenants()->CreateTenant(TheStack().AsOperator().get(), request, &tenant));
  ASSERT_TRUE(created.ok()) << created;
  Person person{.name = {}, .email = "first@newcomer.example", .display_name = "First One", .extension = "100"};
  const auto user = Create("newcomer", person);
  ASSERT_TRUE(user.ok()) << user.status();
  // UNAVAILABLE until the new tenant's users have been read.
  absl::StatusOr<directory::SearchPeopleResponse> found;
  EXPECT_TRUE(testing::Eventually([&] {
    found = TrySearch(user->name(), "newcomer", "first");
    return !absl::IsUnavailable(found.status());
  }));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(testing::Eventually([&] { return Search(user->name(), "newcomer", "first").people_size() == 1; }));
  directory::ListTenantsRequest list;
  directory::ListTenantsResponse all;
  ASSERT_TRUE(Outcome(Tenants()->ListTenants(TheStack().AsOperator().get(), list, &all)).ok());
  std::vector<std::string> names;
  for (const auto& each : all.tenants()) names.push_back(each.name());
  EXPECT_THAT(names, IsSupersetOf({"tenants/default", "tenants/newcomer", "tenants/north", "tenants/south"}));
  EXPECT_EQ(Outcome(Tenants()->ListTenants(TheStack().AsAdmin().get(), list, &all)).code(),
            absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace crosspoint::e2e
