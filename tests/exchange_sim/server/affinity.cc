#include "exchange_sim/server/affinity.h"

#include <charconv>

#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kCookie = "X-BackEndOverrideCookie=SIM";

}  // namespace

int Affinity::ServerIn(std::string_view cookie_header) const {
  const size_t at = cookie_header.find(kCookie);
  if (at == std::string_view::npos) return -1;
  const std::string_view rest = cookie_header.substr(at + kCookie.size());
  int number = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return read.ec == std::errc() && number >= 1 && number <= servers_ ? number - 1 : -1;
}

int Affinity::Route(std::string_view cookie_header, std::string_view anchor_mailbox, std::string_view account) const {
  if (const int server = ServerIn(cookie_header); server >= 0) return server;
  const std::string key = Lower(anchor_mailbox.empty() ? account : anchor_mailbox);
  return static_cast<int>(Hash(key) % static_cast<uint64_t>(servers_));
}

std::string Affinity::NameOf(int server) { return fmt::format("SIM{}.corp.example", server + 1); }

std::string Affinity::Cookie(int server) {
  return fmt::format("X-BackEndOverrideCookie={}~1941996295; path=/; HttpOnly", NameOf(server));
}

}  // namespace crosspoint::exchange_sim
