#include "presence/adapters/bus_presence.h"

#include <charconv>
#include <utility>

#include "common/tracing/trace_context.h"
#include "common/tracing/tracing.h"
#include "presence/adapters/record_codec.h"

namespace crosspoint::presence {

void BusChangePublisher::Publish(const UserKey& user, const ChangeResult& change) {
  // Before the first look at the store nobody knows the epoch; the heartbeat will show the change.
  if (change.epoch.empty()) return;
  BusFrame frame;
  frame.epoch = change.epoch;
  frame.shard = ShardId{change.shard};
  frame.revision = change.record.revision;
  frame.key = user;
  frame.payload = EncodeRecord(change.record);
  frame.traceparent = tracing::FormatTraceparent(tracing::Current());
  frame.request_id = log::CurrentContext().request_id;
  frame.publish_time = clock_.Now();
  bus_.Publish(std::move(frame));
}

void BusPresenceListener::OnResync(ShardSnapshot snapshot) {
  ShardContents contents;
  contents.epoch = std::move(snapshot.epoch);
  contents.revision = snapshot.revision;
  for (auto& entry : snapshot.entries) {
    if (entry.key == kForgottenEntry) {
      std::from_chars(entry.payload.data(), entry.payload.data() + entry.payload.size(), contents.forgotten);
      continue;
    }
    auto record = DecodeRecord(entry.payload);
    if (!record) {
      log_.Error("presence_record_unreadable", {{"user", entry.key}, {"shard", snapshot.shard.value}});
      continue;
    }
    contents.records.emplace_back(std::move(entry.key), *std::move(record));
  }
  feed_.OnShard(snapshot.shard.value, std::move(contents));
}

void BusPresenceListener::OnChange(const BusFrame& frame) {
  const auto record = DecodeRecord(frame.payload);
  if (!record) log_.Error("presence_record_unreadable", {{"user", frame.key}, {"shard", frame.shard.value}});
  feed_.OnShardChange(frame.shard.value, frame.epoch, frame.revision, frame.key, record.value_or(PresenceRecord{}));
}

}  // namespace crosspoint::presence
