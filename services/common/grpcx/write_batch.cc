#include "common/grpcx/write_batch.h"

#include <grpcpp/alarm.h>

#include <algorithm>

#include "common/grpcx/call_queue.h"
#include "common/grpcx/stream_core.h"

namespace crosspoint::grpcx {
namespace {

thread_local WriteBatch* current = nullptr;

}  // namespace

// What one call queue is to hand to gRPC; an event of that queue, which is gone afterwards.
struct WriteBatch::Handover final : CallEvent {
  explicit Handover(CallQueue& its_queue) : queue(its_queue), place(its_queue) {}

  void Complete(bool) override {
    const std::unique_ptr<Handover> self(this);
    for (const auto& stream : streams) stream->Issue();
  }

  CallQueue& queue;
  const CallQueue::Place place;
  std::vector<std::shared_ptr<StreamCore>> streams;
  grpc::Alarm alarm;
};

WriteBatch::WriteBatch() {
  if (current == nullptr) current = this;
}

WriteBatch::~WriteBatch() {
  if (current != this) return;
  current = nullptr;
  for (auto& handover : handovers_) {
    auto* const event = handover.release();  // its own from here on
    event->alarm.Set(event->queue.queue(), gpr_inf_past(GPR_CLOCK_MONOTONIC), static_cast<CallEvent*>(event));
  }
}

bool WriteBatch::Take(StreamCore& stream) {
  if (current == nullptr) return false;
  auto& handovers = current->handovers_;
  auto& queue = stream.queue();
  auto at = std::find_if(handovers.begin(), handovers.end(), [&](const auto& h) { return &h->queue == &queue; });
  if (at == handovers.end()) at = handovers.insert(at, std::make_unique<Handover>(queue));
  (*at)->streams.push_back(stream.shared_from_this());
  return true;
}

}  // namespace crosspoint::grpcx
