#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::ldap {

// A result code of LDAP (RFC 4511, appendix A; negative: libldap's own) as a status of domain "ldap.crosspoint".
// `diagnostic` is what the server or the TLS library said, may be empty.
//   kUnavailable         LDAP_AWAY           not reached, lost, or out of service; try again
//   kDeadlineExceeded    LDAP_TIMEOUT        too slow
//   kResourceExhausted   LDAP_LIMIT          the server's own limits
//   kFailedPrecondition  LDAP_LOGIN_REFUSED  bind_dn or its password, or the server wants TLS
//                        LDAP_TLS_FAILED     the certificate or the handshake
//                        LDAP_NOT_ALLOWED    the account may not read there
//                        LDAP_NO_BASE        base_dn does not exist
//                        LDAP_REFERRAL       another server has it; referrals are not followed
//                        LDAP_NO_PAGING      the server knows no paged results
//                        LDAP_REFUSED        anything else
// OK for success.
absl::Status StatusOf(int result_code, std::string_view diagnostic);

}  // namespace crosspoint::ldap
