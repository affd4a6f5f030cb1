// What people do with a message at their desk phone or computer: each is a command to a device or a change here.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <future>

#include "tests/e2e/gateway_calls.h"
#include "tests/e2e/voicemail_calls.h"
#include "tests/support/wav.h"

namespace crosspoint::e2e {
namespace {

using testing::MakeWav;

constexpr char kCaller[] = "+493023125099";

// "DONE", or the error's reason.
std::string Play(const std::string& name, const std::string& request_id = "") {
  voicemail::PlayMessageRequest request;
  request.set_name(name);
  request.set_request_id(request_id);
  voicemail::PlayMessageResponse response;
  const auto status = Outcome(Voicemails()->PlayMessage(TheStack().AsUser(UserOf(name)).get(), request, &response));
  return status.ok() ? response.outcome() : status.ToString();
}

std::string CallBack(const std::string& name) {
  voicemail::CallBackRequest request;
  request.set_name(name);
  voicemail::CallBackResponse response;
  const auto status = Outcome(Voicemails()->CallBack(TheStack().AsUser(UserOf(name)).get(), request, &response));
  if (const auto info = GetErrorInfo(status)) return info->reason;
  return status.ok() ? response.outcome() : status.ToString();
}

GatewayProgram DeskPhone(const Person& person) {
  return {TheStack().GatewayChannel(), Forever(person.name),
          testing::HelloOf(gateway::PROGRAM_KIND_DESKPHONE, "desk-" + IdOf(person.name), {gateway::CHANNEL_COMMANDS})};
}

TEST(E3, TheDeskPhonePlaysTheMessageAndItIsHeard) {
  const auto person = NewPerson();
  const auto made = MustDeposit(person.name, kCaller, MakeWav());
  auto phone = DeskPhone(person);
  ASSERT_FALSE(phone.session().empty());
  const auto request_id = NewRequestId();
  auto outcome = std::async(std::launch::async, [&] { return Play(made.name(), request_id); });
  const auto command = phone.NextCommand();
  EXPECT_EQ(command.kind(), gateway::COMMAND_KIND_PLAY_MESSAGE);
  EXPECT_EQ(command.target(), made.name());
  phone.Answer(command.command_id(), gateway::OUTCOME_DONE);
  EXPECT_EQ(outcome.get(), "DONE");
  EXPECT_EQ(GetVoicemail(made.name())->state(), voicemail::VOICEMAIL_STATE_HEARD);
  EXPECT_FALSE(SummaryOf(person.name).lamp());
  const auto told = phone.events().size();
  EXPECT_EQ(Play(made.name(), request_id), "DONE") << "the same request is not sent again";
  EXPECT_TRUE(phone.NextCommand(told, std::chrono::milliseconds(300)).command_id().empty());
}

TEST(E3, CallingBackDialsTheCallersNumber) {
  const auto person = NewPerson();
  const auto made = MustDeposit(person.name, kCaller, MakeWav());
  const auto withheld = MustDeposit(person.name, "", MakeWav());
  auto phone = DeskPhone(person);
  ASSERT_FALSE(phone.session().empty());
  auto outcome = std::async(std::launch::async, [&] { return CallBack(made.name()); });
  const auto command = phone.NextCommand();
  EXPECT_EQ(command.kind(), gateway::COMMAND_KIND_PLACE_CALL);
  EXPECT_EQ(command.target(), kCaller);
  phone.Answer(command.command_id(), gateway::OUTCOME_REFUSED, "the line is busy");
  EXPECT_EQ(outcome.get(), "REFUSED");
  EXPECT_EQ(CallBack(withheld.name()), "CALLER_WITHHELD");
}

TEST(E3, WithoutAProgramItSaysSoAndTheMessageStaysNew) {
  const auto person = NewPerson();
  const auto made = MustDeposit(person.name, kCaller, MakeWav());
  EXPECT_EQ(Play(made.name()), "NO_PROGRAM");
  EXPECT_TRUE(SummaryOf(person.name).lamp());
}

TEST(E3, ForwardedItIsAMessageOfTheOtherWhoeverDeletesFirst) {
  const auto person = NewPerson();
  const auto other = NewPerson();
  const auto wav = MakeWav({.seed = 7});
  const auto made = MustDeposit(person.name, kCaller, wav);
  voicemail::ForwardMessageRequest request;
  request.set_name(made.name());
  request.set_to_user(other.name);
  voicemail::Voicemail copy;
  absl::Status status;
  ASSERT_TRUE(testing::Eventually([&] {
    status = Outcome(Voicemails()->ForwardMessage(TheStack().AsUser(person.name).get(), request, &copy));
    return status.ok();
  })) << status;
  EXPECT_EQ(UserOf(copy.name()), other.name);
  EXPECT_EQ(copy.forwarded_by(), person.name);
  EXPECT_EQ(copy.caller(), kCaller);
  ASSERT_TRUE(Delete(made.name()).ok());
  EXPECT_EQ(*StreamAudio(copy.name()), wav);
  EXPECT_TRUE(SummaryOf(other.name).lamp());
}

TEST(E3, AnAnswerGoesToTheCallersMailbox) {
  const auto caller = NewPerson();
  const auto person = NewPerson();
  const auto made = MustDeposit(person.name, caller.extension, MakeWav());
  const auto wav = MakeWav({.seed = 8});
  const auto stub = Voicemails();
  const auto context = TheStack().AsUser(person.name);
  voicemail::Voicemail answer;
  const auto writer = stub->ReplyToMessage(context.get(), &answer);
  voicemail::ReplyToMessageRequest part;
  part.mutable_header()->set_name(made.name());
  writer->Write(part);
  part.set_audio(wav);
  writer->Write(part);
  writer->WritesDone();
  const auto status = Outcome(writer->Finish());
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(UserOf(answer.name()), caller.name);
  EXPECT_EQ(answer.caller_user(), person.name);
  EXPECT_EQ(answer.caller_name(), person.display_name);
  EXPECT_EQ(*StreamAudio(answer.name()), wav);
}

}  // namespace
}  // namespace crosspoint::e2e
