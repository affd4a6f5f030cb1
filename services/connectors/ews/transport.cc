#include "connectors/ews/transport.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/status/status.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/stream.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

absl::Status DeadlinePassed() { return absl::DeadlineExceededError("the deadline passed before the request was sent"); }

http::HttpClientConfig HttpConfig(const EwsConfig& config) {
  return {.ca_file = config.ca_file,
          .user_agent = config.user_agent,
          .addresses = config.addresses(),
          .routes = config.routes,
          .max_connections_per_host = config.max_connections,
          .max_connections = config.max_connections};
}

}  // namespace

Transport::Transport(EwsConfig config, EwsObserver observer)
    : config_(std::move(config)),
      observer_(std::move(observer)),
      retrier_(config_.retry),
      login_(Login::Make(config_, observer_)),
      calls_(HttpConfig(config_)),
      streams_(HttpConfig(config_)) {}

absl::StatusOr<std::unique_ptr<EwsPass>> Transport::Enter(const EwsCall& call) const {
  if (config_.gate == nullptr) return nullptr;
  return config_.gate->Enter(call.mailbox, call.urgency, *call.deadline);
}

absl::StatusOr<http::HttpResponse> Transport::Exchange(std::string body, const EwsCall& call, Effect effect) {
  CROSSPOINT_ASSIGN_OR_RETURN(http::HttpResponse response, ExchangeRaw(std::move(body), call, effect));
  if (response.status == 200) return response;
  return ErrorOf(response);
}

absl::StatusOr<http::HttpResponse> Transport::ExchangeRaw(std::string body, const EwsCall& call, Effect effect,
                                                          const std::vector<http::Header>& extra_headers) {
  const auto deadline = call.deadline.value_or(SteadyClock::now() + config_.call_timeout);
  http::HttpRequest request = Request(std::move(body), call);
  request.replayable = effect == Effect::kReads;
  request.headers.insert(request.headers.end(), extra_headers.begin(), extra_headers.end());
  for (bool again = false;; again = true) {
    CROSSPOINT_ASSIGN_OR_RETURN(request.credentials, login_->Get(request.url, deadline));
    request.timeout = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
    if (request.timeout.count() <= 0) return DeadlinePassed();
    request.connect_timeout = std::min(config_.connect_timeout, request.timeout);
    auto response = calls_.Send(request);
    // Who is refused at the door has changed nothing inside, so even a write may knock once more.
    const bool refused = response.ok() && response->status == 401;
    if (!refused || again || !login_->Renew(request.credentials, *response)) return response;
  }
}

absl::Status Transport::ErrorOf(const http::HttpResponse& response) const {
  const absl::Status fault = ReadFault(response.body, limits());
  if (!ResponseCodeOf(fault).empty()) return fault;
  if (response.status == 401) return NotAuthorized(config_.auth, response);
  return StatusFromHttp(response.status, response.Get("Retry-After"));
}

std::unique_ptr<EwsStream> Transport::OpenStream(std::string body, EwsStreamCallbacks callbacks, const EwsCall& call) {
  if (config_.gate != nullptr) {
    if (const auto status = config_.gate->MayOpenStream(call.mailbox); !status.ok()) {
      return FailedStream(callbacks, status);
    }
    callbacks.on_end = [gate = config_.gate, mailbox = call.mailbox,
                        on_end = std::move(callbacks.on_end)](const absl::Status& status) {
      gate->StreamEnded(mailbox, status);
      if (on_end) on_end(status);
    };
  }
  auto credentials = login_->Get(config_.url, SteadyClock::now() + config_.call_timeout);
  if (!credentials.ok()) return FailedStream(callbacks, credentials.status());
  http::HttpRequest request = Request(std::move(body), call);
  request.credentials = *credentials;
  request.timeout = milliseconds(0);
  request.connect_timeout = config_.connect_timeout;
  request.idle_timeout = config_.stream_silence;
  return StartStream(streams_, request, std::move(callbacks),
                     [this, used = *std::move(credentials)](const http::HttpResponse& answer) {
                       return login_->Renew(used, answer) ? LoginRenewed() : NotAuthorized(config_.auth, answer);
                     });
}

http::HttpRequest Transport::Request(std::string body, const EwsCall& call) {
  http::HttpRequest request{.method = "POST", .url = config_.url, .body = std::move(body)};
  request.max_response_bytes = config_.max_response_bytes;
  request.headers = {{"Content-Type", "text/xml; charset=utf-8"},
                     {"Accept", "text/xml"},
                     {"client-request-id", ids_.NewId("cp")},
                     {"return-client-request-id", "true"}};
  const std::string& anchor = call.public_folder ? call.public_folder->anchor_mailbox
                              : call.affinity    ? call.affinity->anchor_mailbox
                                                 : call.mailbox;
  if (!anchor.empty()) request.headers.push_back({"X-AnchorMailbox", anchor});
  if (call.public_folder) {
    request.headers.push_back({"X-PublicFolderMailbox", call.public_folder->public_folder_mailbox});
  }
  if (call.affinity) request.headers.push_back({"X-PreferServerAffinity", "true"});
  if (call.affinity && !call.affinity->cookie.empty()) {
    request.headers.push_back({"Cookie", fmt::format("{}={}", kAffinityCookie, call.affinity->cookie)});
  }
  if (!call.traceparent.empty()) request.headers.push_back({"traceparent", call.traceparent});
  return request;
}

void Transport::Stop() {
  calls_.Stop();
  streams_.Stop();
}

void Transport::Observe(std::string_view name, const absl::Status& status, SteadyClock::duration took) const {
  if (!observer_) return;
  const auto info = GetErrorInfo(status);
  const std::string result = status.ok() ? "ok" : info ? info->reason : absl::StatusCodeToString(status.code());
  observer_(name, result, std::chrono::duration_cast<std::chrono::microseconds>(took));
}

}  // namespace crosspoint::ews
