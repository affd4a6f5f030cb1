#include "ctl/client/failure.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "common/status/status.h"
#include "ctl/output/text.h"

namespace crosspoint::ctl {
namespace {

constexpr char kDomain[] = "ctl.crosspoint";
constexpr char kUsageReason[] = "USAGE";
constexpr char kPartlyReason[] = "PARTLY_DONE";

bool HasOwnReason(const std::optional<ErrorInfo>& info, std::string_view reason) {
  return info && info->domain == kDomain && info->reason == reason;
}

// What to do by reason (proto/README.md). Reasons that are not here fall back on their code.
const std::map<std::string, std::string, std::less<>>& Remedies() {
  static const std::map<std::string, std::string, std::less<>> remedies{
      {"NO_CREDENTIALS", "give a token: --token-file FILE or CROSSPOINT_TOKEN_FILE"},
      {"TOKEN_INVALID", "get a new token from your issuer; it must be made for this installation"},
      {"TOKEN_EXPIRED", "get a new token from your issuer and write it into the token file"},
      {"TOKEN_NOT_YET_VALID", "compare the clocks of this machine, the issuer and the server"},
      {"ROLE_REQUIRED", "use a token that has the role; administration needs tenant_admin, dead letters need operator"},
      {"SERVICE_NOT_ALLOWED", "give a token: --token-file FILE; the certificate alone may not call this"},
      {"RESOURCE_NOT_FOUND", "check name, --tenant and --user; what belongs to others is not shown either"},
      {"NOT_BUILT", "this version of the server has not got it; ask another version, or wait for it"},
      {"NOT_CONFIGURED", "this installation does not run the service that would answer"},
      {"TENANT_UNKNOWN", "check --tenant; tenants are set up by whoever runs the installation"},
      {"EMAIL_TAKEN", "choose another address, or change the user who has it"},
      {"EXTENSION_TAKEN", "choose another extension, or change the user who has it"},
      {"ETAG_STALE", "someone changed it meanwhile: read it again and repeat"},
      {"CHANGED_MEANWHILE", "someone changed it meanwhile: repeat"},
      {"NO_CONNECTOR", "set up the tenant's Exchange first: crosspointctl connector set --help"},
      {"MEANS_GRAPH", "Exchange Online is reached by Microsoft Graph; give the address of an Exchange Server"},
      {"HOST_NOT_ALLOWED", "have whoever runs the installation allow the host in its configuration"},
      {"SECRET_UNKNOWN", "name a secret with connector set --secret; the message lists those there are"},
      {"CREDENTIALS_MISSING", "name a secret with connector set --secret"},
      {"NO_MAILBOX", "give the user a mailbox first (column mailbox of users import)"},
      {"PROVIDER_NOT_SERVED", "the user's mailbox is with a provider that is not read here"},
      {"CONNECTOR_RESTING", "Exchange failed repeatedly; see crosspointctl connector test, or wait some seconds"},
      {"MAIL_SERVER_DOWN", "see crosspointctl connector test, or try again later"},
      {"RUNNING_CLAIM_OPEN", "what holds now has no end: give --until or --for instead"},
      {"REQUEST_ID_REUSED", "repeat the command; it takes a new request id"},
      {"NO_DEAD_LETTER", "see crosspointctl outbox list; it may have been replayed already"},
      {"OVERLOADED", "too much at once: try again in a moment"},
      {"TOO_MANY_WAITING", "too much at once: try again in a moment"},
  };
  return remedies;
}

std::string RemedyByCode(const absl::Status& status, const std::string& server) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return fmt::format("is {} the right server, is it running, and do --ca, --certificate and --plaintext fit it?",
                         server);
    case absl::StatusCode::kDeadlineExceeded:
      return "try again, or give it longer with --timeout 60s";
    case absl::StatusCode::kUnauthenticated:
      return Remedies().at("NO_CREDENTIALS");
    case absl::StatusCode::kPermissionDenied:
      return "use a token of somebody who may";
    case absl::StatusCode::kResourceExhausted:
      return "try again in a moment";
    case absl::StatusCode::kAborted:
      return "repeat the command";
    case absl::StatusCode::kInternal:
      return "the server's log tells more; please report it";
    default:
      return "";
  }
}

std::string RemedyOf(const absl::Status& status, const std::optional<ErrorInfo>& info, const std::string& server) {
  if (info && info->domain == kDomain) {
    return info->reason == kUsageReason ? "crosspointctl COMMAND --help tells more" : "";
  }
  // A peer behind the one that was asked is no matter of this command's own settings.
  if (info && status.code() == absl::StatusCode::kUnavailable) {
    const auto known = Remedies().find(info->reason);
    return known != Remedies().end() ? known->second : "try again in a moment";
  }
  if (info) {
    const auto known = Remedies().find(info->reason);
    if (known != Remedies().end()) return known->second;
  }
  if (status.code() == absl::StatusCode::kUnimplemented) return "the server has no such service; is it a gateway?";
  return RemedyByCode(status, server);
}

}  // namespace

absl::Status UsageError(std::string_view message) {
  return ErrorWithInfo(absl::StatusCode::kInvalidArgument, message, {.reason = kUsageReason, .domain = kDomain});
}

absl::Status PartlyDone(std::string_view message) {
  return ErrorWithInfo(absl::StatusCode::kAborted, message, {.reason = kPartlyReason, .domain = kDomain});
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  const auto info = GetErrorInfo(status);
  if (HasOwnReason(info, kUsageReason)) return ExitCode::kUsage;
  if (HasOwnReason(info, kPartlyReason)) return ExitCode::kPartly;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kNotAllowed;
    default:
      return ExitCode::kFailed;
  }
}

std::string Explain(const absl::Status& status, const std::string& server) {
  const auto info = GetErrorInfo(status);
  std::string text = "crosspointctl: " + Printable(MessageOf(status));
  if (info && info->domain != kDomain) text += " (" + Printable(info->reason) + ")";
  const auto remedy = RemedyOf(status, info, server);
  if (!remedy.empty()) text += "\n  to do: " + remedy;
  return text;
}

}  // namespace crosspoint::ctl
