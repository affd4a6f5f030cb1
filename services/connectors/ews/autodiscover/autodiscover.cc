#include "connectors/ews/autodiscover/autodiscover.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/text.h"
#include "common/status/status.h"
#include "connectors/ews/autodiscover/walk.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/host_rules.h"

namespace crosspoint::ews {
namespace {

using Kind = AutodiscoverAnswer::Kind;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kAttemptTimeout{10'000};
constexpr XmlLimits kLimits{.max_bytes = 1u << 20, .max_nodes = 50'000, .max_depth = 50};

bool IsRedirect(const http::HttpResponse& response) {
  const int status = response.status;
  return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
         !response.Get("Location").empty();
}

// What an answer without Autodiscover in it means.
absl::Status ErrorOf(const http::HttpResponse& response) {
  const absl::Status fault = ReadFault(response.body, kLimits);
  if (!ResponseCodeOf(fault).empty()) return fault;
  return StatusFromHttp(response.status, response.Get("Retry-After"));
}

bool IsBusy(const absl::Status& status) { return absl::IsResourceExhausted(status); }
bool MayPass(const absl::Status& status) { return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status); }

// Whether asking the same host by another protocol could go better.
bool IsWorthAnotherProtocol(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info && info->domain == kErrorDomain && info->reason != "EWS_NOT_AUTHORIZED" && !IsBusy(status);
}

absl::Status NobodyAnswered(const std::string& domain, const std::vector<absl::Status>& notes) {
  std::string message = fmt::format("no Autodiscover answers for {}", domain);
  for (const absl::Status& note : notes) message += "; " + MessageOf(note);
  const bool later = std::any_of(notes.begin(), notes.end(), MayPass);
  return AutodiscoverError(later ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition,
                           "AUTODISCOVER_FAILED", message, later ? Reaction::kRetry : Reaction::kStop);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Autodiscover>> Autodiscover::Create(EwsConfig config, const std::string& url) {
  CROSSPOINT_RETURN_IF_ERROR(config.Validate());
  if (config.allowed_hosts.empty()) {
    return InvalidField("allowed_hosts", "must name the hosts that Autodiscover may ask");
  }
  if (!url.empty()) {
    if (const auto allowed = config.CheckUrl(url); !allowed.ok()) {
      return InvalidField("autodiscover.at", MessageOf(allowed));
    }
  }
  return std::unique_ptr<Autodiscover>(new Autodiscover(std::move(config), url));
}

Autodiscover::Autodiscover(EwsConfig config, const std::string& url)
    : config_(std::move(config)),
      given_(url.empty() ? std::vector<AutodiscoverPlace>() : PlacesAtUrl(url)),
      login_(Login::Make(config_, {})),
      http_({.ca_file = config_.ca_file,
             .user_agent = config_.user_agent,
             .addresses = config_.addresses(),
             .routes = config_.routes}) {}

Autodiscover::Endpoints Autodiscover::Discover(const std::vector<std::string>& mailboxes, Deadline deadline) {
  AutodiscoverWalk walk(mailboxes);
  while (auto step = walk.Next()) {
    std::vector<std::string> addresses;
    for (const auto& query : step->queries) addresses.push_back(query.address);
    AutodiscoverPlace answered;
    std::vector<absl::Status> notes;
    Answers answers = absl::DeadlineExceededError("the deadline passed before Autodiscover had answered");
    if (SteadyClock::now() < deadline) {
      answers = step->url.empty() ? AskDomain(step->domain, addresses, deadline)
                                  : AskPlaces(PlacesAtUrl(step->url), addresses, deadline, answered, notes);
    }
    for (size_t i = 0; i < step->queries.size(); ++i) {
      auto& query = step->queries[i];
      if (!answers.ok()) {
        walk.Settle(query, answers.status());
        continue;
      }
      const AutodiscoverAnswer& answer = (*answers)[i];
      if (answer.kind == Kind::kSettings) walk.Settle(query, EndpointFrom(answer.settings, query.address));
      if (answer.kind == Kind::kError) walk.Settle(query, answer.error);
      if (answer.kind == Kind::kRedirectAddress) walk.FollowAddress(query, answer.target);
      if (answer.kind == Kind::kRedirectUrl) walk.FollowUrl(query, answer.target, config_.CheckUrl(answer.target));
    }
  }
  return walk.Take();
}

Autodiscover::Answers Autodiscover::AskDomain(const std::string& domain, const Addresses& addresses,
                                              Deadline deadline) {
  std::vector<absl::Status> notes;
  AutodiscoverPlace answered;
  if (!given_.empty()) return AskPlaces(given_, addresses, deadline, answered, notes);
  std::vector<AutodiscoverPlace> places;
  {
    const std::lock_guard lock(mu_);
    if (const auto known = answered_.find(domain); known != answered_.end()) places.push_back(known->second);
  }
  for (const std::string& host : AutodiscoverHosts(domain)) {
    for (const auto& place : PlacesAtHost(host)) {
      if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
    }
  }
  Answers answers = AskPlaces(places, addresses, deadline, answered, notes);
  if (IsBusy(answers.status())) return answers;
  if (answers.ok()) {
    const std::lock_guard lock(mu_);
    answered_.insert_or_assign(domain, answered);
    return answers;
  }
  const auto redirect = ProbeRedirect(domain, deadline);
  if (!redirect.ok()) {
    notes.push_back(redirect.status());
    return NobodyAnswered(domain, notes);
  }
  return std::vector<AutodiscoverAnswer>(addresses.size(), AutodiscoverAnswer::Redirect(Kind::kRedirectUrl, *redirect));
}

Autodiscover::Answers Autodiscover::AskPlaces(const std::vector<AutodiscoverPlace>& places, const Addresses& addresses,
                                              Deadline deadline, AutodiscoverPlace& answered,
                                              std::vector<absl::Status>& notes) {
  std::string hopeless_host;
  for (const AutodiscoverPlace& place : places) {
    const auto parts = http::ParseUrl(place.url);
    if (!parts.ok() || parts->host == hopeless_host) continue;
    absl::Status problem = config_.CheckUrl(place.url);
    if (problem.ok()) {
      auto answers = Ask(place, addresses, deadline);
      if (answers.ok()) {
        answered = place;
        return answers;
      }
      problem = answers.status();
    }
    if (IsBusy(problem)) return problem;
    if (!IsWorthAnotherProtocol(problem) || GetErrorInfo(problem)->reason == "EWS_HOST_NOT_ALLOWED") {
      hopeless_host = parts->host;
    }
    notes.push_back(Annotate(problem, place.url));
  }
  const auto at = places.empty() ? std::string("a redirect") : places.front().url;
  return NobodyAnswered(at, notes);
}

Autodiscover::Answers Autodiscover::Ask(const AutodiscoverPlace& place, const Addresses& addresses, Deadline deadline) {
  if (place.protocol == AutodiscoverPlace::Protocol::kSoap) return AskSoap(place.url, addresses, deadline);
  std::vector<AutodiscoverAnswer> answers;
  for (const std::string& address : addresses) {
    auto answer = AskXml(place.url, address, deadline);
    // The first tells whether anybody is there; what happens to a later one is its own.
    if (!answer.ok() && answers.empty()) return answer.status();
    answers.push_back(answer.ok() ? *std::move(answer) : AutodiscoverAnswer::Error(answer.status()));
  }
  return answers;
}

Autodiscover::Answers Autodiscover::AskSoap(const std::string& url, const Addresses& addresses, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto response,
      Post(url, WriteGetUserSettings(config_.server_version, url, addresses),
           {{"SOAPAction", fmt::format("\"{}\"", kGetUserSettingsAction)}, {"X-AnchorMailbox", addresses.front()}},
           deadline));
  if (IsRedirect(response)) {
    const auto target = AbsoluteLocation(url, response.Get("Location"));
    return std::vector<AutodiscoverAnswer>(addresses.size(), AutodiscoverAnswer::Redirect(Kind::kRedirectUrl, target));
  }
  if (response.status != 200) return ErrorOf(response);
  return ReadGetUserSettings(response.body, addresses.size(), kLimits);
}

absl::StatusOr<AutodiscoverAnswer> Autodiscover::AskXml(const std::string& url, const std::string& address,
                                                        Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto response,
                              Post(url, WriteAutodiscoverXml(address), {{"X-AnchorMailbox", address}}, deadline));
  if (IsRedirect(response)) {
    return AutodiscoverAnswer::Redirect(Kind::kRedirectUrl, AbsoluteLocation(url, response.Get("Location")));
  }
  if (response.status != 200) return ErrorOf(response);
  return ReadAutodiscoverXml(response.body, kLimits);
}

absl::StatusOr<std::string> Autodiscover::ProbeRedirect(const std::string& domain, Deadline deadline) {
  const std::string url = RedirectProbeUrl(domain);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto parts, http::ParseUrl(url));
  if (!config_.AllowsHost(parts.host)) {
    return AutodiscoverError(absl::StatusCode::kPermissionDenied, "EWS_HOST_NOT_ALLOWED",
                             fmt::format("{}: the host is not among allowed_hosts", url), Reaction::kStop);
  }
  const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
  if (left.count() <= 0) return absl::DeadlineExceededError(url + ": the deadline passed");
  const auto response = http_.Send({.url = url,
                                    .timeout = std::min(left, kAttemptTimeout),
                                    .connect_timeout = std::min(left, config_.connect_timeout),
                                    .max_response_bytes = 64u << 10});
  if (!response.ok()) return Annotate(response.status(), url);
  if (IsRedirect(*response)) return AbsoluteLocation(url, response->Get("Location"));
  return AutodiscoverError(absl::StatusCode::kFailedPrecondition, "AUTODISCOVER_FAILED",
                           fmt::format("{}: HTTP {} and no redirect", url, response->status), Reaction::kStop);
}

absl::StatusOr<http::HttpResponse> Autodiscover::Post(const std::string& url, std::string body,
                                                      std::vector<http::Header> headers, Deadline deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
  if (left.count() <= 0) return absl::DeadlineExceededError("the deadline passed before the request was sent");
  http::HttpRequest request{.method = "POST", .url = url, .headers = std::move(headers), .body = std::move(body)};
  request.headers.push_back({"Content-Type", "text/xml; charset=utf-8"});
  request.headers.push_back({"Accept", "text/xml"});
  CROSSPOINT_ASSIGN_OR_RETURN(request.credentials, login_->Get(url, deadline));
  request.timeout = std::min(left, kAttemptTimeout);
  request.connect_timeout = std::min(left, config_.connect_timeout);
  request.max_response_bytes = kLimits.max_bytes;
  return http_.Send(request);
}

absl::StatusOr<MailboxEndpoint> Autodiscover::EndpointFrom(const AutodiscoverSettings& settings,
                                                           const std::string& address) const {
  absl::Status refused =
      AutodiscoverError(absl::StatusCode::kFailedPrecondition, "AUTODISCOVER_NO_EWS_URL",
                        fmt::format("Autodiscover knows no EWS address for {}", address), Reaction::kStop);
  for (const std::string& url : {settings.external_ews_url, settings.internal_ews_url}) {
    if (url.empty()) continue;
    const auto parts = http::ParseUrl(url);
    if (parts.ok() && IsExchangeOnlineHost(parts->host)) return InExchangeOnline(address);
    const absl::Status allowed = config_.CheckUrl(url);
    if (allowed.ok()) {
      return MailboxEndpoint{.ews_url = url,
                             .smtp_address = settings.smtp_address.empty() ? address : settings.smtp_address,
                             .grouping = settings.grouping,
                             .server_version = settings.server_version,
                             .schemas = settings.schemas,
                             .public_folders = {.anchor_mailbox = settings.public_folder_information,
                                                .public_folder_mailbox = settings.rpc_client_server}};
    }
    refused = Annotate(allowed, fmt::format("Autodiscover's EWS address for {}", address));
  }
  return refused;
}

}  // namespace crosspoint::ews
