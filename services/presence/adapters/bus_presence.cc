#include "presence/adapters/bus_presence.h"

#include <charconv>
#include <utility>

#include "common/tracing/trace_context.h"
#include "common/tracing/tracing.h"
#include "presence/adapters/record_codec.h"
#include "presence/adapters/table_codec.h"

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
  Send(std::move(frame));
}

void BusChangePublisher::PublishTable(const TenantId& tenant, const TableChange& change) {
  if (change.stored.epoch.empty()) return;
  BusFrame frame;
  frame.epoch = change.stored.epoch;
  frame.shard = ShardId{change.shard};
  frame.revision = change.stored.revision;
  frame.key = TableKeyOf(tenant);
  frame.payload = EncodeTable(change.stored);
  Send(std::move(frame));
}

void BusChangePublisher::Send(BusFrame frame) {
  frame.traceparent = tracing::FormatTraceparent(tracing::Current());
  frame.request_id = log::CurrentContext().request_id;
  frame.publish_time = clock_.Now();
  bus_.Publish(std::move(frame));
}

void BusPresenceListener::OnResync(ShardSnapshot snapshot) {
  ShardContents contents;
  contents.epoch = std::move(snapshot.epoch);
  contents.revision = snapshot.revision;
  std::vector<std::pair<TenantId, StoredTable>> tables;
  for (auto& entry : snapshot.entries) {
    if (entry.key == kForgottenEntry) {
      std::from_chars(entry.payload.data(), entry.payload.data() + entry.payload.size(), contents.forgotten);
      continue;
    }
    if (IsTableKey(entry.key)) {
      if (auto table = TableOf(contents.epoch, entry.key, entry.payload)) {
        tables.emplace_back(TenantOfTable(entry.key), *std::move(table));
      }
      continue;
    }
    auto record = DecodeRecord(entry.payload);
    if (!record) {
      log_.Error("presence_record_unreadable", {{"user", entry.key}, {"shard", snapshot.shard.value}});
      continue;
    }
    contents.records.emplace_back(std::move(entry.key), *std::move(record));
  }
  // First, so that states told because of the snapshot have the right look.
  tables_.OnShard(snapshot.shard.value, contents.epoch, contents.revision, std::move(tables));
  feed_.OnShard(snapshot.shard.value, std::move(contents));
}

std::optional<StoredTable> BusPresenceListener::TableOf(const std::string& epoch, const std::string& key,
                                                        const std::string& payload) {
  auto table = DecodeTable(payload);
  if (!table) {
    log_.Error("presence_table_unreadable", {{"tenant", TenantOfTable(key).value}});
    return std::nullopt;
  }
  table->epoch = epoch;
  return table;
}

void BusPresenceListener::OnChange(const BusFrame& frame) {
  if (IsTableKey(frame.key)) {
    if (auto table = TableOf(frame.epoch, frame.key, frame.payload)) {
      tables_.OnTable(TenantOfTable(frame.key), frame.shard.value, *std::move(table));
    }
    // No user's record, but the shard has come this far.
    return feed_.OnShardChange(frame.shard.value, frame.epoch, frame.revision, "", PresenceRecord{});
  }
  const auto record = DecodeRecord(frame.payload);
  if (!record) log_.Error("presence_record_unreadable", {{"user", frame.key}, {"shard", frame.shard.value}});
  feed_.OnShardChange(frame.shard.value, frame.epoch, frame.revision, frame.key, record.value_or(PresenceRecord{}));
}

}  // namespace crosspoint::presence
