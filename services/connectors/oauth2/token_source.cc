#include "connectors/oauth2/token_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "common/http/client.h"
#include "common/ids/ids.h"
#include "common/status/status.h"
#include "connectors/oauth2/client_assertion.h"
#include "connectors/oauth2/token_answer.h"
#include "connectors/secrets/secret_file.h"

namespace crosspoint::oauth2 {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr size_t kMaxAnswerBytes = 256u << 10;
constexpr std::chrono::seconds kBetweenRejections{30};
constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

std::string FormValue(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

// A network's failure in words of what was wanted. Configuration errors keep their reason.
absl::Status NotReached(const absl::Status& status) {
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) return Annotate(status, "get a token");
  const auto info = GetErrorInfo(status);
  return ErrorWithInfo(
      absl::StatusCode::kUnavailable, fmt::format("the issuer of tokens is not reached: {}", MessageOf(status)),
      {"OAUTH2_ISSUER_AWAY", std::string(kErrorDomain), {{"cause", info ? info->reason : std::string()}}});
}

// What the application proves itself with, as it stands in its files now.
class Proof {
 public:
  explicit Proof(const ClientCredentials& config) : config_(config), first_(FirstFile(config)), key_(KeyFile(config)) {}

  struct Content {
    std::string first;  // secret or certificate
    std::string key;
    bool operator==(const Content&) const = default;
  };
  absl::StatusOr<Content> Read() {
    Content content;
    CROSSPOINT_ASSIGN_OR_RETURN(content.first, first_.Get());
    if (!UsesCertificate()) return content;
    CROSSPOINT_ASSIGN_OR_RETURN(content.key, key_.Get());
    return content;
  }
  // The part of the request's form.
  absl::StatusOr<std::string> Form(const Content& content, TimePoint now) {
    if (!UsesCertificate()) return "&client_secret=" + FormValue(content.first);
    const Assertion assertion{config_.client_id, config_.token_url, ids_.NewId("cp"), now};
    const auto algorithm = std::get<ClientCertificate>(config_.proof).algorithm;
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string jwt, SignAssertion(assertion, content.first, content.key, algorithm));
    return fmt::format("&client_assertion_type={}&client_assertion={}", FormValue(kAssertionType), jwt);
  }

 private:
  bool UsesCertificate() const { return std::holds_alternative<ClientCertificate>(config_.proof); }
  static std::string FirstFile(const ClientCredentials& config) {
    const auto* secret = std::get_if<ClientSecret>(&config.proof);
    return secret != nullptr ? secret->secret_file : std::get<ClientCertificate>(config.proof).certificate_file;
  }
  static std::string KeyFile(const ClientCredentials& config) {
    const auto* certificate = std::get_if<ClientCertificate>(&config.proof);
    return certificate != nullptr ? certificate->key_file : std::string();
  }

  const ClientCredentials& config_;
  connectors::SecretFile first_;
  connectors::SecretFile key_;
  RandomIdSource ids_;
};

}  // namespace

struct TokenSource::State {
  State(ClientCredentials c, const Clock& clk, TokenObserver o)
      : config(std::move(c)),
        clock(clk),
        observer(std::move(o)),
        proof(config),
        http({.ca_file = config.ca_file, .addresses = {.allow_loopback = config.allow_loopback}}) {}

  bool MayAsk(TimePoint now) {
    if (asking) return false;
    if (now >= next_attempt) return true;
    const auto content = proof.Read();
    return content.ok() && *content != tried;
  }
  // Begins a request; it ends in Finish, on another thread or on this one. Gives up the lock meanwhile.
  void Ask(std::unique_lock<std::mutex>& lock);
  absl::StatusOr<http::HttpRequest> Request(TimePoint now);
  absl::StatusOr<Token> Read(const absl::StatusOr<http::HttpResponse>& answer) const;
  void Finish(absl::StatusOr<Token> token, TimePoint asked, SteadyClock::time_point began);
  void Fail(const absl::Status& status, TimePoint now);

  const ClientCredentials config;
  const Clock& clock;
  const TokenObserver observer;
  Proof proof;

  std::mutex mu;
  std::condition_variable changed;
  std::string token;       // guarded by mu, as all that follows
  TimePoint usable_until;  // not handed out from here on
  TimePoint renew_at;
  bool asking = false;
  uint64_t finished = 0;  // requests
  int failures = 0;       // in a row
  TimePoint next_attempt;
  TimePoint next_rejection;
  absl::Status last_error;
  Proof::Content tried;  // with the last request
  std::minstd_rand random{std::random_device{}()};

  http::HttpClient http;  // last: its destruction ends the requests, which use all of the above
};

absl::StatusOr<http::HttpRequest> TokenSource::State::Request(TimePoint now) {
  CROSSPOINT_ASSIGN_OR_RETURN(Proof::Content content, proof.Read());
  {
    const std::lock_guard lock(mu);
    tried = content;
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string proven, proof.Form(content, now));
  return http::HttpRequest{
      .method = "POST",
      .url = config.token_url,
      .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
      .body = fmt::format("grant_type=client_credentials&client_id={}&scope={}{}", FormValue(config.client_id),
                          FormValue(config.scope), proven),
      .timeout = config.timeout,
      .connect_timeout = std::min(config.timeout, milliseconds(5'000)),
      .max_response_bytes = kMaxAnswerBytes};
}

absl::StatusOr<Token> TokenSource::State::Read(const absl::StatusOr<http::HttpResponse>& answer) const {
  if (!answer.ok()) return NotReached(answer.status());
  if (answer->status == 200) return ReadToken(answer->body);
  const bool has_secret = std::holds_alternative<ClientSecret>(config.proof);
  return ReadRefusal(answer->status, answer->body, answer->Get("Retry-After"), has_secret ? tried.first : "");
}

void TokenSource::State::Ask(std::unique_lock<std::mutex>& lock) {
  asking = true;
  lock.unlock();
  const TimePoint now = clock.Now();
  const auto began = SteadyClock::now();
  const auto request = Request(now);
  if (request.ok()) {
    http.Send(*request, [this, now, began](const absl::StatusOr<http::HttpResponse>& answer) {
      Finish(Read(answer), now, began);
    });
  } else {
    Finish(request.status(), now, began);
  }
  lock.lock();
}

void TokenSource::State::Finish(absl::StatusOr<Token> answer, TimePoint asked, SteadyClock::time_point began) {
  const std::lock_guard lock(mu);
  asking = false;
  ++finished;
  if (answer.ok()) {
    const auto life = std::chrono::duration_cast<microseconds>(answer->life);
    token = std::move(answer->value);
    usable_until = asked + life - std::min<microseconds>(std::chrono::seconds(10), life / 10);
    renew_at = asked + life * 8 / 10;
    failures = 0;
    next_attempt = TimePoint();
    last_error = absl::OkStatus();
  } else {
    Fail(answer.status(), clock.Now());
  }
  if (observer) {
    const auto info = GetErrorInfo(answer.status());
    const std::string result = answer.ok() ? "ok"
                               : info      ? info->reason
                                           : absl::StatusCodeToString(answer.status().code());
    observer(result, std::chrono::duration_cast<microseconds>(SteadyClock::now() - began));
  }
  changed.notify_all();
}

void TokenSource::State::Fail(const absl::Status& status, TimePoint now) {
  last_error = status;
  const int doublings = std::min(failures++, 20);
  const milliseconds pause = std::min(config.longest_pause, config.first_pause * (int64_t{1} << doublings));
  // Between half of it and all of it, so that replicas do not come back together.
  std::uniform_real_distribution<double> share(0.5, 1.0);
  next_attempt =
      now + microseconds(static_cast<int64_t>(static_cast<double>(microseconds(pause).count()) * share(random)));
  if (const auto asked_for = BackOffOf(status)) next_attempt = std::max(next_attempt, now + *asked_for);
}

absl::StatusOr<std::unique_ptr<TokenSource>> TokenSource::Create(ClientCredentials config, const Clock& clock,
                                                                 TokenObserver observer) {
  CROSSPOINT_RETURN_IF_ERROR(config.Validate());
  return std::unique_ptr<TokenSource>(
      new TokenSource(std::make_unique<State>(std::move(config), clock, std::move(observer))));
}

TokenSource::TokenSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
TokenSource::~TokenSource() = default;

absl::StatusOr<std::string> TokenSource::Get(SteadyClock::time_point deadline) {
  State& s = *state_;
  std::unique_lock lock(s.mu);
  TimePoint now = s.clock.Now();
  if (now < s.usable_until) {
    std::string token = s.token;
    if (now >= s.renew_at && s.MayAsk(now)) s.Ask(lock);
    return token;
  }
  const uint64_t seen = s.finished;
  if (!s.asking) {
    if (!s.MayAsk(now)) return s.last_error;
    s.Ask(lock);
  }
  if (!s.changed.wait_until(lock, deadline, [&] { return s.finished != seen; })) {
    return ErrorWithInfo(absl::StatusCode::kDeadlineExceeded, "the issuer of tokens did not answer in time",
                         {"OAUTH2_TIMEOUT", std::string(kErrorDomain), {}});
  }
  if (s.clock.Now() < s.usable_until) return s.token;
  if (!s.last_error.ok()) return s.last_error;
  return ErrorWithInfo(absl::StatusCode::kUnavailable, "the token had expired when it came",
                       {"OAUTH2_ISSUER_AWAY", std::string(kErrorDomain), {{"cause", "EXPIRED_ON_ARRIVAL"}}});
}

bool TokenSource::Reject(std::string_view token) {
  State& s = *state_;
  const std::lock_guard lock(s.mu);
  const TimePoint now = s.clock.Now();
  if (token != s.token) return now < s.usable_until || now >= s.next_attempt;
  if (now < s.next_rejection) return false;
  s.next_rejection = now + kBetweenRejections;
  s.usable_until = TimePoint();
  return true;
}

}  // namespace crosspoint::oauth2
