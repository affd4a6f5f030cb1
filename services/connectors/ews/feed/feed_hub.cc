#include "connectors/ews/feed/feed_hub.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/feed/hub_impl.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;

constexpr double kJitter = 0.3;
constexpr int kMaxDoublings = 16;
constexpr milliseconds kLongestAsked = std::chrono::hours(24);

// Whoever says so, the server itself or a breaker before it.
std::optional<milliseconds> AskedPause(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  if (!info) return std::nullopt;
  const auto found = info->metadata.find("back_off_ms");
  if (found == info->metadata.end()) return std::nullopt;
  const std::string& text = found->second;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return std::min(milliseconds(number), kLongestAsked);
}

}  // namespace

milliseconds FeedHub::Impl::Pause(const absl::Status& status, int failures, milliseconds longest) const {
  if (const auto asked = AskedPause(status)) return *asked;
  const auto grown = options_.first_retry * (int64_t{1} << std::clamp(failures - 1, 0, kMaxDoublings));
  const auto pause = std::min(grown, longest);
  return pause + milliseconds(static_cast<int64_t>(static_cast<double>(pause.count()) * kJitter * random_()));
}

void FeedHub::Impl::Tell(const MemberPtr& member, const absl::Status& status) {
  const std::lock_guard lock(member->calling);
  if (!member->listener) return;
  status.ok() ? member->listener->OnGap() : member->listener->OnTrouble(status);
}

void FeedHub::Impl::Perform(Effects effects) {
  effects.closed.clear();
  if (effects.opening) Open(*std::move(effects.opening));
  for (const auto& [member, status] : effects.tell) Tell(member, status);
}

void FeedHub::Impl::Stop() {
  Effects effects;
  {
    const std::lock_guard lock(mu_);
    stopped_ = true;
    for (const auto& [id, group] : groups_) {
      if (group->current) Discard(group->current, effects);
      for (const auto& connection : group->replaced) Discard(connection, effects);
    }
  }
  effects.closed.clear();
}

FeedStats FeedHub::Impl::stats() const {
  const std::lock_guard lock(mu_);
  FeedStats stats{.mailboxes = mailboxes_, .fed = 0, .groups = groups_.size(), .connections = 0};
  for (const auto& [id, group] : groups_) {
    stats.connections += group->replaced.size() + (group->current ? 1 : 0);
    stats.fed += static_cast<size_t>(std::count_if(group->members.begin(), group->members.end(),
                                                   [](const MemberPtr& member) { return member->fed; }));
  }
  return stats;
}

namespace {

class Seat final : public FeedSeat {
 public:
  explicit Seat(std::function<void()> leave) : leave_(std::move(leave)) {}
  ~Seat() override { leave_(); }

 private:
  const std::function<void()> leave_;
};

}  // namespace

FeedHub::FeedHub(TaskRunner& tasks, FeedOptions options, std::function<double()> random)
    : impl_(std::make_shared<Impl>(tasks, options, std::move(random))) {}

FeedHub::~FeedHub() { Stop(); }

std::unique_ptr<FeedSeat> FeedHub::Add(const FeedMailbox& mailbox, std::unique_ptr<FeedListener> listener) {
  auto member = impl_->Add(mailbox, std::move(listener));
  return std::make_unique<Seat>([impl = impl_, member = std::move(member)] { impl->Remove(member); });
}

void FeedHub::Stop() { impl_->Stop(); }
FeedStats FeedHub::stats() const { return impl_->stats(); }

}  // namespace crosspoint::ews
