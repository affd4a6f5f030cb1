#include "connectors/ews/client.h"

#include "common/status/status.h"
#include "connectors/ews/calendar_facts.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/stream.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {
namespace {

constexpr size_t kMaxSubscriptionsPerStream = 200;
constexpr int kLongestPullMinutes = 1440;

// Value of a cookie in Set-Cookie headers; empty when it is not set.
std::string CookieIn(const http::HttpResponse& response, std::string_view name) {
  for (const std::string_view cookie : response.GetAll("Set-Cookie")) {
    if (cookie.size() <= name.size() || cookie[name.size()] != '=' || cookie.substr(0, name.size()) != name) continue;
    const std::string_view value = cookie.substr(name.size() + 1);
    return std::string(Trim(value.substr(0, value.find(';'))));
  }
  return {};
}

}  // namespace

absl::StatusOr<SyncResult> EwsClient::SyncFolderItems(const FolderRef& folder, const std::string& sync_state,
                                                      int max_changes, const std::vector<PropertyPath>& properties,
                                                      const EwsCall& call) {
  if (max_changes < 1 || max_changes > 512) return InvalidField("max_changes", "must be 1 to 512");
  CROSSPOINT_ASSIGN_OR_RETURN(
      SyncResult result,
      transport_->Call("SyncFolderItems",
                       WriteSyncFolderItems(transport_->Header(call), folder, sync_state, max_changes, properties),
                       call, Effect::kReads, ReadSyncFolderItems));
  for (SyncChange& change : result.changes) {
    if (!folder.mailbox.empty() && change.item) HidePrivateFacts(*change.item);
  }
  return result;
}

absl::StatusOr<Subscription> EwsClient::Subscribe(const SubscribeRequest& request, const EwsCall& call) {
  return transport_->Run(
      "Subscribe", call, Effect::kWrites, [&](const EwsCall& attempt) -> absl::StatusOr<Subscription> {
        // Counts as a write: a subscription made twice is one that nobody ends.
        CROSSPOINT_ASSIGN_OR_RETURN(
            const auto response,
            transport_->Exchange(WriteSubscribe(transport_->Header(attempt), request), attempt, Effect::kWrites));
        CROSSPOINT_ASSIGN_OR_RETURN(std::string id, ReadSubscribe(response.body, transport_->limits()));
        std::string cookie = CookieIn(response, kAffinityCookie);
        if (cookie.empty() && call.affinity) cookie = call.affinity->cookie;
        return Subscription{.id = std::move(id), .affinity_cookie = std::move(cookie)};
      });
}

absl::StatusOr<PullSubscription> EwsClient::SubscribePull(const SubscribeRequest& request, std::chrono::minutes timeout,
                                                          const std::string& watermark, const EwsCall& call) {
  if (timeout.count() < 1 || timeout.count() > kLongestPullMinutes) {
    return InvalidField("timeout", "must be 1 to 1440 minutes");
  }
  return transport_->Run(
      "Subscribe", call, Effect::kWrites, [&](const EwsCall& attempt) -> absl::StatusOr<PullSubscription> {
        std::string body =
            WriteSubscribePull(transport_->Header(attempt), request, static_cast<int>(timeout.count()), watermark);
        CROSSPOINT_ASSIGN_OR_RETURN(const auto response,
                                    transport_->Exchange(std::move(body), attempt, Effect::kWrites));
        CROSSPOINT_ASSIGN_OR_RETURN(PullSubscription subscription,
                                    ReadSubscribePull(response.body, transport_->limits()));
        subscription.affinity_cookie = CookieIn(response, kAffinityCookie);
        if (subscription.affinity_cookie.empty() && attempt.affinity) {
          subscription.affinity_cookie = attempt.affinity->cookie;
        }
        return subscription;
      });
}

absl::StatusOr<PulledEvents> EwsClient::GetEvents(const std::string& subscription_id, const std::string& watermark,
                                                  const EwsCall& call) {
  return transport_->Call("GetEvents", WriteGetEvents(transport_->Header(call), subscription_id, watermark), call,
                          Effect::kReads, ReadGetEvents);
}

absl::Status EwsClient::Unsubscribe(const std::string& subscription_id, const EwsCall& call) {
  return transport_->Call("Unsubscribe", WriteUnsubscribe(transport_->Header(call), subscription_id), call,
                          Effect::kReads, ReadUnsubscribe);
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
  std::string body =
      WriteGetStreamingEvents(transport_->Header(call), subscription_ids, static_cast<int>(timeout.count()));
  return transport_->OpenStream(std::move(body), std::move(callbacks), call);
}

}  // namespace crosspoint::ews
