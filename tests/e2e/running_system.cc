#include "tests/e2e/running_system.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "common/grpcx/status.h"

namespace crosspoint::e2e {
namespace {

// Ends before main does, while the threads it was made on still live.
class SystemEnvironment final : public ::testing::Environment {
 public:
  void TearDown() override { stack.reset(); }
  std::unique_ptr<testing::Stack> stack;
};

SystemEnvironment* const environment =
    static_cast<SystemEnvironment*>(::testing::AddGlobalTestEnvironment(new SystemEnvironment));

int NextNumber() {
  static std::atomic<int> next{1};
  return next++;
}

}  // namespace

testing::Stack& TheStack() {
  if (environment->stack == nullptr) {
    // One installation with an on-site tenant and two hosted ones, and leases that tests can wait for.
    testing::StackOptions options;
    options.tenants = {
        {"default", ""}, {"north", "bridge_mode: hosted", "hosted"}, {"south", "bridge_mode: hosted", "hosted"}};
    options.mail_relay = true;
    options.presence = 3;
    options.gateway = 2;
    options.gateway_yaml = "session: {lease: 3s, role_lease: 2s}\n";
    environment->stack = std::make_unique<testing::Stack>(options);
    environment->stack->Start();
  }
  return *environment->stack;
}

std::unique_ptr<directory::DirectoryService::Stub> Directory(int replica) {
  return directory::DirectoryService::NewStub(TheStack().Channel("directory", replica));
}
std::unique_ptr<presence::PresenceService::Stub> Presence(int replica) {
  return presence::PresenceService::NewStub(TheStack().Channel("presence", replica));
}
std::unique_ptr<meetings::MeetingService::Stub> Meetings(int replica) {
  return meetings::MeetingService::NewStub(TheStack().Channel("meeting-sync", replica));
}
std::unique_ptr<contact::ContactService::Stub> Contacts(int replica) {
  return contact::ContactService::NewStub(TheStack().Channel("contact", replica));
}

absl::Status Outcome(const grpc::Status& status) { return grpcx::FromGrpc(status); }

Person NewMailbox(const std::string& display_name, const std::vector<std::string>& aliases) {
  const int number = NextNumber();
  Person person{.email = "e2e" + std::to_string(number) + "@corp.example",
                .display_name = display_name,
                .extension = std::to_string(70000 + number)};
  const auto blank = display_name.find(' ');
  const nlohmann::json mailbox{{"email", person.email},
                               {"display_name", display_name},
                               {"given_name", display_name.substr(0, blank)},
                               {"surname", blank == std::string::npos ? "" : display_name.substr(blank + 1)},
                               {"aliases", aliases},
                               {"business_phone", "+1 555 010 " + std::to_string(1000 + number)}};
  TheStack().exchange().Post("/sim/mailboxes", mailbox.dump());
  return person;
}

Person MakeUser(Person person, const std::string& email) {
  directory::CreateUserRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.mutable_user()->set_display_name(person.display_name);
  request.mutable_user()->set_email(email.empty() ? person.email : email);
  request.mutable_user()->set_extension(person.extension);
  request.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_EWS);
  directory::User user;
  const auto context = TheStack().AsAdmin();
  context->set_wait_for_ready(true);  // an earlier test may just have brought the directory back
  const auto created = Outcome(Directory()->CreateUser(context.get(), request, &user));
  EXPECT_TRUE(created.ok()) << created;
  person.name = user.name();
  return person;
}

Person NewPerson() { return MakeUser(NewMailbox("Person " + std::to_string(NextNumber()))); }

std::string StateOf(const std::string& user, int replica) {
  presence::GetPresenceRequest request;
  request.set_user(user);
  presence::Presence answer;
  const auto got = Outcome(Presence(replica)->GetPresence(TheStack().AsUser(user).get(), request, &answer));
  return got.ok() ? answer.availability().state() : got.ToString();
}

TimePoint NextSecondAfter(std::chrono::milliseconds from_now) {
  return std::chrono::time_point_cast<std::chrono::microseconds>(
      std::chrono::ceil<std::chrono::seconds>(SystemClock().Now() + from_now));
}

int ExchangeCalls(const std::string& operation) {
  const auto stats = nlohmann::json::parse(TheStack().exchange().Get("/sim/stats"));
  return stats.at("operations").value(operation, 0);
}

}  // namespace crosspoint::e2e
