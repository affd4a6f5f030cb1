#include "connectors/ews_gate/redis_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <thread>
#include <utility>

#include "common/ids/digest.h"
#include "common/status/status.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

// Of each process, while Redis is away.
constexpr int kSlotsAlone = 2;
constexpr milliseconds kReportLimit{250};
constexpr PauseGrowth kOwnBackOff{.first = seconds(1), .most = seconds(60)};
// Lanes of mailboxes are hex digits; the account's own requests have one beside them.
constexpr char kOwnLane[] = "account";
constexpr size_t kDigits = 16;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// Addresses do not stand in Redis's keys, and are the same in any case of letters.
std::string LaneOf(const std::string& mailbox) {
  return mailbox.empty() ? kOwnLane : Sha256Hex(Lower(mailbox)).substr(0, kDigits);
}

absl::Status EwsError(absl::StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(
      code, message,
      {std::string(reason), std::string(kErrorDomain), {{"reaction", std::string(ReactionName(Reaction::kBackOff))}}});
}

milliseconds Left(SteadyClock::time_point until) { return std::chrono::ceil<milliseconds>(until - SteadyClock::now()); }

std::string MetadataOf(const absl::Status& status, const std::string& key) {
  const auto info = GetErrorInfo(status);
  if (!info) return "";
  const auto found = info->metadata.find(key);
  return found == info->metadata.end() ? "" : found->second;
}

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

SlotLimits LimitsFrom(const PolitenessSettings& settings) {
  return {.total = settings.account_slots, .per_lane = settings.mailbox_slots, .reserved = 1};
}

}  // namespace

std::string AccountOf(const EwsSettings& settings, std::string_view tenant) {
  std::string_view host = settings.url;
  if (const size_t scheme = host.find("://"); scheme != host.npos) host.remove_prefix(scheme + 3);
  host = host.substr(0, host.find('/'));
  const std::string account = settings.auth.account();
  const std::string who = account.empty() ? fmt::format("tenant {}", tenant) : "user " + Lower(account);
  return Sha256Hex(Lower(host) + "\n" + who).substr(0, kDigits);
}

// A slot in Redis.
class RedisEwsGate::SharedPass final : public EwsPass {
 public:
  SharedPass(RedisEwsGate& gate, TakenSlot slot, Urgency urgency)
      : gate_(gate), slot_(std::move(slot)), urgency_(urgency) {}
  ~SharedPass() override { End(absl::UnknownError("")); }

  void End(const absl::Status& outcome) override {
    if (std::exchange(ended_, true)) return;
    // First the silence, or the slot would go to the next in the queue.
    if (const auto demand = DemandOf(slot_.lane, outcome)) gate_.Heed(*demand, true);
    gate_.slots_.Give(slot_, outcome.ok());
    gate_.metrics_.Left(urgency_);
  }

 private:
  RedisEwsGate& gate_;
  const TakenSlot slot_;
  const Urgency urgency_;
  bool ended_ = false;
};

// A slot of this process alone.
class RedisEwsGate::LocalPass final : public EwsPass {
 public:
  LocalPass(RedisEwsGate& gate, std::string lane, Urgency urgency)
      : gate_(gate), lane_(std::move(lane)), urgency_(urgency) {}
  ~LocalPass() override { End(absl::UnknownError("")); }

  void End(const absl::Status& outcome) override {
    if (std::exchange(ended_, true)) return;
    if (const auto demand = DemandOf(lane_, outcome)) gate_.Heed(*demand, false);
    gate_.local_.Give();
    gate_.metrics_.Left(urgency_);
  }

 private:
  RedisEwsGate& gate_;
  const std::string lane_;
  const Urgency urgency_;
  bool ended_ = false;
};

RedisEwsGate::RedisEwsGate(RedisClient& redis, const std::string& account, const PolitenessSettings& settings,
                           GateMetrics& metrics)
    : redis_(redis),
      metrics_(metrics),
      background_patience_(settings.background_patience),
      local_(kSlotsAlone),
      slots_(redis, "cp:{ews:" + account + "}", LimitsFrom(settings)) {}

absl::StatusOr<std::unique_ptr<EwsPass>> RedisEwsGate::Enter(const std::string& mailbox, Urgency urgency,
                                                             Deadline deadline) {
  const std::string lane = LaneOf(mailbox);
  const bool urgent = urgency == Urgency::kUserFacing;
  const Deadline give_up = urgent ? deadline : std::min(deadline, SteadyClock::now() + background_patience_);
  const auto silent_until = local_.SilentUntil(lane);
  if (silent_until >= give_up) return Refuse(urgency, BackingOff(Left(silent_until)));
  if (!redis_.connected()) return EnterAlone(lane, urgency, give_up, redis_.Ping());
  auto slot = slots_.Take({.lane = lane, .urgent = urgent, .give_up = give_up, .hold_until = deadline});
  if (slot.ok()) {
    // Redis may not have heard yet what this process knows.
    if (const auto left = local_.SilentUntil(lane) - SteadyClock::now(); left > left.zero()) {
      slots_.Give(*slot, false);
      if (SteadyClock::now() + left >= give_up) {
        return Refuse(urgency, BackingOff(std::chrono::ceil<milliseconds>(left)));
      }
      std::this_thread::sleep_for(left);
      return Enter(mailbox, urgency, deadline);
    }
    metrics_.Entered(urgency, slot->waited_for_slot, slot->waited_for_pause);
    return std::make_unique<SharedPass>(*this, *std::move(slot), urgency);
  }
  if (ReasonOf(slot.status()) == "SLOTS_PAUSED") {
    return Refuse(urgency, BackingOff(milliseconds(std::stoll("0" + MetadataOf(slot.status(), "remaining_ms")))));
  }
  if (ReasonOf(slot.status()) == "SLOTS_TAKEN") {
    return Refuse(urgency, EwsError(absl::StatusCode::kResourceExhausted, "EWS_NO_SLOT",
                                    "all that may be asked of the mail server at a time is under way"));
  }
  return EnterAlone(lane, urgency, give_up, slot.status());
}

absl::StatusOr<std::unique_ptr<EwsPass>> RedisEwsGate::EnterAlone(const std::string& lane, Urgency urgency,
                                                                  Deadline give_up, const absl::Status& why) {
  if (urgency == Urgency::kBackground) {
    return Refuse(urgency, EwsError(absl::StatusCode::kUnavailable, "EWS_BUDGET_UNKNOWN",
                                    "what others ask of the mail server cannot be told: " + MessageOf(why)));
  }
  const auto begin = SteadyClock::now();
  const auto silent_until = local_.SilentUntil(lane);
  if (silent_until >= give_up) return Refuse(urgency, BackingOff(Left(silent_until)));
  std::this_thread::sleep_until(silent_until);
  const auto silence_over = SteadyClock::now();
  if (!local_.Take(give_up)) {
    return Refuse(urgency, EwsError(absl::StatusCode::kResourceExhausted, "EWS_NO_SLOT",
                                    "without Redis only a few requests are sent at a time"));
  }
  const auto took = [](auto time) { return std::chrono::duration_cast<microseconds>(time); };
  metrics_.Entered(urgency, took(SteadyClock::now() - silence_over), took(silence_over - begin));
  metrics_.Unshared();
  return std::make_unique<LocalPass>(*this, lane, urgency);
}

absl::Status RedisEwsGate::Refuse(Urgency urgency, const absl::Status& why) {
  const std::string reason = ReasonOf(why);
  metrics_.Refused(urgency, reason == "EWS_BACKING_OFF" ? GateMetrics::Refusal::kBackOff
                            : reason == "EWS_NO_SLOT"   ? GateMetrics::Refusal::kNoSlot
                                                        : GateMetrics::Refusal::kUnknown);
  return why;
}

absl::Status RedisEwsGate::MayOpenStream(const std::string& mailbox) {
  const std::string lane = LaneOf(mailbox);
  const auto now = SteadyClock::now();
  auto left = Left(local_.SilentUntil(lane));
  // Without Redis the stream is opened: what comes before it, the subscription, asked for a slot.
  if (redis_.connected()) left = std::max(left, slots_.PauseLeft(lane, now + kReportLimit).value_or(milliseconds(0)));
  if (left.count() <= 0) return absl::OkStatus();
  return Refuse(Urgency::kBackground, BackingOff(left));
}

void RedisEwsGate::StreamEnded(const std::string& mailbox, const absl::Status& outcome) {
  if (const auto demand = DemandOf(LaneOf(mailbox), outcome)) Heed(*demand, false);
}

std::optional<RedisEwsGate::Demand> RedisEwsGate::DemandOf(const std::string& lane, const absl::Status& outcome) {
  const auto back_off = BackOffOf(outcome);
  if (ReactionOf(outcome) != Reaction::kBackOff && !back_off) return std::nullopt;
  // Of our own refusals none is the server's word.
  const bool by_http = !MetadataOf(outcome, "http_status").empty();
  if (!by_http && ResponseCodeOf(outcome).empty()) return std::nullopt;
  return Demand{.lane = by_http || lane == kOwnLane ? "" : lane, .length = back_off};
}

void RedisEwsGate::Heed(const Demand& demand, bool may_block) {
  const auto now = SteadyClock::now();
  local_.Silence(demand.lane, now + demand.length.value_or(kOwnBackOff.first / 2));
  milliseconds length = demand.length.value_or(kOwnBackOff.first);
  if (may_block && redis_.connected()) {
    length = slots_.Pause(demand.lane, demand.length, kOwnBackOff, now + kReportLimit).value_or(length);
  } else {
    slots_.PauseAsync(demand.lane, demand.length, kOwnBackOff);
  }
  metrics_.BackOff(demand.lane.empty() ? GateMetrics::Scope::kAccount : GateMetrics::Scope::kMailbox, length);
}

}  // namespace crosspoint::ews
