#include "exchange_sim/server/faults.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::array kRequestKinds = std::to_array<std::string_view>(
    {"server_busy",    "http200_fault", "internal_busy", "fault",          "message_error", "item_error",
     "bad_sync_state", "http_401",      "http_429",      "http_500",       "http_503",      "http_redirect",
     "html_page",      "delay",         "slow_drip",     "endless_answer", "truncated",     "malformed_xml",
     "doctype",        "xml_bomb",      "deep_xml",      "drop_connection"});
constexpr std::array kStreamKinds = std::to_array<std::string_view>(
    {"stream_drop", "stream_truncated", "stream_malformed", "stream_drip", "stream_endless", "stream_silent",
     "notification_lost", "notification_duplicated", "notification_reordered"});

bool Is(const auto& kinds, std::string_view kind) { return std::find(kinds.begin(), kinds.end(), kind) != kinds.end(); }

absl::Status CheckRanges(const InjectedFault& fault) {
  const bool wants_code = fault.kind == "fault" || fault.kind == "message_error" || fault.kind == "item_error";
  if (wants_code && fault.code.empty()) return absl::InvalidArgumentError("code: this kind needs one");
  if (fault.kind == "http_redirect" && fault.location.empty()) return absl::InvalidArgumentError("location: is needed");
  if (fault.count < 1) return absl::InvalidArgumentError("count: at least 1");
  if (fault.after < 0) return absl::InvalidArgumentError("after: at least 0");
  if (fault.every < 1) return absl::InvalidArgumentError("every: at least 1");
  if (fault.bytes < 1) return absl::InvalidArgumentError("bytes: at least 1");
  if (fault.back_off_ms < 0) return absl::InvalidArgumentError("back_off_ms: at least 0");
  if (fault.delay_ms < 0 || fault.delay_ms > 600'000) return absl::InvalidArgumentError("delay_ms: 0 to 600000");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InjectedFault> Faults::FromJson(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return absl::InvalidArgumentError("the body must be a JSON object");
  InjectedFault fault;
  try {
    fault.operation = json.value("operation", fault.operation);
    fault.mailbox = Lower(json.value("mailbox", ""));
    fault.kind = json.value("kind", "");
    fault.code = json.value("code", "");
    fault.location = json.value("location", "");
    fault.after = json.value("after", fault.after);
    fault.count = json.value("count", fault.count);
    fault.back_off_ms = json.value("back_off_ms", fault.back_off_ms);
    fault.retry_after_s = json.value("retry_after_s", fault.retry_after_s);
    fault.delay_ms = json.value("delay_ms", fault.delay_ms);
    fault.bytes = json.value("bytes", fault.bytes);
    fault.every = json.value("every", fault.every);
    fault.enforce = json.value("enforce", fault.enforce);
    fault.stop = json.value("stop", fault.stop);
  } catch (const nlohmann::json::exception&) {
    return absl::InvalidArgumentError("a field has the wrong type");
  }
  if (!Is(kRequestKinds, fault.kind) && !Is(kStreamKinds, fault.kind) && fault.kind != "stream_401") {
    return absl::InvalidArgumentError(
        fmt::format("kind: one of {}, {}, stream_401", fmt::join(kRequestKinds, ", "), fmt::join(kStreamKinds, ", ")));
  }
  if (absl::Status ranges = CheckRanges(fault); !ranges.ok()) return ranges;
  return fault;
}

void Faults::Add(InjectedFault fault) {
  std::lock_guard lock(mu_);
  waiting_.push_back(std::move(fault));
}

void Faults::Clear() {
  std::lock_guard lock(mu_);
  waiting_.clear();
}

size_t Faults::waiting() const {
  std::lock_guard lock(mu_);
  return waiting_.size();
}

std::optional<InjectedFault> Faults::TakeIf(const std::function<bool(const InjectedFault&)>& fits) {
  std::lock_guard lock(mu_);
  for (auto fault = waiting_.begin(); fault != waiting_.end(); ++fault) {
    if (!fits(*fault)) continue;
    if (fault->after > 0) {
      --fault->after;
      continue;
    }
    InjectedFault taken = *fault;
    if (--fault->count == 0) waiting_.erase(fault);
    return taken;
  }
  return std::nullopt;
}

std::optional<InjectedFault> Faults::Take(const Request& request) {
  return TakeIf([&request](const InjectedFault& fault) {
    if (!Is(kRequestKinds, fault.kind)) return false;
    if (fault.operation != "*" && fault.operation != request.operation) return false;
    if (fault.kind == "bad_sync_state" && !request.has_sync_state) return false;
    return fault.mailbox.empty() || fault.mailbox == request.mailbox;
  });
}

std::optional<InjectedFault> Faults::TakeForStream(const std::function<bool(std::string_view)>& concerns) {
  return TakeIf([&concerns](const InjectedFault& fault) {
    return Is(kStreamKinds, fault.kind) && (fault.mailbox.empty() || concerns(fault.mailbox));
  });
}

}  // namespace crosspoint::exchange_sim
