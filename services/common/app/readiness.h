#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/log/log.h"

namespace crosspoint {

// Whether the service can do its work, and if not, why. Ready when every check is; never again once draining.
// Add before the first Poll; Poll from one thread; the rest is thread-safe.
class Readiness {
 public:
  struct Check {
    std::string name;
    absl::Status status;  // of the last poll
    TimePoint since;      // when it last went from good to bad or back
  };
  struct Report {
    bool ready = false;
    bool draining = false;
    std::vector<Check> checks;
  };

  // Failures are logged from `silence_until` on: connections that are being made at start are no news.
  Readiness(const Clock& clock, log::Logger& log, TimePoint silence_until)
      : clock_(clock), log_(log), silence_until_(silence_until) {}

  void Add(std::string name, std::function<absl::Status()> check);

  // Runs all checks, says in the log what changed, and answers whether the service is ready.
  bool Poll();
  void Drain();
  Report report() const;

 private:
  struct Entry {
    std::string name;
    std::function<absl::Status()> check;
    std::optional<Check> last;  // guarded by mu_; nullopt before the first poll
    bool said_bad = false;      // of the polling thread
  };
  void Tell(Entry& entry, const absl::Status& status, TimePoint now);

  const Clock& clock_;
  log::Logger& log_;
  const TimePoint silence_until_;
  std::vector<Entry> entries_;
  mutable std::mutex mu_;
  bool polled_ = false;    // guarded by mu_
  bool draining_ = false;  // guarded by mu_
};

// {"ready":false,"draining":false,"checks":{"redis":{"ok":false,"reason":"UNAVAILABLE: connection refused","since":…}}}
std::string ToJson(const Readiness::Report& report);

}  // namespace crosspoint
