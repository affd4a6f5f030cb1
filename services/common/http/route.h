#pragma once

#include <string>

namespace crosspoint::http {

// Where connections for a URL's host and port really go, without asking the name service. Name, Host header and
// certificate stay those of the URL.
struct Route {
  std::string host;  // as ParseUrl gives it
  int port = 443;
  std::string ip;  // numeric, without brackets; checked like any other address
  int to_port = 443;

  bool operator==(const Route&) const = default;
};

}  // namespace crosspoint::http
