#include "connectors/ews/login.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "common/clock/clock.h"
#include "common/http/text.h"
#include "common/kerberos/client_login.h"
#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "connectors/oauth2/token_source.h"
#include "connectors/secrets/secret_file.h"

namespace crosspoint::ews {
namespace {

using SteadyClock = std::chrono::steady_clock;

absl::Status WithReaction(absl::StatusCode code, std::string_view message, std::string reason, Reaction reaction,
                          std::map<std::string, std::string> metadata = {}) {
  metadata["reaction"] = ReactionName(reaction);
  return ErrorWithInfo(code, message, {std::move(reason), std::string(kErrorDomain), std::move(metadata)});
}

// A file that cannot be read is a trouble of this connector, whoever reads it.
absl::Status OwnError(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  if (!info || info->reason != "SECRET_UNREADABLE") return status;
  return WithReaction(status.code(), MessageOf(status), "EWS_SECRET_UNREADABLE", Reaction::kStop);
}

// Basic, NTLM and a token that somebody else writes: one secret in a file.
class FileLogin final : public Login {
 public:
  using Compose = http::Credentials (*)(const std::string& user, std::string secret);
  FileLogin(std::string user, const std::string& file, Compose compose)
      : user_(std::move(user)), file_(file), compose_(compose) {}

  absl::StatusOr<http::Credentials> Get(const std::string&, SteadyClock::time_point) override {
    auto secret = file_.Get();
    if (!secret.ok()) return OwnError(secret.status());
    return compose_(user_, *std::move(secret));
  }
  bool Renew(const http::Credentials& used, const http::HttpResponse&) override {
    const auto now = Get({}, {});
    return now.ok() && SecretOf(*now) != SecretOf(used);
  }

 private:
  static std::string SecretOf(const http::Credentials& credentials) {
    if (const auto* basic = std::get_if<http::BasicCredentials>(&credentials)) return basic->password;
    if (const auto* ntlm = std::get_if<http::NtlmCredentials>(&credentials)) return ntlm->password;
    if (const auto* bearer = std::get_if<http::BearerToken>(&credentials)) return bearer->token;
    return {};
  }

  const std::string user_;
  connectors::SecretFile file_;
  const Compose compose_;
};

class NegotiateLogin final : public Login {
 public:
  explicit NegotiateLogin(const NegotiateAuth& auth) : login_(auth.principal, auth.keytab_file) {}

  absl::StatusOr<http::Credentials> Get(const std::string& url, SteadyClock::time_point deadline) override {
    CROSSPOINT_ASSIGN_OR_RETURN(const http::UrlParts parts, http::ParseUrl(url));
    CROSSPOINT_ASSIGN_OR_RETURN(std::string token, login_.NegotiateToken(parts.host, deadline));
    return http::NegotiateToken{std::move(token)};
  }
  bool Renew(const http::Credentials&, const http::HttpResponse&) override { return login_.Reject(); }

 private:
  kerberos::ClientLogin login_;
};

class OAuth2Login final : public Login {
 public:
  OAuth2Login(const OAuth2Auth& auth, EwsObserver observer) {
    oauth2::TokenObserver told;
    if (observer) {
      told = [observer = std::move(observer)](std::string_view result, std::chrono::microseconds took) {
        observer("GetToken", result, took);
      };
    }
    auto tokens = oauth2::TokenSource::Create(auth.client, clock_, std::move(told));
    // EwsConfig::Validate has been there before.
    if (tokens.ok())
      tokens_ = *std::move(tokens);
    else
      broken_ = tokens.status();
  }

  absl::StatusOr<http::Credentials> Get(const std::string&, SteadyClock::time_point deadline) override {
    if (tokens_ == nullptr) return broken_;
    auto token = tokens_->Get(deadline);
    if (!token.ok()) return OwnError(token.status());
    return http::BearerToken{*std::move(token)};
  }
  bool Renew(const http::Credentials& used, const http::HttpResponse& answer) override {
    // RFC 6750, section 3.1: only this error says that another token may help.
    const auto challenges = answer.GetAll("WWW-Authenticate");
    const bool invalid = std::any_of(challenges.begin(), challenges.end(), [](std::string_view challenge) {
      return challenge.find("invalid_token") != challenge.npos;
    });
    return invalid && tokens_->Reject(std::get<http::BearerToken>(used).token);
  }

 private:
  SystemClock clock_;
  absl::Status broken_;
  std::unique_ptr<oauth2::TokenSource> tokens_;
};

// "Basic, NTLM": the schemes of the challenges, each once.
std::string Offered(const http::HttpResponse& answer) {
  std::string offered;
  for (const std::string_view challenge : answer.GetAll("WWW-Authenticate")) {
    const std::string scheme(challenge.substr(0, std::min<size_t>(challenge.find(' '), 32)));
    if (!http::IsToken(scheme) || offered.size() > 200 || offered.find(scheme) != offered.npos) continue;
    offered += (offered.empty() ? "" : ", ") + scheme;
  }
  return offered;
}

}  // namespace

std::unique_ptr<Login> Login::Make(const EwsConfig& config, EwsObserver observer) {
  if (const auto* basic = std::get_if<BasicAuth>(&config.auth)) {
    return std::make_unique<FileLogin>(basic->user, basic->password_file,
                                       [](const std::string& user, std::string secret) {
                                         return http::Credentials(http::BasicCredentials{user, std::move(secret)});
                                       });
  }
  if (const auto* ntlm = std::get_if<NtlmAuth>(&config.auth)) {
    return std::make_unique<FileLogin>(ntlm->user, ntlm->password_file,
                                       [](const std::string& user, std::string secret) {
                                         return http::Credentials(http::NtlmCredentials{user, std::move(secret)});
                                       });
  }
  if (const auto* bearer = std::get_if<BearerAuth>(&config.auth)) {
    return std::make_unique<FileLogin>("", bearer->token_file, [](const std::string&, std::string secret) {
      return http::Credentials(http::BearerToken{std::move(secret)});
    });
  }
  if (const auto* negotiate = std::get_if<NegotiateAuth>(&config.auth)) {
    return std::make_unique<NegotiateLogin>(*negotiate);
  }
  return std::make_unique<OAuth2Login>(std::get<OAuth2Auth>(config.auth), std::move(observer));
}

absl::Status NotAuthorized(const EwsAuth& auth, const http::HttpResponse& answer) {
  const std::string scheme(SchemeOf(auth));
  const std::string offered = Offered(answer);
  // As "2000003;reason=\"The audience claim value is invalid.\"": Exchange's own words.
  const std::string diagnostics = ToValidUtf8(std::string(answer.Get("x-ms-diagnostics").substr(0, 300)));
  std::string message = fmt::format("EWS answered HTTP 401: the service account's login by {} is not accepted", scheme);
  const bool has_scheme = offered.empty() || (", " + offered + ",").find(", " + scheme + ",") != offered.npos;
  if (!has_scheme) message += fmt::format("; the server offers {}", offered);
  if (!diagnostics.empty()) message += fmt::format(" (it says: {})", diagnostics);
  const absl::Status plain = StatusFromHttp(401, answer.Get("Retry-After"));
  ErrorInfo info = GetErrorInfo(plain).value_or(ErrorInfo{});
  info.metadata["scheme"] = scheme;
  info.metadata["offered"] = offered;
  if (!diagnostics.empty()) info.metadata["diagnostics"] = diagnostics;
  return ErrorWithInfo(plain.code(), message, info);
}

absl::Status LoginRenewed() {
  return WithReaction(absl::StatusCode::kUnavailable, "the login was refused and has been renewed: try again",
                      "EWS_LOGIN_RENEWED", Reaction::kRetry);
}

}  // namespace crosspoint::ews
