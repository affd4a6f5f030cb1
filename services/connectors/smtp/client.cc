#include "connectors/smtp/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/status/status.h"
#include "connectors/secrets/secret_file.h"

namespace crosspoint::smtp {
namespace {

constexpr char kErrorDomain[] = "smtp.crosspoint";

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void InitialiseOnce() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

struct Source {
  std::string_view rest;
};

size_t Read(char* buffer, size_t size, size_t count, void* user) {
  auto& source = *static_cast<Source*>(user);
  const size_t length = std::min(size * count, source.rest.size());
  std::memcpy(buffer, source.rest.data(), length);
  source.rest.remove_prefix(length);
  return length;
}

absl::Status Refused(absl::StatusCode code, std::string reason, const std::string& message) {
  return ErrorWithInfo(code, "SMTP: " + message, {.reason = std::move(reason), .domain = kErrorDomain});
}

// `answer` is the server's last reply code, 0 when it has not spoken.
absl::Status FromCurl(CURLcode code, long answer, const std::string& detail) {
  const auto message = fmt::format("{}{}", detail.empty() ? curl_easy_strerror(code) : detail,
                                   answer > 0 ? fmt::format(" (answer {})", answer) : "");
  switch (code) {
    case CURLE_OK:
      return absl::OkStatus();
    case CURLE_LOGIN_DENIED:
    case CURLE_AUTH_ERROR:
      if (answer >= 400 && answer < 500) break;
      return Refused(absl::StatusCode::kFailedPrecondition, "SMTP_NOT_AUTHORIZED", message);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
      return Refused(absl::StatusCode::kFailedPrecondition, "SMTP_TLS_FAILED", message);
    default:
      // A 530 asks for a login that we have not got: no fault of the mail.
      if (answer == 530 || answer == 535) {
        return Refused(absl::StatusCode::kFailedPrecondition, "SMTP_NOT_AUTHORIZED", message);
      }
      if (answer >= 500 && answer < 600) return Refused(absl::StatusCode::kInvalidArgument, "SMTP_REFUSED", message);
  }
  return Refused(absl::StatusCode::kUnavailable, "SMTP_UNAVAILABLE", message);
}

void SetSecurity(CURL* easy, const SmtpConfig& config) {
  const bool implicit = config.security == Security::kImplicitTls;
  const auto url = fmt::format("{}://{}:{}", implicit ? "smtps" : "smtp", config.host, config.port);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  // Without this a relay that does not offer STARTTLS, or somebody in between, would get password and mail in the open.
  curl_easy_setopt(easy, CURLOPT_USE_SSL, config.security == Security::kNone ? CURLUSESSL_NONE : CURLUSESSL_ALL);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!config.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, config.ca_file.c_str());
}

}  // namespace

SmtpClient::SmtpClient(SmtpConfig config) : config_(std::move(config)) {
  InitialiseOnce();
  if (!config_.user.empty()) password_ = std::make_unique<connectors::SecretFile>(config_.password_file);
}
SmtpClient::~SmtpClient() = default;

absl::Status SmtpClient::Send(Mail mail, Deadline deadline) {
  mail.from = {config_.from, config_.from_name};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mime, ToMime(mail));
  std::string password;
  if (password_ != nullptr) {
    CROSSPOINT_ASSIGN_OR_RETURN(password, password_->Get());
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  const auto limit = std::min(left, config_.timeout);
  if (limit.count() <= 0) return Refused(absl::StatusCode::kUnavailable, "SMTP_UNAVAILABLE", "no time left");

  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  char detail[CURL_ERROR_SIZE] = {};
  Source source{mime};
  SetSecurity(easy.get(), config_);
  if (password_ != nullptr) {
    curl_easy_setopt(easy.get(), CURLOPT_USERNAME, config_.user.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PASSWORD, password.c_str());
  }
  const std::string from = "<" + mail.from.email + ">";
  const std::string to = "<" + mail.to.email + ">";
  const std::unique_ptr<curl_slist, ListDeleter> recipients(curl_slist_append(nullptr, to.c_str()));
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(easy.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_READFUNCTION, &Read);
  curl_easy_setopt(easy.get(), CURLOPT_READDATA, &source);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(config_.connect_timeout.count()));
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, detail);

  const CURLcode code = curl_easy_perform(easy.get());
  long answer = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer);
  return FromCurl(code, answer, detail);
}

}  // namespace crosspoint::smtp
