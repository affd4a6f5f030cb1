#include "common/zmq/lossy_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace crosspoint {
namespace {

struct Sent final : FramePublisher {
  void Publish(BusFrame frame) override { revisions.push_back(frame.revision); }
  std::vector<uint64_t> revisions;
};

void PublishMany(FramePublisher& publisher, uint64_t count) {
  for (uint64_t i = 1; i <= count; ++i) {
    BusFrame frame;
    frame.revision = i;
    publisher.Publish(std::move(frame));
  }
}

TEST(LossyPublisher, GoodLineChangesNothing) {
  Sent sent;
  LossyPublisher line(sent, {}, 1);
  PublishMany(line, 5);
  EXPECT_THAT(sent.revisions, testing::ElementsAre(1, 2, 3, 4, 5));
}

TEST(LossyPublisher, DropsItsShare) {
  Sent sent;
  LossyPublisher line(sent, {.drop = 0.25}, 1);
  PublishMany(line, 4000);
  EXPECT_NEAR(static_cast<double>(line.dropped()), 1000, 100);
  EXPECT_EQ(sent.revisions.size() + line.dropped(), 4000u);
}

TEST(LossyPublisher, LateFramesAreOvertakenButArrive) {
  Sent sent;
  LossyPublisher line(sent, {.delay = 0.3, .max_delay = 4}, 1);
  PublishMany(line, 1000);
  line.Flush();
  EXPECT_FALSE(std::is_sorted(sent.revisions.begin(), sent.revisions.end()));
  std::sort(sent.revisions.begin(), sent.revisions.end());
  ASSERT_EQ(sent.revisions.size(), 1000u);
  EXPECT_EQ(sent.revisions.back(), 1000u);
}

TEST(LossyPublisher, DuplicatesComeTwice) {
  Sent sent;
  LossyPublisher line(sent, {.duplicate = 1}, 1);
  PublishMany(line, 2);
  EXPECT_THAT(sent.revisions, testing::ElementsAre(1, 1, 2, 2));
}

}  // namespace
}  // namespace crosspoint
