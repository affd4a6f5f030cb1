#include "meeting_sync/adapters/written_items.h"

#include "common/tracing/tracing.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr std::chrono::seconds kRemembered{30};
constexpr size_t kMaxWrites = 10'000;

}  // namespace

void WrittenItems::Note(const std::string& item_id, Time now) {
  // Only traces that somebody will look at are worth the memory.
  if (!tracing::Current().sampled) return;
  const std::lock_guard lock(mu_);
  if (writes_.size() >= kMaxWrites) ForgetOld(now);
  if (writes_.size() < kMaxWrites) writes_[item_id] = {tracing::Current(), now + kRemembered};
}

std::optional<tracing::TraceContext> WrittenItems::TraceOf(const std::string& item_id, Time now) {
  const std::lock_guard lock(mu_);
  if (writes_.empty()) return std::nullopt;
  const auto it = writes_.find(item_id);
  if (it == writes_.end() || it->second.until < now) return std::nullopt;
  return it->second.trace;
}

void WrittenItems::ForgetOld(Time now) {
  std::erase_if(writes_, [now](const auto& write) { return write.second.until < now; });
}

}  // namespace crosspoint::meeting_sync
