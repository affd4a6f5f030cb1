#include "presence/app/line_reports.h"

#include <algorithm>
#include <utility>

namespace crosspoint::presence {

void LineReports::Add(const UserId& user, DeviceId device, LineState state, uint64_t number) {
  Waiting report{std::move(device), state, number};
  {
    const std::lock_guard lock(mu_);
    const auto [at, first] = waiting_.try_emplace(KeyOf(user));
    if (!first) {
      at->second.push_back(std::move(report));
      return;
    }
  }
  Send(user, {std::move(report)});
}

void LineReports::Send(const UserId& user, std::vector<Waiting> reports) {
  SignalReport all;
  for (const auto& report : reports) {
    const auto same =
        std::find_if(all.lines.begin(), all.lines.end(), [&](const auto& line) { return line.first == report.device; });
    if (same != all.lines.end()) {
      same->second = report.state;
    } else {
      all.lines.emplace_back(report.device, report.state);
    }
  }
  keeper_.Report(user, all, std::chrono::steady_clock::now() + patience_,
                 [self = shared_from_this(), user, reports = std::move(reports)](
                     const absl::StatusOr<Presence>& presence) { self->OnAnswer(user, reports, presence.status()); });
}

void LineReports::OnAnswer(const UserId& user, const std::vector<Waiting>& reports, const absl::Status& status) {
  std::vector<Waiting> next;
  {
    const std::lock_guard lock(mu_);
    const auto at = waiting_.find(KeyOf(user));
    next.swap(at->second);
    if (next.empty()) waiting_.erase(at);
  }
  for (const auto& report : reports) answered_(report.number, status);
  if (!next.empty()) Send(user, std::move(next));
}

}  // namespace crosspoint::presence
