#include "presence/api/shard_stream.h"

#include <algorithm>
#include <utility>

#include "presence/api/convert.h"

namespace crosspoint::presence {
namespace {

constexpr size_t kPart = 1'000;

}  // namespace

void ShardStream::Begin(const PresenceTable& table, const TableBook& tables, std::vector<uint8_t> shards,
                        std::shared_ptr<Stream> stream) {
  const std::shared_ptr<ShardStream> self(new ShardStream(table, tables, std::move(shards), stream));
  stream->OnWritable([self] { self->Pump(); });
  self->Pump();
}

void ShardStream::Pump() {
  const std::lock_guard lock(mu_);
  while (next_shard_ < shards_.size()) {
    if (!std::exchange(copied_, true)) {
      contents_ = table_.Copy(shards_[next_shard_]);
      next_record_ = 0;
    }
    const size_t end = std::min(next_record_ + kPart, contents_.records.size());
    v1::SnapshotShardsResponse part;
    part.set_shard(shards_[next_shard_]);
    part.set_epoch(contents_.epoch);
    part.set_revision(static_cast<int64_t>(contents_.revision));
    for (size_t i = next_record_; i < end; ++i) {
      const auto& [user, record] = contents_.records[i];
      ToProto(PresenceOf(UserOf(user), record), tables_, *part.add_presences());
    }
    part.set_last(end == contents_.records.size());
    if (!stream_->Write(part)) return;  // OnWritable comes back here
    next_record_ = end;
    if (part.last()) {
      ++next_shard_;
      copied_ = false;
    }
  }
  stream_->Finish(absl::OkStatus());
}

}  // namespace crosspoint::presence
