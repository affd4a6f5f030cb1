#include "gateway/domain/command.h"

#include <gtest/gtest.h>

namespace crosspoint::gateway {
namespace {

SessionRecord Session(const std::string& id, ProgramKind program, const std::string& device, int connected,
                      bool commands = true) {
  SessionRecord record;
  record.id = id;
  record.program = program;
  record.device = device;
  record.connected = TimePoint{std::chrono::seconds{connected}};
  if (commands) record.channels.push_back(Channel::kCommands);
  return record;
}

std::string Chosen(const std::vector<SessionRecord>& sessions, CommandKind kind, const std::string& device = "") {
  const auto* const chosen = ChooseProgram(sessions, kind, device);
  return chosen == nullptr ? "" : chosen->id;
}

TEST(ChooseProgram, TheKindThatSuitsBestThenTheLatest) {
  const std::vector<SessionRecord> sessions = {
      Session("pc", ProgramKind::kDesktopWindows, "pc", 9), Session("old", ProgramKind::kDeskphone, "p1", 1),
      Session("new", ProgramKind::kDeskphone, "p2", 2), Session("out", ProgramKind::kOutlookAddin, "pc", 3)};
  EXPECT_EQ(Chosen(sessions, CommandKind::kPlaceCall), "new");
  EXPECT_EQ(Chosen(sessions, CommandKind::kStartIm), "pc");
  EXPECT_EQ(Chosen(sessions, CommandKind::kPlayMessage), "new");
  EXPECT_EQ(Chosen(sessions, CommandKind::kLaunchInvitation), "out");
  EXPECT_EQ(Chosen(sessions, CommandKind::kPlaceCall, "p1"), "old");
  EXPECT_EQ(Chosen(sessions, CommandKind::kPlaceCall, "pc"), "pc");
}

TEST(ChooseProgram, NobodyWhoCannotDoItOrDoesNotListen) {
  const std::vector<SessionRecord> sessions = {Session("pbx", ProgramKind::kPbx, "b", 1),
                                               Session("deaf", ProgramKind::kDeskphone, "p", 1, false),
                                               Session("out", ProgramKind::kOutlookAddin, "pc", 1)};
  EXPECT_EQ(Chosen(sessions, CommandKind::kPlaceCall), "");
  EXPECT_EQ(Chosen(sessions, CommandKind::kConfigure), "out");
  EXPECT_EQ(Chosen({}, CommandKind::kConfigure), "");
}

TEST(Commands, OnlyInvitationsAndConfigurationMayComeAgain) {
  EXPECT_FALSE(AtLeastOnce(CommandKind::kPlaceCall));
  EXPECT_FALSE(AtLeastOnce(CommandKind::kStartIm));
  EXPECT_FALSE(AtLeastOnce(CommandKind::kPlayMessage));
  EXPECT_TRUE(AtLeastOnce(CommandKind::kLaunchInvitation));
  EXPECT_TRUE(AtLeastOnce(CommandKind::kConfigure));
}

}  // namespace
}  // namespace crosspoint::gateway
