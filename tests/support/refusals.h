#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/credentials.h"

namespace grpc {
class Channel;
}

namespace crosspoint::testing {

// One call that must not get through.
struct RefusedCall {
  std::string method;       // "crosspoint.presence.v1.PresenceService.PutClaim"
  std::string credentials;  // "none", "expired", "foreign tenant", …
  std::string expected;     // code names, "UNAUTHENTICATED"
  std::string got;

  bool as_expected() const { return expected == got; }
};

// Calls every method of `service` ("crosspoint.presence.v1.PresenceService", linked in) without, with wrong and with
// foreign credentials, each with a request that names a resource of tenant "acme", user "u42" where the policy checks
// one. What must come back follows from the method's policy; calls that the policy lets through are left out. Compare
// the store before and after: none of them may write. `peer_service` is whose certificate the channel has, empty when
// it has none.
std::vector<RefusedCall> CallWhatMustBeRefused(const std::shared_ptr<grpc::Channel>& channel, std::string_view service,
                                               std::string_view peer_service, const Credentials& credentials);

}  // namespace crosspoint::testing
