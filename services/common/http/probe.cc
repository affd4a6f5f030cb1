#include "common/http/probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "common/status/status.h"

namespace crosspoint::http {
namespace {

struct Free {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status TooLate() { return absl::DeadlineExceededError("nobody answers"); }

// Waits for `events` on `fd`.
absl::Status WaitFor(int fd, short events, SteadyTime deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return TooLate();
    pollfd waiting{fd, events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return absl::InternalError(std::strerror(errno));
  }
}

std::string Words(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "the connection is refused: nothing listens there";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "there is no route to it";
    case ETIMEDOUT:
      return "nobody answers";
    case ECONNRESET:
    case EPIPE:
      return "the peer hung up";
    default:
      return std::strerror(error);
  }
}

absl::StatusOr<Socket> Connect(const std::string& ip, int port, SteadyTime deadline) {
  sockaddr_storage storage{};
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  socklen_t size = 0;
  if (inet_pton(AF_INET, ip.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<uint16_t>(port));
    size = sizeof *v4;
  } else if (inet_pton(AF_INET6, ip.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<uint16_t>(port));
    size = sizeof *v6;
  } else {
    return absl::InvalidArgumentError("not a numeric address");
  }
  Socket connection(socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (connection.get() < 0) return absl::UnavailableError(Words(errno));
  if (connect(connection.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
    if (errno != EINPROGRESS) return absl::UnavailableError(Words(errno));
    CROSSPOINT_RETURN_IF_ERROR(WaitFor(connection.get(), POLLOUT, deadline));
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(connection.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return absl::UnavailableError(Words(error));
  }
  return connection;
}

std::string NameText(X509_NAME* name) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(std::min(size, 300L))};
}

TimePoint TimeOf(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return TimePoint{std::chrono::seconds(timegm(&parts))};
}

std::vector<std::string> NamesOf(X509* certificate) {
  constexpr size_t kMost = 20;
  std::vector<std::string> names;
  const Owned<GENERAL_NAMES> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()) && names.size() < kMost; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      char text[INET6_ADDRSTRLEN] = "";
      const int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
      inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text, sizeof text);
      names.emplace_back(text);
    }
  }
  return names;
}

TlsProblem ProblemOf(long verify_result) {
  switch (verify_result) {
    case X509_V_OK:
      return TlsProblem::kNone;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TlsProblem::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsProblem::kNotYetValid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return TlsProblem::kWrongName;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return TlsProblem::kSelfSigned;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // another authority of the same name
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return TlsProblem::kUnknownAuthority;
    default:
      return TlsProblem::kRefused;
  }
}

// Why the handshake ended early, from OpenSSL's queue; nullopt when the connection just broke.
std::optional<TlsFacts> EarlyEnd() {
  const unsigned long error = ERR_peek_error();
  if (error == 0) return std::nullopt;
  const int reason = ERR_GET_REASON(error);
  TlsFacts facts{.problem = TlsProblem::kRefused};
  if (const char* text = ERR_reason_error_string(error)) facts.detail = text;
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST || reason == SSL_R_PACKET_LENGTH_TOO_LONG ||
      reason == SSL_R_BAD_RECORD_TYPE) {
    facts.problem = TlsProblem::kNotTls;
  }
  if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION ||
      reason == SSL_R_VERSION_TOO_LOW) {
    facts.problem = TlsProblem::kTooOld;
  }
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return std::nullopt;
  return facts;
}

absl::StatusOr<Owned<SSL_CTX>> NewContext(const std::string& ca_file) {
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);  // looked at afterwards; nothing is sent
  const bool loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                                      : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) == 1;
  if (!loaded) {
    ERR_clear_error();
    return absl::InvalidArgumentError(ca_file + ": no certificates of authorities can be read from it");
  }
  return context;
}

void ExpectHost(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return;
  ERR_clear_error();
  X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size());
  SSL_set_tlsext_host_name(ssl, host.c_str());
}

TlsFacts FactsOf(SSL* ssl) {
  TlsFacts facts{.version = SSL_get_version(ssl)};
  const Owned<X509> certificate(SSL_get1_peer_certificate(ssl));
  if (certificate == nullptr) {
    facts.problem = TlsProblem::kRefused;
    facts.detail = "the server shows no certificate";
    return facts;
  }
  facts.certificate = {.subject = NameText(X509_get_subject_name(certificate.get())),
                       .issuer = NameText(X509_get_issuer_name(certificate.get())),
                       .names = NamesOf(certificate.get()),
                       .not_before = TimeOf(X509_get0_notBefore(certificate.get())),
                       .not_after = TimeOf(X509_get0_notAfter(certificate.get()))};
  facts.certificates_sent = sk_X509_num(SSL_get_peer_cert_chain(ssl));
  const long result = SSL_get_verify_result(ssl);
  facts.problem = ProblemOf(result);
  if (facts.problem != TlsProblem::kNone) facts.detail = X509_verify_cert_error_string(result);
  return facts;
}

}  // namespace

absl::Status ProbeTcp(const std::string& ip, int port, SteadyTime deadline) {
  return Connect(ip, port, deadline).status();
}

absl::StatusOr<TlsFacts> ProbeTls(const std::string& ip, int port, const std::string& host, const std::string& ca_file,
                                  SteadyTime deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto context, NewContext(ca_file));
  CROSSPOINT_ASSIGN_OR_RETURN(const Socket connection, Connect(ip, port, deadline));
  const Owned<SSL> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), connection.get());
  ExpectHost(ssl.get(), host);
  for (;;) {
    ERR_clear_error();
    const int done = SSL_connect(ssl.get());
    if (done == 1) return FactsOf(ssl.get());
    const int why = SSL_get_error(ssl.get(), done);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
      const absl::Status ready = WaitFor(connection.get(), why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline);
      if (!ready.ok()) return Annotate(ready, "TLS handshake");
      continue;
    }
    if (const auto facts = EarlyEnd()) return *facts;
    return absl::UnavailableError("the server hung up in the middle of the TLS handshake");
  }
}

}  // namespace crosspoint::http
