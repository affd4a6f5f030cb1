#include "tests/support/oauth_issuer/oauth_issuer.h"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/support/oauth_issuer/assertion.h"

namespace crosspoint::testing {
namespace {

using nlohmann::json;
using Form = std::map<std::string, std::string>;

constexpr char kPath[] = "/corp/oauth2/v2.0/token";

std::string Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

Form ParseForm(std::string_view body) {
  Form form;
  while (!body.empty()) {
    const std::string_view pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
    const size_t equals = std::min(pair.find('='), pair.size());
    form[Decode(pair.substr(0, equals))] = Decode(pair.substr(std::min(pair.size(), equals + 1)));
  }
  return form;
}

std::string At(const Form& form, const std::string& name) {
  const auto it = form.find(name);
  return it == form.end() ? "" : it->second;
}

}  // namespace

OAuthIssuer::OAuthIssuer(Credentials& keys, const Clock& clock) : keys_(keys), clock_(clock) { Start(); }

OAuthIssuer::~OAuthIssuer() {
  Release();
  Stop();
}

void OAuthIssuer::Start() {
  const auto files = keys_.Certificate("issuer");
  server_ = std::make_unique<HttpServer>(HttpServerConfig{.port = port_,
                                                          .tls_cert_file = files.certificate.string(),
                                                          .tls_key_file = files.key.string(),
                                                          .max_threads = 20,
                                                          .keep_alive = std::chrono::seconds(1)});
  server_->Handle("POST", kPath, [this](const auto& request, auto& response) { Serve(request, response); });
  if (const absl::Status started = server_->Start(); !started.ok()) {
    std::fprintf(stderr, "oauth issuer: %s\n", started.ToString().c_str());
    std::abort();
  }
  port_ = server_->port();
}

void OAuthIssuer::Stop() { server_.reset(); }

std::string OAuthIssuer::token_url() const { return "https://127.0.0.1:" + std::to_string(port_) + kPath; }

void OAuthIssuer::Register(const std::string& client_id, const std::string& secret) {
  const std::lock_guard lock(mu_);
  clients_[client_id] = {.secret = secret};
}

void OAuthIssuer::Register(const std::string& client_id, const std::filesystem::path& certificate) {
  const std::lock_guard lock(mu_);
  clients_[client_id] = {.certificate = certificate};
}

void OAuthIssuer::Forbid(const std::string& client_id) {
  const std::lock_guard lock(mu_);
  clients_[client_id].forbidden = true;
}

void OAuthIssuer::SetLife(std::chrono::seconds life) {
  const std::lock_guard lock(mu_);
  life_ = life;
}

void OAuthIssuer::SetAudience(const std::string& audience) {
  const std::lock_guard lock(mu_);
  audience_ = audience;
}

void OAuthIssuer::RotateKeys() {
  const std::lock_guard lock(mu_);
  keys_.RotateKeys();
}

void OAuthIssuer::Answer(int count, int status, const std::string& body, const std::string& retry_after) {
  const std::lock_guard lock(mu_);
  scripted_ = count;
  script_ = {.status = status, .content_type = "application/json", .body = body};
  if (!retry_after.empty()) script_.headers.emplace("Retry-After", retry_after);
}

void OAuthIssuer::Hold() {
  const std::lock_guard lock(mu_);
  held_ = true;
}

void OAuthIssuer::Release() {
  const std::lock_guard lock(mu_);
  held_ = false;
  released_.notify_all();
}

int OAuthIssuer::requests() const {
  const std::lock_guard lock(mu_);
  return requests_;
}

std::map<std::string, std::string> OAuthIssuer::last_form() const {
  const std::lock_guard lock(mu_);
  return last_form_;
}

int64_t OAuthIssuer::Now() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.Now().time_since_epoch()).count();
}

void OAuthIssuer::Serve(const HttpRequest& request, HttpResponse& response) {
  std::unique_lock lock(mu_);
  ++requests_;
  last_form_ = ParseForm(request.body);
  const Form form = last_form_;
  released_.wait(lock, [&] { return !held_; });
  if (scripted_ > 0) {
    --scripted_;
    response = script_;
    return;
  }
  response.content_type = "application/json";
  response.headers.emplace("Cache-Control", "no-store");
  if (const auto refusal = Check(form)) {
    response.status = refusal->status;
    response.body = json{{"error", refusal->error}, {"error_description", refusal->description}}.dump();
    return;
  }
  response.body =
      json{{"token_type", "Bearer"}, {"expires_in", life_.count()}, {"access_token", NewToken(At(form, "client_id"))}}
          .dump();
}

std::optional<OAuthIssuer::Refusal> OAuthIssuer::Check(const Form& form) {
  if (At(form, "grant_type") != "client_credentials") return Refusal{400, "unsupported_grant_type", "Not this grant."};
  const std::string id = At(form, "client_id");
  const auto known = clients_.find(id);
  if (known == clients_.end() || known->second.forbidden) {
    return Refusal{400, "unauthorized_client", "Application '" + id + "' was not found in the directory 'corp'."};
  }
  const Client& client = known->second;
  if (client.certificate.empty()) {
    if (At(form, "client_secret") != client.secret)
      return Refusal{401, "invalid_client", "Invalid client secret provided."};
  } else {
    const bool is_assertion =
        At(form, "client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    const std::string why = is_assertion ? CheckAssertion(id, client, At(form, "client_assertion")) : "No assertion.";
    if (!why.empty()) return Refusal{401, "invalid_client", why};
  }
  if (At(form, "scope") != kScope)
    return Refusal{400, "invalid_scope", "The scope '" + At(form, "scope") + "' is not valid."};
  return std::nullopt;
}

std::string OAuthIssuer::CheckAssertion(const std::string& client_id, const Client& client,
                                        const std::string& assertion) {
  const auto verified = VerifyAssertion(assertion, client.certificate);
  if (!verified) return "The assertion is not signed by the registered certificate.";
  const json& claims = verified->claims;
  if (claims.value("iss", "") != client_id || claims.value("sub", "") != client_id) return "It is about somebody else.";
  if (claims.value("aud", "") != token_url()) return "It is for another audience.";
  const int64_t now = Now();
  const int64_t expires = claims.value("exp", int64_t{0});
  if (expires <= now || expires > now + 3600 || claims.value("nbf", now + 1) > now) return "Its time is not now.";
  if (!seen_assertions_.insert(claims.value("jti", "")).second) return "It has been used before.";
  return "";
}

std::string OAuthIssuer::NewToken(const std::string& client_id) {
  const json header{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", keys_.key_id(Credentials::Algorithm::kRs256)}};
  const int64_t now = Now();
  const json claims{{"iss", Credentials::kIssuer},
                    {"aud", audience_},
                    {"sub", client_id},
                    {"appid", client_id},
                    {"iat", now},
                    {"nbf", now},
                    {"exp", now + life_.count()},
                    {"jti", std::to_string(++issued_)},
                    {"roles", {"full_access_as_app"}}};
  return keys_.Sign(header.dump(), claims.dump(), Credentials::Algorithm::kRs256);
}

}  // namespace crosspoint::testing
