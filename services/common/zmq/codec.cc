#include "common/zmq/codec.h"

#include <algorithm>
#include <utility>

#include "crosspoint/common/v1/event.pb.h"

namespace crosspoint {
namespace {

namespace wire = ::crosspoint::common::v1;

constexpr char kFrameKind = 'f';
constexpr char kHeartbeatKind = 'h';
constexpr int64_t kMicros = 1'000'000;

std::optional<BusFrame> DecodeFrame(std::string_view body) {
  wire::BusFrame in;
  if (!in.ParseFromArray(body.data(), static_cast<int>(body.size())) || in.shard() >= kShardCount) return std::nullopt;
  BusFrame out;
  out.epoch = std::move(*in.mutable_epoch());
  out.shard = ShardId{static_cast<uint8_t>(in.shard())};
  out.revision = in.revision();
  out.key = std::move(*in.mutable_key());
  out.payload = std::move(*in.mutable_payload());
  out.traceparent = std::move(*in.mutable_traceparent());
  out.request_id = std::move(*in.mutable_request_id());
  const auto& time = in.publish_time();
  // Beyond these bounds (years 1 to 9999) it is no Timestamp and would overflow.
  if (time.seconds() < -62'135'596'800 || time.seconds() > 253'402'300'799) return std::nullopt;
  out.publish_time = TimePoint(std::chrono::microseconds(time.seconds() * kMicros + time.nanos() / 1000));
  return out;
}

std::optional<ShardRevisions> DecodeHeartbeat(std::string_view body) {
  wire::BusHeartbeat in;
  if (!in.ParseFromArray(body.data(), static_cast<int>(body.size()))) return std::nullopt;
  if (in.revisions_size() != static_cast<int>(kShardCount)) return std::nullopt;
  ShardRevisions out{.epoch = std::move(*in.mutable_epoch()), .revisions = {}};
  std::copy(in.revisions().begin(), in.revisions().end(), out.revisions.begin());
  return out;
}

template <class Message>
std::string Pack(std::string_view channel, char kind, const Message& message) {
  std::string out = ChannelPrefix(channel) + kind;
  out.reserve(out.size() + message.ByteSizeLong());
  message.AppendToString(&out);
  return out;
}

}  // namespace

std::string ChannelPrefix(std::string_view channel) { return std::string(channel) + "/"; }

std::string EncodeFrame(std::string_view channel, const BusFrame& frame) {
  wire::BusFrame out;
  out.set_epoch(frame.epoch);
  out.set_shard(frame.shard.value);
  out.set_revision(frame.revision);
  out.set_key(frame.key);
  out.set_payload(frame.payload);
  out.set_traceparent(frame.traceparent);
  out.set_request_id(frame.request_id);
  const int64_t micros = frame.publish_time.time_since_epoch().count();
  const int64_t rest = ((micros % kMicros) + kMicros) % kMicros;  // nanos count upwards, before 1970 too
  out.mutable_publish_time()->set_seconds((micros - rest) / kMicros);
  out.mutable_publish_time()->set_nanos(static_cast<int32_t>(rest * 1000));
  return Pack(channel, kFrameKind, out);
}

std::string EncodeHeartbeat(std::string_view channel, std::string_view replica, const ShardRevisions& revisions) {
  wire::BusHeartbeat out;
  out.set_epoch(revisions.epoch);
  out.set_replica(std::string(replica));
  out.mutable_revisions()->Assign(revisions.revisions.begin(), revisions.revisions.end());
  return Pack(channel, kHeartbeatKind, out);
}

std::optional<std::variant<BusFrame, ShardRevisions>> DecodeMessage(std::string_view channel,
                                                                    std::string_view message) {
  const size_t header = channel.size() + 2;
  if (message.size() < header || !message.starts_with(channel) || message[channel.size()] != '/') return std::nullopt;
  const std::string_view body = message.substr(header);
  if (message[header - 1] == kFrameKind) {
    if (auto frame = DecodeFrame(body)) return std::move(*frame);
  } else if (message[header - 1] == kHeartbeatKind) {
    if (auto revisions = DecodeHeartbeat(body)) return std::move(*revisions);
  }
  return std::nullopt;
}

}  // namespace crosspoint
