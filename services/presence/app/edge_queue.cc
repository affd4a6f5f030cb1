#include "presence/app/edge_queue.h"

#include <functional>
#include <utility>

namespace crosspoint::presence {

EdgeQueue::Entry EdgeQueue::EntryOf(const std::string& user, TimePoint edge) const {
  // Mixed, so that another salt is another order.
  const uint64_t turn = (std::hash<std::string>{}(user) ^ salt_) * 0x9e3779b97f4a7c15u;
  return {edge, turn ^ (turn >> 32), user};
}

void EdgeQueue::Arm(const std::string& user, TimePoint edge) {
  if (edge == kOpenEnd) {
    armed_.erase(user);
    return;
  }
  const auto [at, added] = armed_.try_emplace(user, edge);
  if (!added) {
    if (at->second == edge) return;
    at->second = edge;
  }
  heap_.push(EntryOf(user, edge));
  if (heap_.size() > 2 * armed_.size() + 64) Compact();
}

void EdgeQueue::DropStale() {
  while (!heap_.empty()) {
    const auto at = armed_.find(heap_.top().user);
    if (at != armed_.end() && at->second == heap_.top().edge) return;
    heap_.pop();
  }
}

// Meetings that are moved again and again must not make the heap grow.
void EdgeQueue::Compact() {
  std::vector<Entry> entries;
  entries.reserve(armed_.size());
  for (const auto& [user, edge] : armed_) entries.push_back(EntryOf(user, edge));
  heap_ = decltype(heap_)(std::greater<>{}, std::move(entries));
}

std::optional<TimePoint> EdgeQueue::Next() {
  DropStale();
  if (heap_.empty()) return std::nullopt;
  return heap_.top().edge;
}

std::vector<std::string> EdgeQueue::TakeDue(TimePoint now, size_t limit) {
  std::vector<std::string> due;
  while (due.size() < limit) {
    DropStale();
    if (heap_.empty() || heap_.top().edge > now) break;
    due.push_back(heap_.top().user);
    armed_.erase(heap_.top().user);
    heap_.pop();
  }
  return due;
}

}  // namespace crosspoint::presence
