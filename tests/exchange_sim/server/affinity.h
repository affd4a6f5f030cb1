#pragma once

#include <string>
#include <string_view>

namespace crosspoint::exchange_sim {

// Which of several back ends a request reaches. Each has a memory for subscriptions of its own.
class Affinity {
 public:
  explicit Affinity(int servers) : servers_(servers) {}

  // By the X-BackEndOverrideCookie in the Cookie header, else by X-AnchorMailbox, else by the account.
  int Route(std::string_view cookie_header, std::string_view anchor_mailbox, std::string_view account) const;
  bool HasCookie(std::string_view cookie_header) const { return ServerIn(cookie_header) >= 0; }
  // A Set-Cookie header value that leads back to `server`.
  static std::string Cookie(int server);
  static std::string NameOf(int server);

 private:
  int ServerIn(std::string_view cookie_header) const;  // -1: no such cookie, or of a server that is not there
  int servers_;
};

}  // namespace crosspoint::exchange_sim
