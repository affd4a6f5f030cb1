#pragma once

#include <grpcpp/completion_queue.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace crosspoint::grpcx {

// A queue and a few threads for calls that belong to no server: watches of other services by RawStream. The destructor
// waits for all places, so cancel what is open before.
class ClientQueue {
 public:
  explicit ClientQueue(int threads);
  ~ClientQueue();
  ClientQueue(const ClientQueue&) = delete;
  ClientQueue& operator=(const ClientQueue&) = delete;

  grpc::CompletionQueue* queue() { return &queue_; }
  // Held until gRPC is done with a call; the queue lives as long.
  std::shared_ptr<void> NewPlace();

 private:
  void Work();

  grpc::CompletionQueue queue_;
  std::atomic<int> places_{0};
  std::vector<std::thread> threads_;
};

}  // namespace crosspoint::grpcx
