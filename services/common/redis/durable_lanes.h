#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/redis/link.h"
#include "common/redis/operation.h"

namespace crosspoint {

// Durable writes of the wait modes, on connections of their own because WAIT holds a connection up. A lane takes what
// is pending as one group: sends the writes, reads their replies, only then asks WAIT and after it WAITAOF (from
// Redis 7.2 on) and, when enough replicas have the group, answers it. WAIT in one pipeline with its writes could be
// answered for an older state. WAITAOF alone would take up to a second: a replica answers the first question before it
// has synced and speaks up again only with its next periodic report, whereas asked after WAIT it has synced.
//
// On Valkey 8 WAIT covers what its own connection wrote (Redis 7.0 covers more). A repeated call that finds its work
// done writes nothing and would be answered although the first attempt never reached a replica, so every group ends
// with a mark: a short-lived key of one of its tags, whose replication implies that of everything before it. I/O thread
// only.
class DurableLanes {
 public:
  using Time = RedisLink::Time;

  DurableLanes(const RedisConfig& config, const std::string& client_name, int epoll_fd, RedisOperationSink& sink);
  ~DurableLanes();

  void Submit(RedisOperation operation);
  void Flush();
  void OnTime(Time now);
  Time next_time() const;
  void FailAll(const absl::Status& why);

 private:
  struct Lane;
  void StartGroup(Lane& lane);
  void OnReply(Lane& lane, RedisReply reply);
  void OnWriteReply(Lane& lane, RedisOperation& operation, RedisReply reply);
  void AskReplicas(Lane& lane);
  void OnFile(Lane& lane, const RedisReply& reply);
  void EndByReplicas(Lane& lane, int64_t replicas);
  std::optional<std::chrono::milliseconds> Patience(const Lane& lane) const;
  void OnReplicas(Lane& lane, const RedisReply& reply);
  void EndGroup(Lane& lane, const absl::Status& status);
  void Expire(Time now);

  const RedisConfig& config_;
  RedisOperationSink& sink_;
  const int wanted_replicas_;
  bool file_too_;  // replicas keep a file and the server knows WAITAOF
  std::deque<RedisOperation> pending_;
  Time next_expiry_ = Time::max();
  std::vector<std::unique_ptr<Lane>> lanes_;
};

// The mark's key for a command on `key`: "cp:{directory:acme}:user:u1" -> "cp:{directory:acme}:durable".
std::string DurableMarkKey(std::string_view key);

}  // namespace crosspoint
