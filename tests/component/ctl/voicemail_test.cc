// Voicemail from the command line: left as a telephone system does, listed, played, deleted.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <fstream>

#include "tests/component/ctl/program.h"
#include "tests/support/gateway_program/gateway_program.h"
#include "tests/support/wav.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kCaller[] = "+493023125099";

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::string Content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Ctl Pbx() { return Ctl("pbx-1", {"integrator"}); }

// What `arguments` ask of a service that may still be learning of a new user.
CtlResult RunOnceKnown(const Ctl& ctl, const std::vector<std::string>& arguments) {
  CtlResult result;
  Eventually([&] {
    result = ctl.Run(arguments);
    return result.exit_code != 1 || result.err.find("RESOURCE_NOT_FOUND") == std::string::npos;
  });
  return result;
}

// A recording left for the user; the message's id.
std::string Leave(const std::string& user, const std::string& wav) {
  const auto file = WriteFile("left.wav", wav);
  const auto result = RunOnceKnown(Pbx(), {"voicemail", "deposit", user, file, "--caller", kCaller, "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto messages = result.Messages();
  return messages.empty() ? "" : IdOf(messages[0].at("name"));
}

TEST(CtlVoicemail, IsLeftListedPlayedDeletedAndBroughtBack) {
  const auto user = MakeCtlUser("Vera Voice", "vera.voice@corp.example", "5011");
  const Ctl ctl(IdOf(user), {"user"});
  const auto wav = MakeWav({.milliseconds = 61'000});
  const auto none = RunOnceKnown(ctl, {"voicemail", "list"});
  EXPECT_EQ(none.exit_code, 0) << none.err;
  EXPECT_THAT(none.out, HasSubstr("0 new, 0 heard, lamp off"));

  const auto left =
      RunOnceKnown(Pbx(), {"voicemail", "deposit", user, WriteFile("call.wav", wav), "--caller", kCaller});
  ASSERT_EQ(left.exit_code, 0) << left.err;
  EXPECT_THAT(left.out, HasSubstr("1:01"));
  const auto id = left.out.substr(0, left.out.find(' '));

  const auto table = ctl.Run({"voicemail", "list"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("RECEIVED"), HasSubstr(id), HasSubstr(kCaller), HasSubstr("1:01"),
                               HasSubstr("1 new, 0 heard, lamp on")));
  const auto listed = ctl.Run({"voicemail", "list", "--json"}).Messages();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].at("name"), user + "/voicemails/" + id);
  EXPECT_EQ(listed[0].at("state"), "VOICEMAIL_STATE_NEW");
  EXPECT_THAT(left.out, HasSubstr(listed[0].at("sha256").get<std::string>()));

  const auto file = CtlStack().dir() / "played.wav";
  const auto played = ctl.Run({"voicemail", "play", id, "-o", file});
  EXPECT_EQ(played.exit_code, 0) << played.err;
  EXPECT_THAT(played.out, IsEmpty());
  EXPECT_EQ(Content(file), wav);
  EXPECT_EQ(ctl.Run({"voicemail", "play", id}).out, wav) << "into a pipe";

  const auto deleted = ctl.Run({"voicemail", "delete", id});
  EXPECT_EQ(deleted.exit_code, 0) << deleted.err;
  EXPECT_THAT(deleted.out, AllOf(HasSubstr(id), HasSubstr("undelete")));
  const auto again = ctl.Run({"voicemail", "delete", id, "--json"}).Messages();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(again[0].contains("deleteTime"));
  EXPECT_THAT(ctl.Run({"voicemail", "list"}).out, AllOf(Not(HasSubstr(id)), HasSubstr("lamp off")));
  EXPECT_THAT(ctl.Run({"voicemail", "list", "--deleted"}).out, AllOf(HasSubstr(id), HasSubstr("deleted")));
  const auto back = ctl.Run({"voicemail", "undelete", user + "/voicemails/" + id, "--json"});
  EXPECT_EQ(back.exit_code, 0) << back.err;
  ASSERT_EQ(back.Messages().size(), 1u);
  EXPECT_FALSE(back.Messages()[0].contains("deleteTime"));
  EXPECT_THAT(ctl.Run({"voicemail", "list"}).out, HasSubstr("lamp on"));
}

TEST(CtlVoicemail, IsLeftForAnAddressAndFromStandardInput) {
  const auto user = MakeCtlUser("Ada Address", "ada.address@corp.example", "5012");
  const auto wav = MakeWav({.seed = 2});
  ASSERT_FALSE(Leave(user, MakeWav()).empty());
  const auto result = Pbx().Run({"voicemail", "deposit", "Ada.Address@corp.example", "-", "--json"}, wav);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto made = result.Messages();
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].at("length"), "1s");
  const Ctl ctl(IdOf(user), {"user"});
  EXPECT_EQ(ctl.Run({"voicemail", "play", IdOf(made[0].at("name")), "-o", "-"}).out, wav);
  const auto newest = ctl.Run({"voicemail", "list", "--limit", "1", "--json"}).Messages();
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest[0].at("name"), made[0].at("name"));

  const auto nobody = Pbx().Run({"voicemail", "deposit", "nobody@corp.example", "-"}, wav);
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("nobody@corp.example"));
}

TEST(CtlVoicemail, MissingMessagesAndThoseOfOthersAreNotFound) {
  const auto user = MakeCtlUser("Mona Missing", "mona.missing@corp.example", "5013");
  const auto other = MakeCtlUser("Otto Other", "otto.other@corp.example", "5014");
  const auto id = Leave(other, MakeWav());
  const Ctl ctl(IdOf(user), {"user"});
  for (const auto& message : {std::string("nothing"), other + "/voicemails/" + id}) {
    for (const std::string command : {"play", "delete", "undelete"}) {
      const auto result = ctl.Run({"voicemail", command, message});
      EXPECT_EQ(result.exit_code, 1) << command;
      EXPECT_THAT(result.out, IsEmpty());
      EXPECT_THAT(result.err, AllOf(HasSubstr("RESOURCE_NOT_FOUND"), HasSubstr("to do: "))) << command;
    }
  }
  const auto file = CtlStack().dir() / "never.wav";
  EXPECT_EQ(ctl.Run({"voicemail", "play", "nothing", "-o", file}).exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(ctl.Run({"voicemail", "play"}).exit_code, 2);
  EXPECT_EQ(Ctl(IdOf(other), {"user"}).Run({"voicemail", "play", id, "-o", "/nowhere/x.wav"}).exit_code, 2);
}

TEST(CtlVoicemail, WhatIsNoRecordingIsRefusedAndLeavesNothing) {
  const auto user = MakeCtlUser("Nora Noise", "nora.noise@corp.example", "5015");
  const Ctl ctl(IdOf(user), {"user"});
  ASSERT_EQ(RunOnceKnown(ctl, {"voicemail", "list"}).exit_code, 0);
  const std::string wav = MakeWav();
  for (const auto& content : {std::string("no recording"), std::string(), std::string(500'000, 'x'),
                              wav.substr(0, wav.size() / 2), std::string("RIFF")}) {
    const auto result = Pbx().Run({"voicemail", "deposit", user, WriteFile("bad.wav", content)});
    EXPECT_EQ(result.exit_code, 1) << content.size();
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, AllOf(HasSubstr("audio"), Not(HasSubstr("right server")))) << content.size();
  }
  EXPECT_EQ(Pbx().Run({"voicemail", "deposit", user, "/nowhere.wav"}).exit_code, 2);
  EXPECT_EQ(Pbx().Run({"voicemail", "deposit", user}).exit_code, 2);
  const auto good = WriteFile("good.wav", wav);
  const auto number = Pbx().Run({"voicemail", "deposit", user, good, "--caller", "a\nb"});
  EXPECT_EQ(number.exit_code, 1);
  EXPECT_THAT(number.err, HasSubstr("caller"));
  const auto unknown = Pbx().Run({"voicemail", "deposit", "nobody", good});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("RESOURCE_NOT_FOUND"));
  const auto person = ctl.Run({"voicemail", "deposit", user, good});
  EXPECT_EQ(person.exit_code, 4) << "people leave no messages";
  EXPECT_THAT(person.err, HasSubstr("ROLE_REQUIRED"));
  EXPECT_THAT(ctl.Run({"voicemail", "list"}).out, HasSubstr("0 new, 0 heard, lamp off"));
}

TEST(CtlVoicemail, IsPlayedOnADeviceOrFailsSayingWhyNot) {
  const auto user = MakeCtlUser("Dora Device", "dora.device@corp.example", "5016");
  const auto id = Leave(user, MakeWav());
  const Ctl ctl(IdOf(user), {"user"});
  const auto nowhere = ctl.Run({"voicemail", "play", id, "--device", "desk-9"});
  EXPECT_EQ(nowhere.exit_code, 1) << "it was not played";
  EXPECT_THAT(nowhere.err, HasSubstr("NO_PROGRAM"));
  EXPECT_THAT(ctl.Run({"voicemail", "list"}).out, HasSubstr("lamp on"));

  GatewayProgram phone(CtlStack().GatewayChannel(), CtlStack().AsUser(user),
                       HelloOf(gateway::v1::PROGRAM_KIND_DESKPHONE, "desk-9", {gateway::v1::CHANNEL_COMMANDS}));
  ASSERT_FALSE(phone.session().empty());
  const auto busy = ctl.Start({"voicemail", "play", id, "--device", "desk-9"});
  const auto first = phone.NextCommand();
  EXPECT_EQ(first.target(), user + "/voicemails/" + id);
  const auto told = phone.events().size();
  phone.Answer(first.command_id(), gateway::v1::OUTCOME_REFUSED, "in a call");
  const auto refused = busy->Wait();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("REFUSED"), HasSubstr("in a call")));

  const auto playing = ctl.Start({"voicemail", "play", id, "--device", "desk-9"});
  phone.Answer(phone.NextCommand(told).command_id(), gateway::v1::OUTCOME_DONE);
  const auto played = playing->Wait();
  EXPECT_EQ(played.exit_code, 0) << played.err;
  EXPECT_THAT(ctl.Run({"voicemail", "list"}).out, HasSubstr("0 new, 1 heard, lamp off"));
}

}  // namespace
}  // namespace crosspoint::testing
