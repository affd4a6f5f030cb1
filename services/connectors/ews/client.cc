#include "connectors/ews/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/http/client.h"
#include "common/http/text.h"
#include "common/ids/ids.h"
#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/requests.h"
#include "connectors/ews/responses.h"
#include "connectors/ews/secret_file.h"
#include "connectors/ews/stream.h"
#include "connectors/ews/text.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kAffinityCookie = "X-BackEndOverrideCookie";
constexpr size_t kMaxItemsPerGet = 50;
constexpr size_t kMaxSubscriptionsPerStream = 200;
constexpr auto kLongestCalendarView = std::chrono::hours(24 * 731);

// Whether the exchange may reach the server twice without harm.
enum class Effect { kReads, kWrites };

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost") return true;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return http::IsAllowed({.allow_loopback = true}, host) && !http::IsAllowed({.allow_loopback = false}, host);
}

// Value of a cookie in Set-Cookie headers; empty when it is not set.
std::string CookieIn(const http::HttpResponse& response, std::string_view name) {
  for (const std::string_view cookie : response.GetAll("Set-Cookie")) {
    if (cookie.size() <= name.size() || cookie[name.size()] != '=' || cookie.substr(0, name.size()) != name) continue;
    const std::string_view value = cookie.substr(name.size() + 1);
    return std::string(Trim(value.substr(0, value.find(';'))));
  }
  return {};
}

absl::Status DeadlinePassed() { return absl::DeadlineExceededError("the deadline passed before the request was sent"); }

}  // namespace

absl::Status EwsConfig::Validate() const {
  const auto parts = http::ParseUrl(url);
  if (!parts.ok()) return InvalidField("url", "must be an absolute https URL without credentials");
  if (parts->scheme != "https" && !allow_plain_http && !(allow_loopback && IsLoopbackHost(parts->host))) {
    return InvalidField("url", "must be https: the password would be readable on the way");
  }
  if (const auto* basic = std::get_if<BasicAuth>(&auth)) {
    if (basic->user.empty()) return InvalidField("auth.user", "must name the service account");
    if (basic->password_file.empty()) return InvalidField("auth.password_file", "must name a file");
  } else if (std::get<BearerAuth>(auth).token_file.empty()) {
    return InvalidField("auth.token_file", "must name a file");
  }
  if (server_version.empty()) return InvalidField("server_version", "must name a version, as Exchange2013_SP1");
  if (call_timeout.count() <= 0) return InvalidField("call_timeout", "must be positive");
  if (connect_timeout.count() <= 0) return InvalidField("connect_timeout", "must be positive");
  if (stream_silence.count() <= 0) return InvalidField("stream_silence", "must be positive");
  if (max_response_bytes < 4096) return InvalidField("max_response_bytes", "must be at least 4096");
  if (max_connections < 1) return InvalidField("max_connections", "must be at least 1");
  return absl::OkStatus();
}

class EwsClient::Impl {
 public:
  Impl(EwsConfig config, EwsObserver observer)
      : config_(std::move(config)),
        observer_(std::move(observer)),
        secret_(SecretPath(config_)),
        calls_(HttpConfig(config_)),
        streams_(HttpConfig(config_)) {}

  RequestHeader Header(const EwsCall& call) const {
    return {.server_version = config_.server_version, .impersonate = call.mailbox, .time_zone = call.time_zone};
  }

  // Sends `body` and returns an answer with HTTP 200; every other becomes its error.
  absl::StatusOr<http::HttpResponse> Exchange(std::string body, const EwsCall& call, Effect effect,
                                              const std::vector<http::Header>& extra_headers = {}) {
    CROSSPOINT_ASSIGN_OR_RETURN(http::HttpResponse response, ExchangeRaw(std::move(body), call, effect, extra_headers));
    if (response.status == 200) return response;
    return ErrorOf(response);
  }

  absl::StatusOr<http::HttpResponse> ExchangeRaw(std::string body, const EwsCall& call, Effect effect,
                                                 const std::vector<http::Header>& extra_headers) {
    CROSSPOINT_ASSIGN_OR_RETURN(http::HttpRequest request, Request(std::move(body), call));
    request.timeout = config_.call_timeout;
    if (call.deadline) {
      request.timeout = std::chrono::ceil<milliseconds>(*call.deadline - SteadyClock::now());
      if (request.timeout.count() <= 0) return DeadlinePassed();
    }
    request.connect_timeout = std::min(config_.connect_timeout, request.timeout);
    request.replayable = effect == Effect::kReads;
    request.headers.insert(request.headers.end(), extra_headers.begin(), extra_headers.end());
    return calls_.Send(request);
  }

  absl::Status ErrorOf(const http::HttpResponse& response) const {
    const absl::Status fault = ReadFault(response.body, limits());
    if (!ResponseCodeOf(fault).empty()) return fault;
    return StatusFromHttp(response.status, response.Get("Retry-After"));
  }

  std::unique_ptr<EwsStream> OpenStream(std::string body, EwsStreamCallbacks callbacks, const EwsCall& call) {
    auto request = Request(std::move(body), call);
    if (!request.ok()) return FailedStream(callbacks, request.status());
    request->timeout = milliseconds(0);
    request->connect_timeout = config_.connect_timeout;
    request->idle_timeout = config_.stream_silence;
    return StartStream(streams_, *request, std::move(callbacks));
  }

  // Runs one operation and tells the observer.
  template <class Operation>
  auto Observed(std::string_view name, const Operation& operation) {
    const auto begin = SteadyClock::now();
    auto result = operation();
    Observe(name, StatusOf(result), SteadyClock::now() - begin);
    return result;
  }

  XmlLimits limits() const { return {.max_bytes = config_.max_response_bytes}; }

 private:
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <class T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  static std::string SecretPath(const EwsConfig& config) {
    const auto* basic = std::get_if<BasicAuth>(&config.auth);
    return basic != nullptr ? basic->password_file : std::get<BearerAuth>(config.auth).token_file;
  }
  static http::HttpClientConfig HttpConfig(const EwsConfig& config) {
    return {.ca_file = config.ca_file,
            .user_agent = config.user_agent,
            .addresses = {.allow_loopback = config.allow_loopback},
            .max_connections_per_host = config.max_connections,
            .max_connections = config.max_connections};
  }

  absl::StatusOr<http::HttpRequest> Request(std::string body, const EwsCall& call) {
    CROSSPOINT_ASSIGN_OR_RETURN(std::string secret, secret_.Get());
    http::HttpRequest request{.method = "POST", .url = config_.url, .body = std::move(body)};
    if (const auto* basic = std::get_if<BasicAuth>(&config_.auth)) {
      request.credentials = http::BasicCredentials{basic->user, std::move(secret)};
    } else {
      request.credentials = http::BearerToken{std::move(secret)};
    }
    request.max_response_bytes = config_.max_response_bytes;
    request.headers = {{"Content-Type", "text/xml; charset=utf-8"},
                       {"Accept", "text/xml"},
                       {"client-request-id", ids_.NewId("cp")},
                       {"return-client-request-id", "true"}};
    const std::string& anchor = call.affinity ? call.affinity->anchor_mailbox : call.mailbox;
    if (!anchor.empty()) request.headers.push_back({"X-AnchorMailbox", anchor});
    if (call.affinity) request.headers.push_back({"X-PreferServerAffinity", "true"});
    if (call.affinity && !call.affinity->cookie.empty()) {
      request.headers.push_back({"Cookie", fmt::format("{}={}", kAffinityCookie, call.affinity->cookie)});
    }
    if (!call.traceparent.empty()) request.headers.push_back({"traceparent", call.traceparent});
    return request;
  }

  void Observe(std::string_view name, const absl::Status& status, SteadyClock::duration took) const {
    if (!observer_) return;
    const auto info = GetErrorInfo(status);
    const std::string result = status.ok() ? "ok" : info ? info->reason : absl::StatusCodeToString(status.code());
    observer_(name, result, std::chrono::duration_cast<std::chrono::microseconds>(took));
  }

  const EwsConfig config_;
  const EwsObserver observer_;
  SecretFile secret_;
  RandomIdSource ids_;
  http::HttpClient calls_;
  http::HttpClient streams_;  // apart, so that hanging connections never use up those of the calls
};

absl::StatusOr<std::unique_ptr<EwsClient>> EwsClient::Create(EwsConfig config, EwsObserver observer) {
  CROSSPOINT_RETURN_IF_ERROR(config.Validate());
  return std::unique_ptr<EwsClient>(new EwsClient(std::make_unique<Impl>(std::move(config), std::move(observer))));
}

EwsClient::EwsClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EwsClient::~EwsClient() = default;

absl::StatusOr<ResolvedNames> EwsClient::ResolveNames(const ResolveNamesQuery& query, const EwsCall& call) {
  if (Trim(query.text).empty()) return InvalidField("text", "must not be blank");
  return impl_->Observed("ResolveNames", [&]() -> absl::StatusOr<ResolvedNames> {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response,
                                impl_->Exchange(WriteResolveNames(impl_->Header(call), query), call, Effect::kReads));
    return ReadResolveNames(response.body, impl_->limits());
  });
}

absl::StatusOr<Batch<Folder>> EwsClient::GetFolders(const std::vector<FolderRef>& folders, const EwsCall& call) {
  if (folders.empty()) return Batch<Folder>{};
  return impl_->Observed("GetFolder", [&]() -> absl::StatusOr<Batch<Folder>> {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response,
                                impl_->Exchange(WriteGetFolder(impl_->Header(call), folders), call, Effect::kReads));
    CROSSPOINT_ASSIGN_OR_RETURN(auto batch, ReadGetFolder(response.body, impl_->limits()));
    if (batch.size() != folders.size()) return BadAnswer("has another number of folders than asked for");
    return batch;
  });
}

absl::StatusOr<Folder> EwsClient::GetFolder(const FolderRef& folder, const EwsCall& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto folders, GetFolders({folder}, call));
  return std::move(folders.front());
}

absl::StatusOr<CalendarPage> EwsClient::FindCalendarItems(const CalendarViewQuery& query, const EwsCall& call) {
  if (query.end <= query.start) return InvalidField("end", "must be after start");
  if (query.end - query.start > kLongestCalendarView) return InvalidField("end", "must be within two years of start");
  return impl_->Observed("FindItem", [&]() -> absl::StatusOr<CalendarPage> {
    CROSSPOINT_ASSIGN_OR_RETURN(
        const auto response, impl_->Exchange(WriteFindCalendarView(impl_->Header(call), query), call, Effect::kReads));
    return ReadFindItem(response.body, impl_->limits());
  });
}

absl::StatusOr<CalendarPage> EwsClient::FindByProperty(const FolderRef& folder, const ExtendedProperty& property,
                                                       const EwsCall& call) {
  return impl_->Observed("FindItem", [&]() -> absl::StatusOr<CalendarPage> {
    const std::string body = WriteFindByProperty(impl_->Header(call), folder, property);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response, impl_->Exchange(body, call, Effect::kReads));
    return ReadFindItem(response.body, impl_->limits());
  });
}

absl::StatusOr<Batch<CalendarItem>> EwsClient::GetCalendarItems(const std::vector<ItemId>& ids,
                                                                const std::vector<PropertyPath>& properties,
                                                                Detail detail, const EwsCall& call) {
  if (ids.empty()) return Batch<CalendarItem>{};
  if (ids.size() > kMaxItemsPerGet) return InvalidField("ids", fmt::format("must be at most {}", kMaxItemsPerGet));
  return impl_->Observed("GetItem", [&]() -> absl::StatusOr<Batch<CalendarItem>> {
    const std::string body = WriteGetItem(impl_->Header(call), ids, properties, detail);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response, impl_->Exchange(body, call, Effect::kReads));
    CROSSPOINT_ASSIGN_OR_RETURN(auto batch, ReadGetItem(response.body, impl_->limits()));
    if (batch.size() != ids.size()) return BadAnswer("has another number of items than asked for");
    return batch;
  });
}

absl::StatusOr<CalendarItem> EwsClient::GetCalendarItem(const ItemId& id, const std::vector<PropertyPath>& properties,
                                                        Detail detail, const EwsCall& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto items, GetCalendarItems({id}, properties, detail, call));
  return std::move(items.front());
}

absl::StatusOr<ItemId> EwsClient::CreateCalendarItem(const CalendarDraft& draft, Invitations invitations,
                                                     const EwsCall& call, const FolderRef& folder) {
  if (draft.end <= draft.start) return InvalidField("end", "must be after start");
  if (invitations > Invitations::kAndSaveCopy)
    return InvalidField("invitations", "must be kNone, kOnly or kAndSaveCopy");
  return impl_->Observed("CreateItem", [&]() -> absl::StatusOr<ItemId> {
    const std::string body = WriteCreateItem(impl_->Header(call), draft, invitations, folder);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response, impl_->Exchange(body, call, Effect::kWrites));
    CROSSPOINT_ASSIGN_OR_RETURN(ItemId id, ReadCreateItem(response.body, impl_->limits()));
    if (id.id.empty()) return BadAnswer("has no id of the new item");
    return id;
  });
}

absl::StatusOr<ItemId> EwsClient::UpdateCalendarItem(const ItemId& id, const CalendarUpdate& update,
                                                     Invitations invitations, const EwsCall& call) {
  if (update.empty()) return id;
  return impl_->Observed("UpdateItem", [&]() -> absl::StatusOr<ItemId> {
    const std::string body = WriteUpdateItem(impl_->Header(call), id, update, invitations);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response, impl_->Exchange(body, call, Effect::kWrites));
    return ReadUpdateItem(response.body, impl_->limits());
  });
}

absl::Status EwsClient::DeleteCalendarItem(const ItemId& id, DeleteType type, Invitations cancellations,
                                           const EwsCall& call) {
  if (cancellations > Invitations::kAndSaveCopy) {
    return InvalidField("cancellations", "must be kNone, kOnly or kAndSaveCopy");
  }
  return impl_->Observed("DeleteItem", [&]() -> absl::Status {
    const std::string body = WriteDeleteItem(impl_->Header(call), id, type, cancellations);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response, impl_->Exchange(body, call, Effect::kWrites));
    return ReadDeleteItem(response.body, impl_->limits());
  });
}

absl::StatusOr<SyncResult> EwsClient::SyncFolderItems(const FolderRef& folder, const std::string& sync_state,
                                                      int max_changes, const std::vector<PropertyPath>& properties,
                                                      const EwsCall& call) {
  if (max_changes < 1 || max_changes > 512) return InvalidField("max_changes", "must be 1 to 512");
  return impl_->Observed("SyncFolderItems", [&]() -> absl::StatusOr<SyncResult> {
    const std::string body = WriteSyncFolderItems(impl_->Header(call), folder, sync_state, max_changes, properties);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response, impl_->Exchange(body, call, Effect::kReads));
    return ReadSyncFolderItems(response.body, impl_->limits());
  });
}

absl::StatusOr<Subscription> EwsClient::Subscribe(const SubscribeRequest& request, const EwsCall& call) {
  return impl_->Observed("Subscribe", [&]() -> absl::StatusOr<Subscription> {
    // Counts as a write: a subscription made twice is one that nobody ends.
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response,
                                impl_->Exchange(WriteSubscribe(impl_->Header(call), request), call, Effect::kWrites));
    CROSSPOINT_ASSIGN_OR_RETURN(std::string id, ReadSubscribe(response.body, impl_->limits()));
    std::string cookie = CookieIn(response, kAffinityCookie);
    if (cookie.empty() && call.affinity) cookie = call.affinity->cookie;
    return Subscription{.id = std::move(id), .affinity_cookie = std::move(cookie)};
  });
}

absl::Status EwsClient::Unsubscribe(const std::string& subscription_id, const EwsCall& call) {
  return impl_->Observed("Unsubscribe", [&]() -> absl::Status {
    const std::string body = WriteUnsubscribe(impl_->Header(call), subscription_id);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto response, impl_->Exchange(body, call, Effect::kReads));
    return ReadUnsubscribe(response.body, impl_->limits());
  });
}

std::unique_ptr<EwsStream> EwsClient::OpenStream(const std::vector<std::string>& subscription_ids,
                                                 std::chrono::minutes timeout, EwsStreamCallbacks callbacks,
                                                 const EwsCall& call) {
  if (subscription_ids.empty() || subscription_ids.size() > kMaxSubscriptionsPerStream) {
    return FailedStream(callbacks, InvalidField("subscription_ids", "must be 1 to 200"));
  }
  if (timeout.count() < 1 || timeout.count() > 30) {
    return FailedStream(callbacks, InvalidField("timeout", "must be 1 to 30 minutes"));
  }
  std::string body = WriteGetStreamingEvents(impl_->Header(call), subscription_ids, static_cast<int>(timeout.count()));
  return impl_->OpenStream(std::move(body), std::move(callbacks), call);
}

absl::StatusOr<Photo> EwsClient::GetUserPhoto(const std::string& email, const std::string& size,
                                              const std::string& known_etag, const EwsCall& call) {
  if (Trim(email).empty()) return InvalidField("email", "must not be blank");
  return impl_->Observed("GetUserPhoto", [&]() -> absl::StatusOr<Photo> {
    // The interface knows no impersonation here: photos are for everybody who may log in.
    RequestHeader header = impl_->Header(call);
    header.impersonate.clear();
    std::vector<http::Header> headers;
    if (!known_etag.empty()) headers.push_back({"If-None-Match", known_etag});
    CROSSPOINT_ASSIGN_OR_RETURN(
        const auto response, impl_->ExchangeRaw(WriteGetUserPhoto(header, email, size), call, Effect::kReads, headers));
    std::string etag(response.Get("ETag"));
    if (response.status == 304) {
      return Photo{.state = Photo::State::kNotModified, .etag = etag.empty() ? known_etag : etag};
    }
    // 404 without SOAP in it says that there is no picture; with a fault in it, whatever the fault says.
    if (response.status == 404 && ResponseCodeOf(impl_->ErrorOf(response)).empty()) return Photo{};
    if (response.status != 200) return impl_->ErrorOf(response);
    CROSSPOINT_ASSIGN_OR_RETURN(Photo photo, ReadGetUserPhoto(response.body, impl_->limits()));
    if (photo.state == Photo::State::kPhoto) photo.etag = std::move(etag);
    if (photo.state == Photo::State::kNotModified) photo.etag = etag.empty() ? known_etag : std::move(etag);
    return photo;
  });
}

}  // namespace crosspoint::ews
