#include "common/zmq/resync_worker.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace crosspoint {

ResyncWorker::ResyncWorker(std::string channel, BusStore& store, size_t max_shards_per_fetch, log::Logger& log)
    : channel_(std::move(channel)),
      store_(store),
      max_shards_per_fetch_(max_shards_per_fetch),
      log_(log),
      random_(std::random_device{}()) {}

ResyncWorker::~ResyncWorker() {
  RequestStop();
  Join();
}

void ResyncWorker::Start(Deliver deliver) {
  deliver_ = std::move(deliver);
  thread_ = std::thread([this] { Run(); });
}

void ResyncWorker::RequestStop() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void ResyncWorker::Join() {
  if (thread_.joinable()) thread_.join();
}

void ResyncWorker::RequestSnapshots(const std::vector<ShardId>& shards) {
  {
    const std::lock_guard lock(mu_);
    for (const ShardId shard : shards) queue_.Add(shard);
  }
  changed_.notify_all();
}

void ResyncWorker::Run() {
  while (true) {
    std::vector<ShardId> shards;
    {
      std::unique_lock lock(mu_);
      while (!stopping_ && shards.empty()) {
        shards = queue_.Take(std::chrono::steady_clock::now(), max_shards_per_fetch_);
        if (!shards.empty()) break;
        if (const auto due = queue_.NextDue()) {
          changed_.wait_until(lock, *due);
        } else {
          changed_.wait(lock);
        }
      }
      if (stopping_) return;
    }
    Fetch(shards);
  }
}

// What the store leaves out, or answers without being asked, counts as not answered.
void ResyncWorker::Fetch(const std::vector<ShardId>& shards) {
  auto answer = store_.Fetch(shards);
  std::vector<ShardId> missing = shards;
  std::vector<ShardSnapshot> snapshots;
  if (answer.ok()) {
    for (auto& snapshot : *answer) {
      if (snapshot.epoch.empty() || std::erase(missing, snapshot.shard) == 0) continue;
      snapshots.push_back(std::move(snapshot));
    }
  }
  {
    const std::lock_guard lock(mu_);
    if (!snapshots.empty()) queue_.Succeeded();
    const double jitter = std::uniform_real_distribution<>(0, 1)(random_);
    if (!missing.empty()) queue_.Failed(missing, std::chrono::steady_clock::now(), jitter);
  }
  NoteOutcome(!answer.ok()       ? answer.status()
              : !missing.empty() ? absl::UnavailableError("shards are missing in the answer")
                                 : absl::OkStatus());
  if (!snapshots.empty()) deliver_(std::move(snapshots));
}

void ResyncWorker::NoteOutcome(const absl::Status& outcome) {
  if (!outcome.ok()) ++failures_;
  if (outcome.ok() == !failing_) return;
  failing_ = !outcome.ok();
  if (failing_) {
    log_.Warn("bus_resync_failing", {{"channel", channel_}, {"error", MessageOf(outcome)}});
  } else {
    log_.Info("bus_resync_works_again", {{"channel", channel_}});
  }
}

}  // namespace crosspoint
