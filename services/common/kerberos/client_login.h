#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crosspoint::kerberos {

inline constexpr std::string_view kErrorDomain = "kerberos.crosspoint";

// A service account that logs in by a keytab, and its tickets. They live in memory, apart from those of every other
// ClientLogin of the process: the default credential cache and the variables KRB5CCNAME and KRB5_CLIENT_KTNAME are
// neither read nor set, so accounts of several tenants do not meet. Realms and KDCs come from the machine's krb5.conf
// (KRB5_CONFIG), which is one for the process. Thread-safe.
//
//   ClientLogin login("svc@CORP.EXAMPLE", "/etc/crosspoint/svc.keytab");
//   CROSSPOINT_ASSIGN_OR_RETURN(const std::string token, login.NegotiateToken("mail.corp.example", deadline));
class ClientLogin {
 public:
  ClientLogin(std::string principal, std::string keytab_file);
  ~ClientLogin();
  ClientLogin(const ClientLogin&) = delete;
  ClientLogin& operator=(const ClientLogin&) = delete;

  // What stands after "Negotiate " in the Authorization header of one request to HTTP/`host` (RFC 4559, SPNEGO of RFC
  // 4178), base64. Asks the KDC only for a first or a new ticket; tickets are renewed after half of their life, and the
  // old serve on when that fails. The Kerberos library decides how long it waits for a silent KDC (some seconds each),
  // so the caller that asks may overrun `deadline`; those who wait for it do not.
  //   kUnavailable         KERBEROS_KDC_AWAY         no KDC of the realm answers
  //   kFailedPrecondition  KERBEROS_KEYTAB           the file cannot be read or has no key of the principal
  //                        KERBEROS_LOGIN_REFUSED    the KDC does not know the principal or the key, or has it disabled
  //                        KERBEROS_SERVICE_UNKNOWN  the KDC has no account with the name HTTP/`host`
  //                        KERBEROS_CLOCK_SKEW       the clocks of this machine and the KDC differ too much
  //                        KERBEROS_FAILED           anything else; the message is the library's
  //   kDeadlineExceeded    KERBEROS_TIMEOUT
  absl::StatusOr<std::string> NegotiateToken(const std::string& host, std::chrono::steady_clock::time_point deadline);

  // The server did not take a token. True when tickets of the present keytab may do better than those there are: they
  // are then fetched anew; at most once in 30 s unless the keytab has changed. Does not ask the KDC itself.
  bool Reject();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace crosspoint::kerberos
