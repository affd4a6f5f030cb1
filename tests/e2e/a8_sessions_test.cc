// A8: all add-ins of a program over one session; the same for programs that cannot stream upwards.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>

#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "tests/e2e/gateway_calls.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
namespace contact = ::crosspoint::contact::v1;

// The state that presence payloads from index `from` on tell of `user`; waits for `state`.
bool Sees(const GatewayProgram& program, const std::string& user, const std::string& state, size_t from = 0) {
  return program.WaitFor([&](const gateway::SessionEvent& event) { return Tells(event, user, state); }, from) >= 0;
}

TEST(A8, FourChannelsOverOneSessionAreOneSession) {
  const auto person = NewPerson();
  GatewayProgram program(TheStack().GatewayChannel(), Forever(person.name),
                         testing::HelloOf(gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1",
                                          {gateway::CHANNEL_PRESENCE, gateway::CHANNEL_CONFIGURATION,
                                           gateway::CHANNEL_COMMANDS, gateway::CHANNEL_MEETINGS}));
  ASSERT_NE(program.session(), "");
  ASSERT_TRUE(program.Watch({person.name}));
  EXPECT_TRUE(Sees(program, person.name, "available"));
  ASSERT_TRUE(SetState(person.name, "vacation").ok());
  EXPECT_TRUE(Sees(program, person.name, "vacation"));

  gateway::ListSessionsRequest request;
  request.set_parent(testing::Stack::kTenant);
  for (int replica = 0; replica < 2; ++replica) {
    gateway::ListSessionsResponse response;
    const auto listed =
        Outcome(Gateway(replica)->ListSessions(TheStack().AsUser(person.name).get(), request, &response));
    ASSERT_TRUE(listed.ok()) << listed;
    ASSERT_EQ(response.sessions_size(), 1) << "replica " << replica;
    EXPECT_EQ(response.sessions(0).session(), program.session());
    EXPECT_EQ(response.sessions(0).program(), gateway::PROGRAM_KIND_DESKTOP_WINDOWS);
    EXPECT_EQ(response.sessions(0).device(), "pc-1");
    EXPECT_EQ(response.sessions(0).channels_size(), 4);
    EXPECT_EQ(response.sessions(0).user(), person.name);
  }
  int64_t number = 0;
  for (const auto& event : program.events()) EXPECT_EQ(event.number(), ++number);
  EXPECT_FALSE(program.ended());
}

// Whether the program was told something on the channel.
bool Told(const GatewayProgram& program, gateway::Channel channel) {
  return program.WaitFor([&](const gateway::SessionEvent& event) {
    return event.has_channel_event() && event.channel_event().channel() == channel;
  }) >= 0;
}

TEST(A8, EveryChannelTellsWhatItsServiceTells) {
  const auto person = NewPerson();
  std::vector<gateway::Channel> channels = {gateway::CHANNEL_MEETINGS, gateway::CHANNEL_CONTACTS,
                                            gateway::CHANNEL_CONFIGURATION};
  if (TheStack().Has("voicemail")) channels.push_back(gateway::CHANNEL_VOICEMAIL);
  const GatewayProgram program(TheStack().GatewayChannel(), Forever(person.name),
                               testing::HelloOf(gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1", channels));
  for (const auto channel : channels) EXPECT_TRUE(Told(program, channel)) << gateway::Channel_Name(channel);

  contact::CreateContactRequest request;
  request.set_parent(person.name);
  request.mutable_contact()->set_display_name("Zenobia Told");
  contact::Contact created;
  const auto stub = contact::ContactService::NewStub(TheStack().GatewayChannel());
  const auto status = Outcome(stub->CreateContact(TheStack().AsUser(person.name).get(), request, &created));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GE(program.WaitFor([&](const gateway::SessionEvent& event) {
    contact::WatchContactsResponse told;
    if (event.channel_event().channel() != gateway::CHANNEL_CONTACTS ||
        !told.ParseFromString(event.channel_event().payload())) {
      return false;
    }
    return std::any_of(told.contacts().begin(), told.contacts().end(),
                       [&](const auto& one) { return one.name() == created.name(); });
  }),
            0);
}

TEST(A8, AProgramThatReadsNothingHoldsUpNobodyAndMissesNothing) {
  constexpr int kRounds = 25;
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) names.push_back(NewPerson().name);
  const auto person = NewPerson();
  const auto hello =
      testing::HelloOf(gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1",
                       {gateway::CHANNEL_PRESENCE, gateway::CHANNEL_CONTACTS, gateway::CHANNEL_COMMANDS});
  GatewayProgram slow(TheStack().GatewayChannel(), Forever(person.name), hello);
  GatewayProgram quick(TheStack().GatewayChannel(), Forever(names[0]), hello);
  for (auto* const program : {&slow, &quick}) {
    ASSERT_TRUE(program->Watch(names));
    for (const auto& name : names) ASSERT_TRUE(Sees(*program, name, "available"));
  }
  ASSERT_TRUE(Told(slow, gateway::CHANNEL_CONTACTS));
  const size_t before = slow.events().size();
  slow.StopReading();

  std::vector<std::future<bool>> changers;
  for (size_t part = 0; part < 4; ++part) {
    changers.push_back(std::async(std::launch::async, [&names, part] {
      bool done = true;
      for (int round = 0; round < kRounds; ++round) {
        const auto* const state = round + 1 == kRounds ? "vacation" : round % 2 == 0 ? "custom" : "do-not-disturb";
        for (size_t i = part; i < names.size(); i += 4)
          done = SetState(names[i], state, std::string(250, 'n')).ok() && done;
      }
      return done;
    }));
  }
  for (auto& changer : changers) {
    while (changer.wait_for(200ms) != std::future_status::ready) {
      for (auto* const program : {&slow, &quick}) program->Heartbeat();
    }
    EXPECT_TRUE(changer.get());
  }
  for (const auto& name : names) EXPECT_TRUE(Sees(quick, name, "vacation")) << name << " while the other does not read";
  contact::CreateContactRequest request;
  request.set_parent(person.name);
  request.mutable_contact()->set_display_name("Zenobia Told");
  contact::Contact created;
  const auto stub = contact::ContactService::NewStub(TheStack().GatewayChannel());
  ASSERT_TRUE(stub->CreateContact(TheStack().AsUser(person.name).get(), request, &created).ok());
  auto order = std::async(std::launch::async,
                          [&] { return Order(person.name, gateway::COMMAND_KIND_START_IM, "x", "", "pc-1"); });
  testing::Pause(300ms);
  slow.GoOnReading();
  const auto command = slow.NextCommand(before);
  ASSERT_NE(command.command_id(), "");
  slow.Answer(command.command_id(), gateway::OUTCOME_DONE);
  EXPECT_EQ(order.get(), "DONE");
  for (const auto& name : names) EXPECT_TRUE(Sees(slow, name, "vacation", before)) << name;
  EXPECT_GE(slow.WaitFor([](const auto& event) { return event.channel_event().channel() == gateway::CHANNEL_CONTACTS; },
                         before),
            0);
}

TEST(A8, TheSameWithoutAnUpwardStreamWhicheverReplicaIsAsked) {
  const auto person = NewPerson();
  gateway::OpenSessionRequest open;
  *open.mutable_hello() =
      testing::HelloOf(gateway::PROGRAM_KIND_WEB, "browser", {gateway::CHANNEL_PRESENCE, gateway::CHANNEL_COMMANDS});
  const auto context = Forever(person.name);
  const auto stream = Gateway(0)->OpenSession(context.get(), open);
  gateway::SessionEvent event;
  ASSERT_TRUE(stream->Read(&event));
  ASSERT_TRUE(event.has_welcome());
  gateway::SendSessionMessageRequest say;
  say.set_session(event.welcome().session());
  say.mutable_message()->mutable_subscribe()->set_channel(gateway::CHANNEL_PRESENCE);
  say.mutable_message()->mutable_subscribe()->add_add_users(person.name);
  gateway::SendSessionMessageResponse said;
  // The stream is at the first replica, the message goes to the second.
  ASSERT_TRUE(Outcome(Gateway(1)->SendSessionMessage(TheStack().AsUser(person.name).get(), say, &said)).ok());
  bool seen = false;
  while (!seen && stream->Read(&event)) seen = Tells(event, person.name, "available");
  EXPECT_TRUE(seen);

  auto command =
      std::async(std::launch::async, [&] { return Order(person.name, gateway::COMMAND_KIND_START_IM, "x"); });
  while (stream->Read(&event) && !event.has_command()) {
  }
  say.mutable_message()->mutable_outcome()->set_command_id(event.command().command_id());
  say.mutable_message()->mutable_outcome()->set_outcome(gateway::OUTCOME_DONE);
  ASSERT_TRUE(Outcome(Gateway(1)->SendSessionMessage(TheStack().AsUser(person.name).get(), say, &said)).ok());
  EXPECT_EQ(command.get(), "DONE");

  const auto other = NewPerson();
  const auto foreign = Outcome(Gateway(1)->SendSessionMessage(TheStack().AsUser(other.name).get(), say, &said));
  EXPECT_TRUE(absl::IsNotFound(foreign)) << foreign;
  say.mutable_message()->set_close(true);
  ASSERT_TRUE(Outcome(Gateway(1)->SendSessionMessage(TheStack().AsUser(person.name).get(), say, &said)).ok());
  while (stream->Read(&event)) {
  }
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(A8, AProgramThatIsNotHeardOfEndsWithAReasonAndOneThatBeatsGoesOn) {
  const auto person = NewPerson();
  GatewayProgram quiet(TheStack().GatewayChannel(), Forever(person.name),
                       testing::HelloOf(gateway::PROGRAM_KIND_DESKPHONE, "phone-1"));
  GatewayProgram alive(TheStack().GatewayChannel(), Forever(person.name),
                       testing::HelloOf(gateway::PROGRAM_KIND_DESKPHONE, "phone-2"));
  ASSERT_NE(quiet.session(), "");
  ASSERT_NE(alive.session(), "");
  const auto end = std::chrono::steady_clock::now() + 8s;
  while (!quiet.ended() && std::chrono::steady_clock::now() < end) {
    alive.Heartbeat();
    testing::Pause(200ms);
  }
  EXPECT_EQ(quiet.End(), "ABORTED SESSION_EXPIRED");
  EXPECT_FALSE(alive.ended());
}

TEST(A8, ASessionGoesOnAtTheOtherReplicaAndItsOldStreamEnds) {
  const auto person = NewPerson();
  auto hello = testing::HelloOf(gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1",
                                {gateway::CHANNEL_PRESENCE, gateway::CHANNEL_COMMANDS});
  GatewayProgram first(TheStack().GatewayChannel(0), Forever(person.name), hello);
  hello.set_resume_token(first.welcome().resume_token());
  ASSERT_NE(hello.resume_token(), "");
  GatewayProgram second(TheStack().GatewayChannel(1), Forever(person.name), hello);
  EXPECT_TRUE(second.welcome().resumed());
  EXPECT_EQ(second.session(), first.session());
  EXPECT_EQ(first.End(), "ABORTED SESSION_TAKEN_OVER");
  EXPECT_FALSE(second.ended());
  const auto stranger = NewPerson();
  GatewayProgram thief(TheStack().GatewayChannel(1), Forever(stranger.name), hello);
  EXPECT_FALSE(thief.welcome().resumed());
  EXPECT_NE(thief.session(), first.session());
}

TEST(A8, ASessionAndItsStateSurviveTheGatewaysRestart) {
  const auto person = NewPerson();
  auto hello = testing::HelloOf(gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1", {gateway::CHANNEL_PRESENCE});
  std::string token;
  {
    GatewayProgram program(TheStack().GatewayChannel(1), Forever(person.name), hello);
    hello.set_resume_token(program.welcome().resume_token());
    program.Watch({person.name});
    ASSERT_TRUE(Sees(program, person.name, "available"));
    token = ResumeToken(program);
    TheStack().gateway(1).Kill();
    EXPECT_THAT(program.End(), ::testing::StartsWith("UNAVAILABLE"));
  }
  ASSERT_TRUE(SetState(person.name, "vacation").ok());  // meanwhile, through the other replica
  TheStack().gateway(1).Start();
  TheStack().gateway(1).WaitReady();
  GatewayProgram again(TheStack().GatewayChannel(1), Forever(person.name), hello);
  EXPECT_TRUE(again.welcome().resumed());
  ASSERT_TRUE(again.Watch({person.name}, token));
  EXPECT_TRUE(Sees(again, person.name, "vacation"));
  for (const auto& event : again.events()) {
    EXPECT_FALSE(event.channel_event().gap()) << "the token carries over";
    EXPECT_FALSE(Tells(event, person.name, "available")) << "only what changed is told";
  }
}

TEST(A8, AChannelOutlivesItsServicesRestart) {
  const auto person = NewPerson();
  GatewayProgram program(TheStack().GatewayChannel(), Forever(person.name),
                         testing::HelloOf(gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1", {gateway::CHANNEL_PRESENCE}));
  program.Watch({person.name});
  ASSERT_TRUE(Sees(program, person.name, "available"));
  for (int replica = 0; replica < TheStack().Replicas("presence"); ++replica) {
    TheStack().presence(replica).Kill();
    TheStack().presence(replica).Start();
    program.Heartbeat();
    TheStack().presence(replica).WaitReady();
  }
  program.Heartbeat();
  ASSERT_TRUE(testing::Eventually([&] { return SetState(person.name, "custom").ok(); }, 20s));
  EXPECT_TRUE(Sees(program, person.name, "custom"));
  EXPECT_FALSE(program.ended());
}

TEST(A8, SessionsGoOnAndCommandsArriveAfterRedisWasKilled) {
  const auto person = NewPerson();
  GatewayProgram phone(TheStack().GatewayChannel(1), Forever(person.name),
                       testing::HelloOf(gateway::PROGRAM_KIND_DESKPHONE, "phone",
                                        {gateway::CHANNEL_PRESENCE, gateway::CHANNEL_COMMANDS}));
  ASSERT_NE(phone.session(), "");
  TheStack().redis().Kill();
  TheStack().redis().Restart();
  phone.Heartbeat();
  auto call = std::async(std::launch::async, [&] {
    std::string told;
    // While the store comes back a command is refused as unavailable, and may be given again.
    for (int attempt = 0; attempt < 20 && told != "DONE"; ++attempt) {
      told = Order(person.name, gateway::COMMAND_KIND_PLACE_CALL, "100");
      if (told != "DONE") testing::Pause(100ms);
    }
    return told;
  });
  const auto command = phone.NextCommand(0, 15s);
  ASSERT_NE(command.command_id(), "");
  phone.Answer(command.command_id(), gateway::OUTCOME_DONE);
  EXPECT_EQ(call.get(), "DONE");
  EXPECT_FALSE(phone.ended());
}

TEST(A8, WrongHellosAreRefusedAndNamed) {
  const auto person = NewPerson();
  const auto ends = [&](const gateway::Hello& hello) {
    GatewayProgram program(TheStack().GatewayChannel(), Forever(person.name), hello);
    return program.End();
  };
  EXPECT_EQ(ends(testing::HelloOf(gateway::PROGRAM_KIND_UNSPECIFIED, "pc")), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(ends(testing::HelloOf(gateway::PROGRAM_KIND_WEB, "")), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(ends(testing::HelloOf(gateway::PROGRAM_KIND_WEB, "a b")), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(ends(testing::HelloOf(gateway::PROGRAM_KIND_PBX, "pbx")), "PERMISSION_DENIED ROLE_REQUIRED");
  auto subscribed = testing::HelloOf(gateway::PROGRAM_KIND_WEB, "pc");
  subscribed.add_subscriptions()->set_channel(gateway::CHANNEL_PRESENCE);
  EXPECT_EQ(ends(subscribed), "INVALID_ARGUMENT INVALID_FIELD") << "a channel that was not opened";
  subscribed.add_channels(gateway::CHANNEL_PRESENCE);
  subscribed.mutable_subscriptions(0)->add_add_users("tenants/elsewhere/users/x");
  EXPECT_EQ(ends(subscribed), "NOT_FOUND RESOURCE_NOT_FOUND");
}

}  // namespace
}  // namespace crosspoint::e2e
