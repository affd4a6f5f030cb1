#include "common/brake/deletion_brake.h"

#include <gtest/gtest.h>

namespace crosspoint {
namespace {

TEST(DeletionBrake, AFewAreNeverStopped) {
  EXPECT_FALSE(BrakeStops(0, 0));
  EXPECT_FALSE(BrakeStops(4, 4));
}

TEST(DeletionBrake, FiveAreStoppedWhenTheyAreMoreThanATenth) {
  EXPECT_TRUE(BrakeStops(5, 49));
  EXPECT_FALSE(BrakeStops(5, 50));
  EXPECT_TRUE(BrakeStops(20, 199));
  EXPECT_FALSE(BrakeStops(20, 200));
}

TEST(DeletionBrake, MoreThanTwentyAreStoppedHoweverManyThereAre) {
  EXPECT_FALSE(BrakeStops(20, 100'000));
  EXPECT_TRUE(BrakeStops(21, 100'000));
}

}  // namespace
}  // namespace crosspoint
