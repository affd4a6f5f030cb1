#include "common/grpcx/client_queue.h"

#include <chrono>

#include "common/grpcx/call_queue.h"

namespace crosspoint::grpcx {

ClientQueue::ClientQueue(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

ClientQueue::~ClientQueue() {
  while (places_.load(std::memory_order_acquire) > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  queue_.Shutdown();
  for (auto& thread : threads_) thread.join();
}

std::shared_ptr<void> ClientQueue::NewPlace() {
  places_.fetch_add(1, std::memory_order_relaxed);
  return {this, [this](void*) { places_.fetch_sub(1, std::memory_order_release); }};
}

void ClientQueue::Work() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) static_cast<CallEvent*>(tag)->Complete(ok);
}

}  // namespace crosspoint::grpcx
