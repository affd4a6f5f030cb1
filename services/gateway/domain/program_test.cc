#include "gateway/domain/program.h"

#include <gtest/gtest.h>

#include <string>

namespace crosspoint::gateway {
namespace {

TEST(Programs, AKindOrChannelOutsideTheListIsNone) {
  EXPECT_FALSE(ProgramOf(0));
  EXPECT_FALSE(ProgramOf(9));
  EXPECT_FALSE(ChannelOf(7));
  EXPECT_FALSE(RoleOf(-1));
  EXPECT_EQ(ProgramOf(2), ProgramKind::kDesktopMac);
}

TEST(Programs, TheRowsOfTheTableBearTheirOwnNames) {
  EXPECT_EQ(NameOf(ProgramKind::kDesktopWindows), "desktop-windows");
  EXPECT_EQ(NameOf(ProgramKind::kOutlookAddin), "outlook-addin");
  EXPECT_EQ(NameOf(ProgramKind::kSkypeTelephony), "skype-telephony");
  EXPECT_EQ(NameOf(ProgramKind::kPbx), "pbx");
}

TEST(Programs, OnlyWindowsOutlookAndTheTelephonyWindowMayHoldThePresenceRole) {
  std::string allowed;
  for (int number = 1; const auto kind = ProgramOf(number); ++number) {
    if (Allows(*kind, NeededFor(ClientRole::kOutlookPresence))) allowed += std::string(NameOf(*kind)) + " ";
  }
  EXPECT_EQ(allowed, "desktop-windows outlook-addin skype-telephony ");
}

TEST(Programs, ThePbxReportsLinesAndNothingElseAndNobodyElseDoes) {
  for (int number = 1; const auto kind = ProgramOf(number); ++number) {
    EXPECT_EQ(Allows(*kind, Ability::kReportLines), *kind == ProgramKind::kPbx);
    EXPECT_EQ(Allows(*kind, Ability::kUserFunctions), *kind != ProgramKind::kPbx);
  }
}

TEST(Programs, ExclusionIsSymmetricAndOnlyBetweenTelephonyWindowAndDesktop) {
  int pairs = 0;
  for (int one = 1; one <= 8; ++one) {
    for (int other = 1; other <= 8; ++other) {
      EXPECT_EQ(Excludes(*ProgramOf(one), *ProgramOf(other)), Excludes(*ProgramOf(other), *ProgramOf(one)));
      pairs += Excludes(*ProgramOf(one), *ProgramOf(other)) ? 1 : 0;
    }
  }
  EXPECT_EQ(pairs, 4);
}

TEST(Programs, ADeviceIsAShortWord) {
  EXPECT_TRUE(IsValidDevice("PC-17.corp:2"));
  EXPECT_FALSE(IsValidDevice(""));
  EXPECT_FALSE(IsValidDevice("a|b"));
  EXPECT_FALSE(IsValidDevice("a/b"));
  EXPECT_FALSE(IsValidDevice(std::string(65, 'a')));
}

}  // namespace
}  // namespace crosspoint::gateway
