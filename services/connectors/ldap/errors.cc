#include "connectors/ldap/errors.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "common/status/status.h"

namespace crosspoint::ldap {
namespace {

struct Row {
  int code;
  absl::StatusCode status;
  const char* reason;
  const char* text;
};

using Code = absl::StatusCode;

// The numbers stand in RFC 4511; the negative ones in ldap.h of OpenLDAP.
constexpr std::array kRows = {
    Row{3, Code::kDeadlineExceeded, "LDAP_TIMEOUT", "the server's time limit was over"},
    Row{4, Code::kResourceExhausted, "LDAP_LIMIT", "the server's size limit was reached"},
    Row{7, Code::kFailedPrecondition, "LDAP_LOGIN_REFUSED", "the server does not take a simple bind"},
    Row{8, Code::kFailedPrecondition, "LDAP_LOGIN_REFUSED", "the server wants a stronger login"},
    Row{10, Code::kFailedPrecondition, "LDAP_REFERRAL", "another server holds it; referrals are not followed"},
    Row{11, Code::kResourceExhausted, "LDAP_LIMIT", "the server's administrative limit was reached"},
    Row{12, Code::kFailedPrecondition, "LDAP_NO_PAGING", "the server does not know paged results"},
    Row{13, Code::kFailedPrecondition, "LDAP_LOGIN_REFUSED", "the server wants TLS: use ldaps:// or start_tls"},
    Row{32, Code::kFailedPrecondition, "LDAP_NO_BASE", "base_dn does not exist, or the account may not see it"},
    Row{48, Code::kFailedPrecondition, "LDAP_LOGIN_REFUSED", "the account may not log in"},
    Row{49, Code::kFailedPrecondition, "LDAP_LOGIN_REFUSED", "bind_dn or its password is wrong"},
    Row{50, Code::kFailedPrecondition, "LDAP_NOT_ALLOWED", "the account may not read there"},
    Row{51, Code::kUnavailable, "LDAP_AWAY", "the server is busy"},
    Row{52, Code::kUnavailable, "LDAP_AWAY", "the server is out of service"},
    Row{-1, Code::kUnavailable, "LDAP_AWAY", "the server cannot be reached, or the connection was lost"},
    Row{-2, Code::kUnavailable, "LDAP_AWAY", "the connection broke"},
    Row{-5, Code::kDeadlineExceeded, "LDAP_TIMEOUT", "the server was too slow"},
    Row{-11, Code::kUnavailable, "LDAP_AWAY", "the server cannot be reached"},
};

// libldap on GnuTLS says "(unknown error code)" for nearly everything that goes wrong in a handshake.
bool SpeaksOfTls(std::string_view diagnostic) {
  std::string folded(diagnostic);
  std::ranges::transform(folded, folded.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return folded.find("certificate") != std::string::npos || folded.find("handshake") != std::string::npos ||
         folded.find("hostname") != std::string::npos || folded.find("unknown error code") != std::string::npos ||
         folded.starts_with("tls:");
}

}  // namespace

absl::Status StatusOf(int result_code, std::string_view diagnostic) {
  if (result_code == 0) return absl::OkStatus();
  const std::string said = diagnostic.empty() ? "" : " (" + std::string(diagnostic.substr(0, 500)) + ")";
  const auto make = [&](Code code, const char* reason, const std::string& text) {
    return ErrorWithInfo(code, "LDAP: " + text + said,
                         {reason, "ldap.crosspoint", {{"result_code", std::to_string(result_code)}}});
  };
  if (result_code < 0 && SpeaksOfTls(diagnostic)) {
    return make(Code::kFailedPrecondition, "LDAP_TLS_FAILED",
                "no secure connection; look at ca_file, and whether the server's certificate names the host of the url "
                "and is in date");
  }
  for (const auto& row : kRows) {
    if (row.code == result_code) return make(row.status, row.reason, row.text);
  }
  return make(Code::kFailedPrecondition, "LDAP_REFUSED", "refused with result code " + std::to_string(result_code));
}

}  // namespace crosspoint::ldap
