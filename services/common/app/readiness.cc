#include "common/app/readiness.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/status/status.h"

namespace crosspoint {
namespace {

std::string ReasonOf(const absl::Status& status) {
  return fmt::format("{}: {}", absl::StatusCodeToString(status.code()), MessageOf(status));
}

}  // namespace

void Readiness::Add(std::string name, std::function<absl::Status()> check) {
  entries_.push_back({std::move(name), std::move(check), std::nullopt});
}

bool Readiness::Poll() {
  bool ready = true;
  for (auto& entry : entries_) {
    const auto status = entry.check();
    const auto now = clock_.Now();
    {
      const std::lock_guard lock(mu_);
      const bool turned = !entry.last || entry.last->status.ok() != status.ok();
      entry.last = Check{entry.name, status, turned ? now : entry.last->since};
    }
    Tell(entry, status, now);
    ready = ready && status.ok();
  }
  const std::lock_guard lock(mu_);
  polled_ = true;
  return ready && !draining_;
}

void Readiness::Tell(Entry& entry, const absl::Status& status, TimePoint now) {
  if (status.ok() == !entry.said_bad) return;
  if (status.ok()) {
    log_.Info("readiness_check_passes", {{"check", entry.name}});
  } else if (now >= silence_until_) {
    log_.Warn("readiness_check_fails", {{"check", entry.name}, {"reason", ReasonOf(status)}});
  } else {
    return;
  }
  entry.said_bad = !status.ok();
}

void Readiness::Drain() {
  const std::lock_guard lock(mu_);
  draining_ = true;
}

Readiness::Report Readiness::report() const {
  const std::lock_guard lock(mu_);
  Report report;
  report.draining = draining_;
  report.ready = polled_ && !draining_;
  for (const auto& entry : entries_) {
    report.checks.push_back(entry.last ? *entry.last
                                       : Check{entry.name, absl::UnavailableError("not checked yet"), TimePoint{}});
    report.ready = report.ready && report.checks.back().status.ok();
  }
  return report;
}

std::string ToJson(const Readiness::Report& report) {
  auto checks = nlohmann::ordered_json::object();
  for (const auto& check : report.checks) {
    nlohmann::ordered_json entry{{"ok", check.status.ok()}};
    if (!check.status.ok()) entry["reason"] = log::WithoutSecrets(ReasonOf(check.status));
    if (check.since != TimePoint{}) {
      entry["since"] =
          fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(check.since)));
    }
    checks[check.name] = std::move(entry);
  }
  const nlohmann::ordered_json json{{"ready", report.ready}, {"draining", report.draining}, {"checks", checks}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace crosspoint
