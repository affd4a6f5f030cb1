#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "common/grpcx/stream.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "presence/app/presence_table.h"
#include "presence/app/table_book.h"

namespace crosspoint::presence {

// One SnapshotShards call: shard after shard in parts of at most 1,000 users, as fast as the caller takes them.
class ShardStream {
 public:
  using Stream = grpcx::ServerStream<v1::SnapshotShardsResponse>;

  // `table` and `tables` must outlive the stream.
  static void Begin(const PresenceTable& table, const TableBook& tables, std::vector<uint8_t> shards,
                    std::shared_ptr<Stream> stream);

 private:
  ShardStream(const PresenceTable& table, const TableBook& tables, std::vector<uint8_t> shards,
              std::shared_ptr<Stream> stream)
      : table_(table), tables_(tables), shards_(std::move(shards)), stream_(std::move(stream)) {}

  void Pump();

  const PresenceTable& table_;
  const TableBook& tables_;
  const std::vector<uint8_t> shards_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC's side of the call
  std::mutex mu_;
  size_t next_shard_ = 0;   // guarded by mu_
  bool copied_ = false;     // guarded by mu_; contents_ are those of shards_[next_shard_]
  ShardContents contents_;  // guarded by mu_
  size_t next_record_ = 0;  // guarded by mu_
};

}  // namespace crosspoint::presence
