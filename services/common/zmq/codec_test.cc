#include "common/zmq/codec.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <random>

#include "crosspoint/common/v1/event.pb.h"

namespace crosspoint {
namespace {

BusFrame Frame() {
  return {.epoch = "A",
          .shard = ShardId{200},
          .revision = uint64_t{1} << 40,
          .key = "users/ü",
          .payload = std::string("\0\xff/x", 4),
          .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          .request_id = "r1",
          .publish_time = TimePoint(std::chrono::microseconds(1'700'000'000'123'456))};
}

TEST(BusCodec, FrameComesBackAsItWas) {
  const auto decoded = DecodeMessage("presence", EncodeFrame("presence", Frame()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<BusFrame>(*decoded), Frame());
}

TEST(BusCodec, TimesBefore1970ComeBack) {
  BusFrame frame = Frame();
  frame.publish_time = TimePoint(std::chrono::microseconds(-1'500'001));
  EXPECT_EQ(std::get<BusFrame>(*DecodeMessage("c", EncodeFrame("c", frame))), frame);
}

TEST(BusCodec, HeartbeatComesBackAsItWas) {
  ShardRevisions revisions{.epoch = "A", .revisions = {}};
  for (size_t i = 0; i < kShardCount; ++i) revisions.revisions[i] = i * i;
  const auto decoded = DecodeMessage("presence", EncodeHeartbeat("presence", "tcp://h:1", revisions));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<ShardRevisions>(*decoded).epoch, "A");
  EXPECT_EQ(std::get<ShardRevisions>(*decoded).revisions, revisions.revisions);
}

TEST(BusCodec, MessagesOfAnotherChannelAreNotRead) {
  EXPECT_FALSE(DecodeMessage("presenc", EncodeFrame("presence", Frame())));
  EXPECT_FALSE(DecodeMessage("presence", EncodeFrame("presenc", Frame())));
}

TEST(BusCodec, ShardOutOfRangeIsRefused) {
  common::v1::BusFrame frame;
  frame.set_epoch("A");
  frame.set_shard(256);
  EXPECT_FALSE(DecodeMessage("c", "c/f" + frame.SerializeAsString()));
}

TEST(BusCodec, HeartbeatWithoutAllShardsIsRefused) {
  common::v1::BusHeartbeat heartbeat;
  heartbeat.set_epoch("A");
  heartbeat.add_revisions(1);
  EXPECT_FALSE(DecodeMessage("c", "c/h" + heartbeat.SerializeAsString()));
}

TEST(BusCodec, ImpossibleTimeIsRefused) {
  common::v1::BusFrame frame;
  frame.mutable_publish_time()->set_seconds(INT64_MAX);
  EXPECT_FALSE(DecodeMessage("c", "c/f" + frame.SerializeAsString()));
}

TEST(BusCodec, NoiseIsNeverAMessageThatCannotBe) {
  const google::protobuf::LogSilencer quiet;  // about text that is not UTF-8
  std::mt19937 random(1);
  const std::string good = EncodeFrame("c", Frame());
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good.substr(0, random() % (good.size() + 1));
    for (int flips = 0; flips < 3 && !bad.empty(); ++flips) bad[random() % bad.size()] ^= static_cast<char>(random());
    DecodeMessage("c", bad);  // must neither crash nor read out of bounds (the sanitizers tell)
  }
  EXPECT_FALSE(DecodeMessage("c", ""));
  EXPECT_FALSE(DecodeMessage("c", "c/"));
  EXPECT_FALSE(DecodeMessage("c", "c/x"));
}

}  // namespace
}  // namespace crosspoint
