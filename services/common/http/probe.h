#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/time_point.h"

// Looks at what stands behind a host and port, step by step, for people who have to find out why a connection does not
// work. Requests go by HttpClient. Nothing here is sent but what TCP and TLS need to open.
namespace crosspoint::http {

using SteadyTime = std::chrono::steady_clock::time_point;

// The numeric addresses of `host`, in the order to be tried. A numeric host is its own address.
using Resolver = std::function<absl::StatusOr<std::vector<std::string>>(const std::string& host, SteadyTime deadline)>;

// Asks the system's name service.
//   kNotFound  no such name       kDeadlineExceeded       kUnavailable  the name service itself is in trouble
absl::StatusOr<std::vector<std::string>> Resolve(const std::string& host, SteadyTime deadline);

// Connects and hangs up.
//   kUnavailable  refused, unreachable: the message says which       kDeadlineExceeded  nobody answers
absl::Status ProbeTcp(const std::string& ip, int port, SteadyTime deadline);

struct Certificate {
  std::string subject;  // "CN=mail.example.org,O=Example"
  std::string issuer;
  std::vector<std::string> names;  // DNS names and addresses it is valid for
  TimePoint not_before;
  TimePoint not_after;
};

enum class TlsProblem {
  kNone,
  kNotTls,  // something else talks there, plain HTTP for instance
  kTooOld,  // no version from 1.2 on
  kExpired,
  kNotYetValid,
  kWrongName,
  kSelfSigned,
  kUnknownAuthority,  // signed by somebody who is not trusted, or a link between is not sent
  kRefused,           // another reason, in `detail`
};

struct TlsFacts {
  TlsProblem problem = TlsProblem::kNone;
  std::string detail;       // OpenSSL's words
  std::string version;      // "TLSv1.3"
  Certificate certificate;  // of the server; empty when it showed none
  int certificates_sent = 0;
};

// Opens TLS 1.2 or later to `ip` for `host`, a name or numeric address without brackets, as HttpClient would.
// `ca_file` empty: the system's authorities. What is wrong with the peer is a problem, not an error.
//   kInvalidArgument  `ca_file` cannot be read       kUnavailable, kDeadlineExceeded  the connection broke
absl::StatusOr<TlsFacts> ProbeTls(const std::string& ip, int port, const std::string& host, const std::string& ca_file,
                                  SteadyTime deadline);

}  // namespace crosspoint::http
