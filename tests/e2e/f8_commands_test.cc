// F8: a call or an IM started from a card reaches the right program, at most once, with an outcome.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <future>

#include "tests/e2e/gateway_calls.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<GatewayProgram> Open(const std::string& user, gateway::ProgramKind kind, const std::string& device,
                                     int replica = 0) {
  auto program = std::make_unique<GatewayProgram>(TheStack().GatewayChannel(replica), Forever(user),
                                                  testing::HelloOf(kind, device, {gateway::CHANNEL_COMMANDS}));
  EXPECT_NE(program->session(), "");
  return program;
}

size_t Commands(const GatewayProgram& program) {
  size_t count = 0;
  for (const auto& event : program.events()) count += event.has_command() ? 1 : 0;
  return count;
}

std::future<std::string> OrderLater(const std::string& user, gateway::CommandKind kind, const std::string& id,
                                    int replica = 0) {
  return std::async(std::launch::async, [=] { return Order(user, kind, "+4930123456", id, "", replica); });
}

// Gives a command with a deadline so near that its outcome is known soon.
std::string OrderBriefly(const std::string& user, gateway::CommandKind kind, const std::string& id, int replica = 0) {
  gateway::DispatchCommandRequest request;
  request.set_user(user);
  request.set_kind(kind);
  request.set_target("+4930123456");
  request.set_request_id(id);
  const auto context = TheStack().AsUser(user);
  context->set_deadline(std::chrono::system_clock::now() + 1500ms);
  gateway::CommandOutcome outcome;
  const auto status = Outcome(gateway::CommandService::NewStub(TheStack().GatewayChannel(replica))
                                  ->DispatchCommand(context.get(), request, &outcome));
  return status.ok() ? gateway::Outcome_Name(outcome.outcome()) : status.ToString();
}

TEST(F8, ACallReachesTheDeskPhoneAcrossReplicasOnceAndItsOutcomeComesBack) {
  const auto person = NewPerson();
  const auto phone = Open(person.name, gateway::PROGRAM_KIND_DESKPHONE, "phone", 1);
  const auto desktop = Open(person.name, gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc", 0);
  const auto id = NewRequestId();
  auto call = OrderLater(person.name, gateway::COMMAND_KIND_PLACE_CALL, id, 0);
  const auto command = phone->NextCommand();
  EXPECT_EQ(command.command_id(), id);
  EXPECT_EQ(command.kind(), gateway::COMMAND_KIND_PLACE_CALL);
  EXPECT_EQ(command.target(), "+4930123456");
  EXPECT_TRUE(command.has_expire_time());
  phone->Answer(command.command_id(), gateway::OUTCOME_DONE);
  EXPECT_EQ(call.get(), "DONE");
  EXPECT_EQ(Order(person.name, gateway::COMMAND_KIND_PLACE_CALL, "+4930123456", id, "", 1), "DONE") << "repeated";
  EXPECT_EQ(Commands(*phone), 1u);
  EXPECT_EQ(Commands(*desktop), 0u);

  auto im = OrderLater(person.name, gateway::COMMAND_KIND_START_IM, NewRequestId(), 1);
  const auto wish = desktop->NextCommand();
  EXPECT_EQ(wish.kind(), gateway::COMMAND_KIND_START_IM);
  desktop->Answer(wish.command_id(), gateway::OUTCOME_REFUSED, "busy");
  EXPECT_EQ(im.get(), "REFUSED");
}

TEST(F8, TheNamedDeviceIsTheOne) {
  const auto person = NewPerson();
  const auto one = Open(person.name, gateway::PROGRAM_KIND_DESKPHONE, "phone-1");
  const auto two = Open(person.name, gateway::PROGRAM_KIND_DESKPHONE, "phone-2");
  auto call = std::async(std::launch::async,
                         [&] { return Order(person.name, gateway::COMMAND_KIND_PLACE_CALL, "100", "", "phone-1"); });
  const auto command = one->NextCommand();
  one->Answer(command.command_id(), gateway::OUTCOME_FAILED);
  EXPECT_EQ(call.get(), "FAILED");
  EXPECT_EQ(Commands(*two), 0u);
  EXPECT_EQ(Order(person.name, gateway::COMMAND_KIND_PLACE_CALL, "100", "", "phone-3"), "NO_PROGRAM");
}

TEST(F8, WithoutAProgramTheAnswerSaysSoAtOnce) {
  const auto person = NewPerson();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Order(person.name, gateway::COMMAND_KIND_PLACE_CALL, "100"), "NO_PROGRAM");
  const GatewayProgram deaf(TheStack().GatewayChannel(), Forever(person.name),
                            testing::HelloOf(gateway::PROGRAM_KIND_DESKPHONE, "phone"));
  ASSERT_NE(deaf.session(), "");
  EXPECT_EQ(Order(person.name, gateway::COMMAND_KIND_PLACE_CALL, "100"), "NO_PROGRAM") << "commands not opened";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(F8, ALostAcknowledgementIsUnknownNothingIsResentAndALateOneIsKept) {
  const auto person = NewPerson();
  const auto id = NewRequestId();
  {
    const auto phone = Open(person.name, gateway::PROGRAM_KIND_DESKPHONE, "phone");
    EXPECT_EQ(OrderBriefly(person.name, gateway::COMMAND_KIND_PLACE_CALL, id), "OUTCOME_UNKNOWN");
    EXPECT_EQ(Commands(*phone), 1u);
  }
  const auto again = Open(person.name, gateway::PROGRAM_KIND_DESKPHONE, "phone", 1);
  EXPECT_EQ(OrderBriefly(person.name, gateway::COMMAND_KIND_PLACE_CALL, id), "OUTCOME_UNKNOWN");
  testing::Pause(500ms);
  EXPECT_EQ(Commands(*again), 0u);
  again->Answer(id, gateway::OUTCOME_DONE);  // the phone remembers what it did
  EXPECT_TRUE(testing::Eventually(
      [&] { return OrderBriefly(person.name, gateway::COMMAND_KIND_PLACE_CALL, id) == "OUTCOME_DONE"; }));
  EXPECT_EQ(Commands(*again), 0u);
}

TEST(F8, KillingTheReplicaThatSentItSendsNothingTwice) {
  const auto person = NewPerson();
  const auto id = NewRequestId();
  auto phone = Open(person.name, gateway::PROGRAM_KIND_DESKPHONE, "phone", 1);
  auto call = std::async(std::launch::async,
                         [&] { return OrderBriefly(person.name, gateway::COMMAND_KIND_PLACE_CALL, id, 0); });
  ASSERT_EQ(phone->NextCommand().command_id(), id);
  TheStack().gateway(1).Kill();
  TheStack().gateway(1).Start();
  TheStack().gateway(1).WaitReady();
  auto hello = testing::HelloOf(gateway::PROGRAM_KIND_DESKPHONE, "phone", {gateway::CHANNEL_COMMANDS});
  hello.set_resume_token(phone->welcome().resume_token());
  const GatewayProgram again(TheStack().GatewayChannel(1), Forever(person.name), hello);
  ASSERT_NE(again.session(), "");
  EXPECT_EQ(call.get(), "OUTCOME_UNKNOWN");
  testing::Pause(300ms);
  EXPECT_EQ(Commands(again), 0u);
}

TEST(F8, TheSameRequestTwiceAtOnceIsOneCommandAndOtherContentIsRefused) {
  const auto person = NewPerson();
  const auto phone = Open(person.name, gateway::PROGRAM_KIND_DESKPHONE, "phone");
  const auto id = NewRequestId();
  auto first = OrderLater(person.name, gateway::COMMAND_KIND_PLACE_CALL, id, 0);
  auto second = OrderLater(person.name, gateway::COMMAND_KIND_PLACE_CALL, id, 1);
  const auto command = phone->NextCommand();
  testing::Pause(300ms);
  phone->Answer(command.command_id(), gateway::OUTCOME_DONE);
  EXPECT_EQ(first.get(), "DONE");
  EXPECT_EQ(second.get(), "DONE");
  EXPECT_EQ(Commands(*phone), 1u);
  EXPECT_EQ(Order(person.name, gateway::COMMAND_KIND_PLACE_CALL, "other", id), "INVALID_ARGUMENT REQUEST_ID_REUSED");
  EXPECT_EQ(Order(person.name, gateway::COMMAND_KIND_PLACE_CALL, "x", "no uuid"), "INVALID_ARGUMENT INVALID_FIELD");
}

TEST(F8, AnInvitationComesAgainWithItsIdUntilItIsAcknowledged) {
  const auto person = NewPerson();
  const auto id = NewRequestId();
  {
    const auto outlook = Open(person.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc");
    EXPECT_EQ(OrderBriefly(person.name, gateway::COMMAND_KIND_LAUNCH_INVITATION, id), "OUTCOME_PENDING");
    EXPECT_EQ(Commands(*outlook), 1u);
  }
  {
    const auto again = Open(person.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc", 1);
    EXPECT_EQ(again->NextCommand().command_id(), id);
    again->Answer(id, gateway::OUTCOME_DONE);
    EXPECT_TRUE(testing::Eventually(
        [&] { return OrderBriefly(person.name, gateway::COMMAND_KIND_LAUNCH_INVITATION, id) == "OUTCOME_DONE"; }));
  }
  const auto third = Open(person.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc");
  testing::Pause(300ms);
  EXPECT_EQ(Commands(*third), 0u);
}

TEST(F8, OnlyTheUserAndTheServicesThatMayGiveCommands) {
  const auto person = NewPerson();
  const auto other = NewPerson();
  gateway::DispatchCommandRequest request;
  request.set_user(person.name);
  request.set_kind(gateway::COMMAND_KIND_PLACE_CALL);
  request.set_target("100");
  request.set_request_id(NewRequestId());
  gateway::CommandOutcome outcome;
  const auto foreign = Outcome(gateway::CommandService::NewStub(TheStack().GatewayChannel())
                                   ->DispatchCommand(TheStack().AsUser(other.name).get(), request, &outcome));
  EXPECT_TRUE(absl::IsNotFound(foreign)) << foreign;
  const auto as = [&](const std::string& service) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 5s);
    return Outcome(gateway::CommandService::NewStub(TheStack().ChannelAs(service, "gateway"))
                       ->DispatchCommand(&context, request, &outcome));
  };
  EXPECT_TRUE(as("voicemail").ok());
  EXPECT_EQ(outcome.outcome(), gateway::OUTCOME_NO_PROGRAM);
  EXPECT_TRUE(as("meeting-sync").ok());
  EXPECT_TRUE(absl::IsUnauthenticated(as("contact")));
}

}  // namespace
}  // namespace crosspoint::e2e
