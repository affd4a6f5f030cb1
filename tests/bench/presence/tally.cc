#include "tests/bench/presence/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace crosspoint::bench {

int Tally::NewMark() {
  const int mark = next_;
  next_ = (next_ + 1) % kMarks;
  seen_[static_cast<size_t>(mark)] = 0;
  return mark;
}

std::string Tally::Text(int mark) { return fmt::format("~{:06}~", mark); }

void Tally::See(std::string_view bytes) {
  size_t at = 0;
  while ((at = bytes.find('~', at)) != std::string_view::npos && at + kMarkBytes <= bytes.size()) {
    const auto digits = bytes.substr(at + 1, kMarkBytes - 2);
    const bool mark = bytes[at + kMarkBytes - 1] == '~' && std::all_of(digits.begin(), digits.end(), [](char c) {
                        return std::isdigit(static_cast<unsigned char>(c)) != 0;
                      });
    if (!mark) {
      ++at;
      continue;
    }
    at += kMarkBytes;
    const int number = std::atoi(std::string(digits).c_str());
    if (seen_[static_cast<size_t>(number)].fetch_add(1) + 1 != watchers_) continue;
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mu_);
    complete_.emplace_back(number, now);
    changed_.notify_all();
  }
}

Tally::Time Tally::WaitFor(int mark) {
  std::unique_lock lock(mu_);
  auto at = complete_.end();
  const bool all = changed_.wait_for(lock, std::chrono::minutes(1), [&] {
    at = std::find_if(complete_.begin(), complete_.end(), [mark](const auto& one) { return one.first == mark; });
    return at != complete_.end();
  });
  if (!all) {
    fmt::print(stderr, "update {}: {} of {} have seen it after a minute\n", mark,
               seen_[static_cast<size_t>(mark)].load(), watchers_.load());
    std::exit(1);
  }
  const auto when = at->second;
  complete_.erase(at);
  return when;
}

double Quantile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  const auto index = std::min(values.size() - 1, static_cast<size_t>(part * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
  return values[index];
}

}  // namespace crosspoint::bench
