#include "presence/domain/availability_table.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "common/ids/ids.h"

namespace crosspoint::presence {
namespace {

TEST(AvailabilityTable, HasTheSixStatesInMenuOrder) {
  EXPECT_EQ(AvailabilityTable::Default().Keys(),
            "available, in-a-meeting, out-of-office, vacation, custom, do-not-disturb");
}

TEST(AvailabilityTable, EveryStateHasAKeyAColourOfItsOwnAndAText) {
  std::set<std::string> colors;
  for (const auto& state : AvailabilityTable::Default().states()) {
    EXPECT_TRUE(IsValidSegment(state.id.value));
    EXPECT_TRUE(std::regex_match(state.color, std::regex("#[0-9a-f]{6}"))) << state.color;
    EXPECT_TRUE(colors.insert(state.color).second) << state.color;
    EXPECT_FALSE(state.display_name.empty());
    EXPECT_FALSE(state.alternative_text.empty());
  }
}

TEST(AvailabilityTable, AvailableIsGreenAndInAMeetingIsYellow) {
  const auto channel = [](const AvailabilityState& state, size_t at) {
    return std::stoi(state.color.substr(at, 2), nullptr, 16);
  };
  const auto& green = *AvailabilityTable::Default().Find({"available"});
  EXPECT_GT(channel(green, 3), channel(green, 1) + 64);
  EXPECT_GT(channel(green, 3), channel(green, 5) + 64);
  const auto& yellow = *AvailabilityTable::Default().Find({"in-a-meeting"});
  EXPECT_GT(channel(yellow, 1), 192);
  EXPECT_GT(channel(yellow, 3), 160);
  EXPECT_LT(channel(yellow, 5), 64);
}

TEST(AvailabilityTable, OldNamesMeanTheSameState) {
  const auto& table = AvailabilityTable::Default();
  EXPECT_EQ(table.FindByAnyName("Standard"), table.Find({"available"}));
  EXPECT_EQ(table.FindByAnyName("extended absence"), table.Find({"vacation"}));
  EXPECT_EQ(table.FindByAnyName("In A Meeting"), table.Find({"in-a-meeting"}));
  EXPECT_EQ(table.FindByAnyName("do-not-disturb"), table.Find({"do-not-disturb"}));
  EXPECT_EQ(table.FindByAnyName("lunch"), nullptr);
  EXPECT_EQ(table.FindByAnyName(""), nullptr);
}

TEST(AvailabilityTable, EtagFollowsTheContents) {
  const auto& standard = AvailabilityTable::Default();
  auto states = standard.states();
  EXPECT_EQ(AvailabilityTable(states).etag(), standard.etag());
  states[0].color = "#00ff00";
  EXPECT_NE(AvailabilityTable(states).etag(), standard.etag());
}

}  // namespace
}  // namespace crosspoint::presence
