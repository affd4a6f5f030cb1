#include "meeting_sync/app/tenant_health.h"

#include <algorithm>
#include <set>

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;

// One failure may be a connection that died in a bad moment.
constexpr int kTroublesUntilDown = 2;
constexpr milliseconds kFirstPause{200};
constexpr milliseconds kLongestPause{5'000};
// Mailboxes that are there try at least that often; nobody is left where nobody tries.
constexpr std::chrono::minutes kForsaken{10};

// Refusals that come from the server or its address as a whole, not from one mailbox.
bool IsOfTheServer(const std::string& reason) {
  static const std::set<std::string> reasons = {"EWS_NOT_AUTHORIZED", "EWS_FORBIDDEN",        "EWS_NOT_THERE",
                                                "EWS_HTTP_ERROR",     "TLS_FAILED",           "ADDRESS_REFUSED",
                                                "TOO_MANY_REDIRECTS", "EWS_SECRET_UNREADABLE"};
  return reasons.contains(reason) || reason.starts_with("OAUTH2_") || reason.starts_with("KERBEROS_");
}

}  // namespace

TenantHealth::TenantHealth(std::vector<MailServer> servers, log::Logger& log, std::function<SteadyTime()> now)
    : log_(log), now_(std::move(now)) {
  for (auto& server : servers) servers_.emplace(std::move(server), Entry{});
}

TenantHealth::Verdict TenantHealth::VerdictOf(const absl::Status& status) {
  if (status.ok()) return Verdict::kAnswered;
  const auto info = GetErrorInfo(status);
  // Whatever it is that the server says of a mailbox or an item, it speaks.
  if (info && info->metadata.contains("response_code")) return Verdict::kAnswered;
  if (info && IsOfTheServer(info->reason)) return Verdict::kTrouble;
  // Not sent at all: says nothing about the server.
  if (info && info->reason == "EWS_BUDGET_UNKNOWN") return Verdict::kNothing;
  const bool away = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  return away ? Verdict::kTrouble : Verdict::kNothing;
}

absl::Status TenantHealth::Enter(const MailServer& server) {
  const std::lock_guard lock(mu_);
  auto& entry = servers_[server];
  if (!entry.down) return absl::OkStatus();
  const auto now = now_();
  if (!entry.trying && now >= entry.next_try) {
    entry.trying = true;
    return absl::OkStatus();
  }
  const auto wait = std::max(std::chrono::ceil<milliseconds>(entry.next_try - now), kFirstPause);
  return ErrorWithInfo(absl::StatusCode::kUnavailable, "the mail server does not answer: " + entry.problem,
                       {.reason = "MAIL_SERVER_DOWN",
                        .domain = kErrorDomain,
                        .metadata = {{"back_off_ms", std::to_string(wait.count())}}});
}

void TenantHealth::Leave(const MailServer& server, Verdict verdict, const absl::Status& status) {
  bool began = false;
  bool recovered = false;
  {
    const std::lock_guard lock(mu_);
    auto& entry = servers_[server];
    entry.trying = false;
    if (verdict == Verdict::kAnswered) {
      recovered = entry.down;
      entry = {.reached = true};
    } else if (verdict == Verdict::kTrouble) {
      entry.problem = MessageOf(status);
      ++entry.troubles;
      began = !entry.down && entry.troubles >= kTroublesUntilDown;
      entry.down |= began;
      const auto pause = kFirstPause * (1 << std::clamp(entry.troubles - kTroublesUntilDown, 0, 8));
      entry.next_try = now_() + std::min(pause, kLongestPause);
    }
  }
  if (began)
    log_.Warn("exchange_unreachable",
              {{"tenant", server.tenant.value}, {"server", server.url}, {"problem", MessageOf(status)}});
  if (recovered) log_.Info("exchange_reachable", {{"tenant", server.tenant.value}, {"server", server.url}});
}

absl::Status TenantHealth::Ready() const {
  const std::lock_guard lock(mu_);
  if (servers_.empty()) return absl::OkStatus();
  std::string problem = "no answer yet";
  for (const auto& [server, entry] : servers_) {
    if (entry.reached) return absl::OkStatus();
    if (!entry.problem.empty()) problem = entry.problem;
  }
  return absl::UnavailableError(problem);
}

int TenantHealth::tenants_down() const {
  const std::lock_guard lock(mu_);
  std::set<TenantId> down;
  for (const auto& [server, entry] : servers_) {
    if (entry.down && now_() < entry.next_try + kForsaken) down.insert(server.tenant);
  }
  return static_cast<int>(down.size());
}

}  // namespace crosspoint::meeting_sync
