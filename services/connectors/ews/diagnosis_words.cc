#include "connectors/ews/diagnosis_words.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "common/status/status.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

using http::TlsProblem;

std::string Day(TimePoint time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string Joined(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, ", ")); }

// A name for PowerShell, between quotes. Who a token speaks for is not known here.
std::string Quoted(std::string text) {
  if (text.empty()) text = "SERVICE ACCOUNT";
  for (size_t at = text.find('"'); at != text.npos; at = text.find('"', at + 2)) text.insert(at, "`");
  return "\"" + text + "\"";
}

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

std::string LoginRemedy(const std::string& account) {
  return fmt::format(
      "Check that {} is written as DOMAIN\\name or as a user principal name, that the secret file holds its present "
      "password or token without anything else, and that the account is neither locked nor expired: Get-ADUser "
      "-Identity "
      "NAME -Properties LockedOut,PasswordExpired,Enabled. If the server only offers other ways to log in, switch "
      "Basic "
      "on: Set-WebServicesVirtualDirectory -Identity \"SERVER\\EWS (Default Web Site)\" -BasicAuthentication $true.",
      account.empty() ? "the account" : account);
}

std::string ImpersonationRemedy(const std::string& account) {
  return fmt::format(
      "Let the account act for mailboxes, in the Exchange Management Shell: New-ManagementRoleAssignment -Name "
      "\"Crosspoint impersonation\" -Role ApplicationImpersonation -User {}. It can take up to an hour to take effect.",
      Quoted(account));
}

// By response code; empty when nothing more exact than the reaction is known.
std::string RemedyOfCode(const std::string& code, const std::string& account, const std::string& mailbox) {
  if (code == "ErrorImpersonateUserDenied" || code == "ErrorImpersonationDenied" ||
      code == "ErrorImpersonationFailed") {
    return ImpersonationRemedy(account);
  }
  if (code == "ErrorNonExistentMailbox" || code == "ErrorMissingEmailAddress" || code == "ErrorInvalidSmtpAddress") {
    return fmt::format("Name a mailbox that exists: Get-Mailbox -Identity {}.", Quoted(mailbox));
  }
  if (code == "ErrorNonPrimarySmtpAddress") {
    return fmt::format("Name the primary address: (Get-Mailbox -Identity {}).PrimarySmtpAddress.", Quoted(mailbox));
  }
  if (code == "ErrorNameResolutionNoMailbox") {
    return fmt::format("Give the account a mailbox, the search is made in its name: Enable-Mailbox -Identity {}.",
                       Quoted(account));
  }
  if (code == "ErrorQuotaExceeded") {
    return fmt::format("The mailbox is full: Get-MailboxStatistics -Identity {}; make room or raise its quota.",
                       Quoted(mailbox));
  }
  if (code == "ErrorAccountDisabled" || code == "ErrorPasswordExpired" || code == "ErrorPasswordChangeRequired") {
    return LoginRemedy(account);
  }
  return "";
}

std::string AccessRemedy(DiagnosisStep step, const std::string& account, const std::string& mailbox) {
  switch (step) {
    case DiagnosisStep::kPictures:
      return fmt::format(
          "Let the account read pictures: it needs a mailbox of this organisation (Enable-Mailbox -Identity {}), and "
          "client access rules or a reverse proxy must not block it.",
          Quoted(account));
    case DiagnosisStep::kDirectory:
      return fmt::format(
          "Let the account see the address list: Get-Mailbox -Identity {0} | Format-List AddressBookPolicy; take a "
          "policy "
          "away that hides it: Set-Mailbox -Identity {0} -AddressBookPolicy $null.",
          Quoted(account));
    case DiagnosisStep::kContacts:
    case DiagnosisStep::kMeetings:
    case DiagnosisStep::kCalendarEvents:
      return fmt::format(
          "{} Check that no scope leaves {} out: Get-ManagementRoleAssignment -Role "
          "ApplicationImpersonation | Format-List Name,CustomRecipientWriteScope.",
          ImpersonationRemedy(account), Quoted(mailbox));
    default:
      return ImpersonationRemedy(account);
  }
}

std::string BlockedRemedy(const std::string& account) {
  return fmt::format(
      "Allow EWS for the account and the organisation: Set-CASMailbox -Identity {} -EwsEnabled $true; "
      "Get-OrganizationConfig | Format-List Ews*: the user agent Crosspoint must be let in.",
      Quoted(account));
}

std::string RemedyOf(DiagnosisStep step, const absl::Status& status, const std::string& account,
                     const std::string& mailbox) {
  const std::string reason = ReasonOf(status);
  if (reason == "EWS_SECRET_UNREADABLE") return "Make the secret file readable for the service and put the secret in.";
  if (reason == "EWS_NOT_AUTHORIZED") return LoginRemedy(account);
  if (reason == "EWS_FORBIDDEN") return BlockedRemedy(account);
  const std::string by_code = RemedyOfCode(ResponseCodeOf(status), account, mailbox);
  if (!by_code.empty()) return by_code;
  switch (ReactionOf(status)) {
    case Reaction::kBackOff:
      return fmt::format(
          "Exchange slows the account down; give it a policy of its own: New-ThrottlingPolicy -Name Crosspoint "
          "-ThrottlingPolicyScope Regular -EwsMaxConcurrency 100; Set-ThrottlingPolicyAssociation -Identity {} "
          "-ThrottlingPolicy Crosspoint.",
          Quoted(account));
    case Reaction::kRetry:
      return "Try again in some minutes; if it stays, look at the server: Test-ServiceHealth; "
             "Get-ServerComponentState.";
    case Reaction::kRediscover:
      return "The mailbox is served at another address: give that of its server or site, as Autodiscover tells it.";
    case Reaction::kStop:
    case Reaction::kStopMailbox:
    case Reaction::kFail:
    case Reaction::kGone:
      return AccessRemedy(step, account, mailbox);
    default:
      break;
  }
  if (absl::IsDeadlineExceeded(status)) return "Look at the load of the server and of what lies between.";
  return "Look into the EWS log of the server for the request at this time.";
}

std::string TlsTrouble(const http::TlsFacts& facts, const std::string& host) {
  const auto& certificate = facts.certificate;
  switch (facts.problem) {
    case TlsProblem::kNotTls:
      return "what answers there is not TLS; it may be plain HTTP";
    case TlsProblem::kTooOld:
      return "the server knows no TLS version from 1.2 on";
    case TlsProblem::kExpired:
      return fmt::format("the certificate of {} expired on {}", certificate.subject, Day(certificate.not_after));
    case TlsProblem::kNotYetValid:
      return fmt::format("the certificate of {} is valid from {} on only", certificate.subject,
                         Day(certificate.not_before));
    case TlsProblem::kWrongName:
      return fmt::format("the certificate is for {}, not for {}",
                         certificate.names.empty() ? certificate.subject : Joined(certificate.names), host);
    case TlsProblem::kSelfSigned:
      return fmt::format("the certificate of {} is signed by itself and not trusted", certificate.subject);
    case TlsProblem::kUnknownAuthority:
      return fmt::format("the certificate of {} is signed by {}, which is not trusted here", certificate.subject,
                         certificate.issuer);
    default:
      return facts.detail;
  }
}

std::string TlsRemedy(const http::TlsFacts& facts, const std::string& host, const std::string& ca_file) {
  switch (facts.problem) {
    case TlsProblem::kNotTls:
      return "Give the port where HTTPS is served, usually 443.";
    case TlsProblem::kTooOld:
      return "Switch TLS 1.2 on at the server (SCHANNEL\\Protocols\\TLS 1.2) or at the proxy in front of it.";
    case TlsProblem::kExpired:
      return "Renew the certificate and give it to IIS: Enable-ExchangeCertificate -Thumbprint NEW -Services IIS.";
    case TlsProblem::kNotYetValid:
      return "Check the clocks of the server and of this machine.";
    case TlsProblem::kWrongName:
      return fmt::format("Use one of these names in the address, or give the server a certificate with {} in it.",
                         host);
    case TlsProblem::kSelfSigned:
      return "Give the server a certificate of an authority, or put this certificate into ca_file.";
    case TlsProblem::kUnknownAuthority:
      return fmt::format(
          "Put the certificate of that authority into ca_file ({}){}",
          ca_file.empty() ? "none is set: only the system's authorities are trusted" : ca_file,
          facts.certificates_sent > 1
              ? "."
              : "; if it is an authority between, let the server send it too: it sends one certificate.");
    default:
      return "Look at the certificate and the TLS settings of the server.";
  }
}

}  // namespace

Finding OfTls(const http::TlsFacts& facts, const std::string& host, const std::string& ca_file, TimePoint now) {
  if (facts.problem != TlsProblem::kNone) {
    return Finding::Failed(TlsTrouble(facts, host), TlsRemedy(facts, host, ca_file));
  }
  const auto left = std::chrono::duration_cast<std::chrono::hours>(facts.certificate.not_after - now).count() / 24;
  Finding finding =
      Finding::Ok(fmt::format("{}, certificate of {} by {}, valid until {}", facts.version, facts.certificate.subject,
                              facts.certificate.issuer, Day(facts.certificate.not_after)));
  if (left < 30) finding.remedy = fmt::format("Renew the certificate: {} days are left.", left);
  return finding;
}

Finding OfCall(DiagnosisStep step, const absl::Status& status, const std::string& account, const std::string& mailbox) {
  return Finding::Failed(MessageOf(status), RemedyOf(step, status, account, mailbox));
}

Finding OfExchangeOnline(const std::string& host) {
  return Finding::Failed(
      fmt::format("{} is Exchange Online, where EWS is turned off since October 2026", host),
      "Bind the tenant's mailboxes to Microsoft Graph (mailbox binding GRAPH); EWS is for Exchange Server alone.");
}

Finding OfHttpStatus(int status, const std::string& location, const std::string& url) {
  const std::string said = fmt::format("HTTP {}", status);
  if (status == 403) {
    return Finding::Failed(
        said + ": EWS is blocked for everybody who comes this way",
        "Let the proxy or the IIS rules in front pass /EWS; for Exchange Online use Microsoft Graph.");
  }
  if (status == 404 || status == 405 || status == 410) {
    return Finding::Failed(
        said + ": there is no EWS at " + url,
        "Give the address that Get-WebServicesVirtualDirectory | Format-List InternalUrl,ExternalUrl "
        "tells, usually https://HOST/EWS/Exchange.asmx.");
  }
  if (status >= 300 && status < 400) {
    return Finding::Failed(fmt::format("{}: it redirects to {}, and credentials are not sent on", said,
                                       location.empty() ? "nowhere" : location.substr(0, 200)),
                           "Give the address of EWS itself, not that of a portal or of Outlook on the web.");
  }
  if (status == 429 || status == 503) {
    return Finding::Failed(said + ": the server does not take requests now",
                           "Try again later; look at the server: Get-ServerComponentState; Test-ServiceHealth.");
  }
  return Finding::Failed(said + ": not what EWS answers to a request without login",
                         "Check that the address is that of EWS and what the proxy in front does.");
}

}  // namespace crosspoint::ews
