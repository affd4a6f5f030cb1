#include "common/http/transfer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "common/http/text.h"
#include "common/status/status.h"

namespace crosspoint::http {
namespace {

constexpr int kNtlmSteps = 3;  // on a connection whose login the server has forgotten
constexpr size_t kMaxHeaderBytes = 256u << 10;

absl::Status Error(absl::StatusCode code, std::string_view message, std::string reason,
                   std::map<std::string, std::string> metadata = {}) {
  return ErrorWithInfo(code, message, {std::move(reason), "http.crosspoint", std::move(metadata)});
}

absl::Status InvalidRequest(std::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, message, "INVALID_REQUEST");
}

// Name of an address as text with its port; empty when it is neither IPv4 nor IPv6.
std::pair<std::string, int> TextOf(const curl_sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.addr);
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4->sin_port)};
  }
  if (address.family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.addr);
    inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    return {text.data(), ntohs(v6->sin6_port)};
  }
  return {};
}

bool IsTlsError(CURLcode code, std::string_view text) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return true;
    // The peer hanging up in the middle of the handshake is a broken connection, not a matter of trust.
    case CURLE_SSL_CONNECT_ERROR:
      return text.find("SYSCALL") == text.npos && text.find("unexpected eof") == text.npos &&
             text.find("reset by peer") == text.npos;
    default:
      return false;
  }
}

}  // namespace

absl::Status CancelledError() { return Error(absl::StatusCode::kCancelled, "the transfer was cancelled", "CANCELLED"); }

Transfer::Transfer(HttpRequest request, StreamCallbacks callbacks)
    : request_(std::move(request)), stream_(std::move(callbacks)), is_stream_(true) {}

Transfer::Transfer(HttpRequest request, std::function<void(absl::StatusOr<HttpResponse>)> callback)
    : request_(std::move(request)), callback_(std::move(callback)), is_stream_(false) {}

Transfer::~Transfer() {
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
  if (own_connections_ != nullptr) curl_share_cleanup(own_connections_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(routes_);
}

absl::Status Transfer::Prepare(const HttpClientConfig& config) {
  config_ = &config;
  easy_ = curl_easy_init();
  if (easy_ == nullptr) return absl::InternalError("curl_easy_init failed");
  CROSSPOINT_RETURN_IF_ERROR(SetUrlAndMethod());
  CROSSPOINT_RETURN_IF_ERROR(SetCredentials());
  CROSSPOINT_RETURN_IF_ERROR(SetHeaders());
  SetTls(config);
  SetRoutes(config);
  SetCallbacks();
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, config.user_agent.c_str());
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, request_.max_redirects > 0 ? 1L : 0L);
  // curl counts the steps of a login as redirects too, and goes on for ever with a server that only ever challenges.
  const bool has_steps = std::holds_alternative<NtlmCredentials>(request_.credentials);
  curl_easy_setopt(easy_, CURLOPT_MAXREDIRS, static_cast<long>(request_.max_redirects + (has_steps ? kNtlmSteps : 0)));
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, request_.replayable ? 0L : 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  // A compressed stream could sit in the decoder; streams come as they are.
  if (!is_stream_) curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, "");
  begin_ = last_activity_ = Clock::now();
  return absl::OkStatus();
}

absl::Status Transfer::SetUrlAndMethod() {
  CROSSPOINT_ASSIGN_OR_RETURN(const UrlParts url, ParseUrl(request_.url));
  if (!IsToken(request_.method)) return InvalidRequest("method: must be an HTTP token");
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_REDIR_PROTOCOLS_STR, url.scheme == "https" ? "https" : "http,https");
  const bool has_body = !request_.body.empty();
  if (request_.method == "POST" || has_body) {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data());  // not copied: request_ lives as long as easy_
  }
  if (request_.method == "HEAD" && !has_body) {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (request_.method != "POST" && (request_.method != "GET" || has_body)) {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  return absl::OkStatus();
}

absl::Status Transfer::SetHeaders() {
  bool has_content_type = false;
  for (const Header& header : request_.headers) {
    if (!IsToken(header.name)) return InvalidRequest("headers: a name must be an HTTP token");
    if (!IsHeaderValue(header.value))
      return InvalidRequest(fmt::format("headers: {} has control characters", header.name));
    if (EqualsIgnoringCase(header.name, "Transfer-Encoding") || EqualsIgnoringCase(header.name, "Content-Length")) {
      return InvalidRequest(fmt::format("headers: {} is set by the client", header.name));
    }
    has_content_type = has_content_type || EqualsIgnoringCase(header.name, "Content-Type");
    // curl takes "Name:" as "leave it out" and "Name;" as an empty value.
    const std::string line = header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    headers_ = curl_slist_append(headers_, line.c_str());
  }
  headers_ = curl_slist_append(headers_, "Expect:");
  if (!has_content_type) headers_ = curl_slist_append(headers_, "Content-Type:");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  return absl::OkStatus();
}

absl::Status Transfer::SetCredentials() {
  if (const auto* basic = std::get_if<BasicCredentials>(&request_.credentials)) {
    curl_easy_setopt(easy_, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy_, CURLOPT_USERNAME, basic->user.c_str());
    curl_easy_setopt(easy_, CURLOPT_PASSWORD, basic->password.c_str());
  } else if (const auto* bearer = std::get_if<BearerToken>(&request_.credentials)) {
    curl_easy_setopt(easy_, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(easy_, CURLOPT_XOAUTH2_BEARER, bearer->token.c_str());
  } else if (const auto* ntlm = std::get_if<NtlmCredentials>(&request_.credentials)) {
    curl_easy_setopt(easy_, CURLOPT_HTTPAUTH, CURLAUTH_NTLM);
    if (!request_.replayable) {
      // After the first step on its new connection curl goes on with whatever connection is logged in already.
      own_connections_ = curl_share_init();
      curl_share_setopt(own_connections_, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
      curl_easy_setopt(easy_, CURLOPT_SHARE, own_connections_);
    }
    curl_easy_setopt(easy_, CURLOPT_USERNAME, ntlm->user.c_str());
    curl_easy_setopt(easy_, CURLOPT_PASSWORD, ntlm->password.c_str());
  } else if (const auto* negotiate = std::get_if<NegotiateToken>(&request_.credentials)) {
    if (!IsHeaderValue(negotiate->token)) return InvalidRequest("credentials: a token has control characters");
    // curl takes a header of this name for a credential and keeps it from other hosts.
    headers_ = curl_slist_append(headers_, ("Authorization: Negotiate " + negotiate->token).c_str());
  }
  return absl::OkStatus();
}

void Transfer::SetTls(const HttpClientConfig& config) {
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!config.ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, config.ca_file.c_str());
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);  // that file alone
  }
  if (!config.client_cert_file.empty()) curl_easy_setopt(easy_, CURLOPT_SSLCERT, config.client_cert_file.c_str());
  if (!config.client_key_file.empty()) curl_easy_setopt(easy_, CURLOPT_SSLKEY, config.client_key_file.c_str());
}

void Transfer::SetRoutes(const HttpClientConfig& config) {
  for (const Route& route : config.routes) {
    const bool v6 = route.ip.find(':') != route.ip.npos;
    const std::string line =
        fmt::format("{}:{}:{}{}{}:{}", route.host, route.port, v6 ? "[" : "", route.ip, v6 ? "]" : "", route.to_port);
    routes_ = curl_slist_append(routes_, line.c_str());
  }
  if (routes_ != nullptr) curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, routes_);
}

void Transfer::SetCallbacks() {
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnOpenSocket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
}

curl_socket_t Transfer::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto [ip, port] = TextOf(*address);
  const auto& config = *transfer.config_;
  if (!IsAllowed(config.addresses, address->addr) || (config.allow_address && !config.allow_address(ip, port))) {
    transfer.address_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

size_t Transfer::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.ended_) return 0;
  transfer.last_activity_ = Clock::now();
  if (const absl::Status status = transfer.TakeHeaderLine({data, size * count}); !status.ok()) {
    transfer.own_error_ = status;
    return 0;
  }
  return transfer.ended_ ? 0 : size * count;
}

size_t Transfer::OnBody(char* data, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.ended_) return 0;
  transfer.last_activity_ = Clock::now();
  if (const absl::Status status = transfer.TakeBody({data, size * count}); !status.ok()) {
    transfer.own_error_ = status;
    return 0;
  }
  return transfer.ended_ ? 0 : size * count;
}

absl::Status Transfer::TakeHeaderLine(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > std::min(kMaxHeaderBytes, std::max<size_t>(request_.max_response_bytes, 16u << 10))) {
    return Error(absl::StatusCode::kFailedPrecondition, "the answer's headers are too large", "RESPONSE_TOO_LARGE");
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.substr(0, 5) == "HTTP/") {
    response_.headers.clear();
    headers_complete_ = false;
    return absl::OkStatus();
  }
  if (headers_complete_) return absl::OkStatus();  // trailers
  if (!line.empty()) {
    AddHeaderLine(line, response_.headers);
    return absl::OkStatus();
  }
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  if (response_.status < 200 || IsFollowed()) return absl::OkStatus();
  headers_complete_ = true;
  // A challenge is the answer only when the login ends with it; what follows then is a body or the end.
  return IsNtlmChallenge() ? absl::OkStatus() : TellHeaders();
}

absl::Status Transfer::TellHeaders() {
  if (!is_stream_ || !headers_complete_ || std::exchange(headers_told_, true)) return absl::OkStatus();
  return stream_.on_headers ? stream_.on_headers(response_) : absl::OkStatus();
}

bool Transfer::IsNtlmChallenge() const {
  if (response_.status != 401 || !std::holds_alternative<NtlmCredentials>(request_.credentials)) return false;
  const auto challenges = response_.GetAll("WWW-Authenticate");
  return std::any_of(challenges.begin(), challenges.end(), [](std::string_view challenge) {
    return challenge.size() > 5 && EqualsIgnoringCase(challenge.substr(0, 5), "NTLM ");
  });
}

bool Transfer::IsFollowed() const {
  return request_.max_redirects > 0 && response_.status >= 300 && response_.status < 400 &&
         !response_.Get("Location").empty();
}

absl::Status Transfer::TakeBody(std::string_view data) {
  CROSSPOINT_RETURN_IF_ERROR(TellHeaders());
  if (is_stream_) return stream_.on_chunk ? stream_.on_chunk(data) : absl::OkStatus();
  if (data.size() > request_.max_response_bytes - response_.body.size()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 fmt::format("the answer is larger than {} bytes", request_.max_response_bytes), "RESPONSE_TOO_LARGE");
  }
  response_.body.append(data);
  return absl::OkStatus();
}

void Transfer::End(const absl::Status& status) {
  if (std::exchange(ended_, true)) return;
  if (is_stream_) {
    const absl::Status told = status.ok() ? TellHeaders() : status;
    if (stream_.on_end) stream_.on_end(told);
  } else if (status.ok()) {
    callback_(std::move(response_));
  } else {
    callback_(status);
  }
}

bool Transfer::MayGoAgain(CURLcode code) const {
  const bool broke = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
  if (!broke || went_again_ || ended_ || own_error_ || !request_.replayable) return false;
  return header_bytes_ == 0 && ConnectionsOpened() == 0;
}

void Transfer::GoAgain() {
  went_again_ = true;
  last_activity_ = Clock::now();
  error_text_[0] = '\0';
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  if (request_.timeout.count() == 0) return;
  const auto left = request_.timeout - std::chrono::duration_cast<Milliseconds>(last_activity_ - begin_);
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(left, Milliseconds(1)).count()));
}

absl::Status Transfer::Outcome(CURLcode code) const {
  if (own_error_) return *own_error_;
  if (code == CURLE_OK) return absl::OkStatus();
  const std::string_view detail = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  curl_off_t pretransfer_us = 0;
  curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &pretransfer_us);
  const bool was_connected = pretransfer_us > 0;
  if (address_refused_ && code == CURLE_COULDNT_CONNECT) {
    return Error(absl::StatusCode::kPermissionDenied, "the server's address is not allowed", "ADDRESS_REFUSED");
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Error(absl::StatusCode::kDeadlineExceeded, detail, "TIMEOUT",
                 {{"phase", was_connected ? "answer" : "connect"}});
  }
  if (IsTlsError(code, detail)) return Error(absl::StatusCode::kFailedPrecondition, detail, "TLS_FAILED");
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return InvalidRequest(detail);
    case CURLE_TOO_MANY_REDIRECTS:
      return Error(absl::StatusCode::kFailedPrecondition, detail, "TOO_MANY_REDIRECTS");
    case CURLE_OUT_OF_MEMORY:
      return absl::ResourceExhaustedError(std::string(detail));
    default:
      break;
  }
  return Error(absl::StatusCode::kUnavailable, detail, was_connected ? "CONNECTION_LOST" : "CONNECT_FAILED");
}

size_t Transfer::ConnectionsOpened() const {
  long connects = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &connects);
  return static_cast<size_t>(std::max(0L, connects));
}

Transfer::Clock::time_point Transfer::IdleDeadline() const {
  return request_.idle_timeout.count() > 0 ? last_activity_ + request_.idle_timeout : Clock::time_point::max();
}

absl::Status Transfer::IdleError() {
  return Error(absl::StatusCode::kDeadlineExceeded, "the server fell silent", "TIMEOUT", {{"phase", "idle"}});
}

}  // namespace crosspoint::http
