#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/address_rules.h"
#include "common/http/route.h"

namespace crosspoint::http {

using Milliseconds = std::chrono::milliseconds;

struct Header {
  std::string name;
  std::string value;

  bool operator==(const Header&) const = default;
};

struct NoCredentials {};
struct BasicCredentials {
  std::string user;
  std::string password;
};
struct BearerToken {
  std::string token;
};
// NTLM over HTTP: logs a connection in, not a request, so a new connection costs one exchange more.
struct NtlmCredentials {
  std::string user;  // "DOMAIN\\name" or "name@domain"
  std::string password;
};
// A token that the caller made for this one request (RFC 4559), as base64.
struct NegotiateToken {
  std::string token;
};
// Goes to the host, port and scheme of the request's URL only, never along with a redirect to another.
using Credentials = std::variant<NoCredentials, BasicCredentials, BearerToken, NtlmCredentials, NegotiateToken>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https, without user information
  std::vector<Header> headers;
  std::string body;  // always sent with Content-Length, never chunked
  Credentials credentials;
  Milliseconds timeout{30'000};          // for the whole exchange; 0 means none (streams)
  Milliseconds connect_timeout{5'000};   // name resolution, TCP and TLS
  Milliseconds idle_timeout{0};          // longest time without a byte received; 0 means none
  size_t max_response_bytes = 8u << 20;  // of body, after decompression; in a stream: of header lines only
  int max_redirects = 0;                 // 0: a redirect is an answer like any other
  // False: sent on a new connection, because on a reused one that just died the request is silently sent a second time.
  bool replayable = true;
};

struct HttpResponse {
  int status = 0;
  std::vector<Header> headers;  // of the last answer, in order; names as sent
  std::string body;

  // First header of that name, compared without case; empty when there is none.
  std::string_view Get(std::string_view name) const;
  // All headers of that name.
  std::vector<std::string_view> GetAll(std::string_view name) const;
};

// Called on the client's I/O thread: they must not block and must not throw.
struct StreamCallbacks {
  // Status and headers, once, before the first chunk. An error ends the transfer and goes to on_end.
  std::function<absl::Status(const HttpResponse&)> on_headers;
  // A piece of the body as it arrives. An error ends the transfer and goes to on_end.
  std::function<absl::Status(std::string_view)> on_chunk;
  // Last call. OK when the server ended its answer properly.
  std::function<void(absl::Status)> on_end;
};

// A running stream. Destroying it, or Cancel, ends the transfer: on_end gets kCancelled unless it was called before.
// When Cancel returns no callback runs any more, except when called from inside one.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  virtual void Cancel() = 0;
};

struct HttpClientConfig {
  std::string ca_file;           // PEM; empty means the system's
  std::string client_cert_file;  // PEM; with client_key_file for mutual TLS
  std::string client_key_file;
  std::string user_agent = "Crosspoint";
  AddressRules addresses;
  // Asked for each resolved address in addition to `addresses`; empty allows. Called on the I/O thread.
  std::function<bool(std::string_view ip, int port)> allow_address;
  std::vector<Route> routes;  // instead of asking the name service
  long max_connections_per_host = 16;
  long max_connections = 64;
};

// HTTP/1.1 client: one I/O thread drives all transfers and keeps their connections for reuse. Certificates are always
// verified. Proxies of the environment are ignored. Thread-safe; outlives its streams.
//
//   HttpClient client({.ca_file = "/etc/crosspoint/ca.pem"});
//   CROSSPOINT_ASSIGN_OR_RETURN(const auto answer, client.Send({.url = "https://mail.example.org/"}));
//
// An answer with any HTTP status is OK. Errors carry ErrorInfo of domain "http.crosspoint":
//   kInvalidArgument     INVALID_REQUEST     URL or header cannot be sent
//   kUnavailable         CONNECT_FAILED      nothing was sent: safe to repeat
//   kUnavailable         CONNECTION_LOST     the server may or may not have acted
//   kDeadlineExceeded    TIMEOUT             likewise; metadata "phase" is connect, answer or idle
//   kFailedPrecondition  TLS_FAILED          certificate not trusted, or no common ground
//   kFailedPrecondition  RESPONSE_TOO_LARGE
//   kFailedPrecondition  TOO_MANY_REDIRECTS  or an NTLM login that never ends
//   kPermissionDenied    ADDRESS_REFUSED     by AddressRules or allow_address
//   kCancelled           CANCELLED           by Cancel, or by the client's destruction
class HttpClient {
 public:
  explicit HttpClient(HttpClientConfig config);
  // Cancels what still runs; their callbacks are called before this returns.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends and waits. Not to be called from a callback of the same client.
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request);
  // Sends; `callback` is called exactly once, on the I/O thread.
  void Send(const HttpRequest& request, std::function<void(absl::StatusOr<HttpResponse>)> callback);
  // Sends and hands the answer over piece by piece. Never null.
  std::unique_ptr<HttpStream> Stream(const HttpRequest& request, StreamCallbacks callbacks);

  // Cancels what runs; what comes later ends with kCancelled at once. Waits for callbacks, so not from inside one.
  // Idempotent; not to be called by two threads at a time.
  void Stop();

  // Connections opened since the start; the rest were reused.
  size_t connections_opened() const;

 private:
  class Driver;
  std::shared_ptr<Driver> driver_;  // shared with streams, which may be destroyed on other threads
};

}  // namespace crosspoint::http
