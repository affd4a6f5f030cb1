#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crosspoint::exchange_sim {

// Who a Kerberos token proves to be, by the keys of the server in a keytab. Not thread-safe.
class NegotiateAcceptor {
 public:
  explicit NegotiateAcceptor(std::string keytab_file);

  struct Accepted {
    std::string principal;  // "svc@CORP.EXAMPLE"
    std::string answer;     // bytes for the client, may be empty
  };
  // nullopt when the token proves nothing, or would need another round.
  std::optional<Accepted> Accept(std::string_view token);

 private:
  const std::string keytab_file_;
};

}  // namespace crosspoint::exchange_sim
