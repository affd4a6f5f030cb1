#include <random>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/ids.h"
#include "exchange_sim/server/notifications.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr Seconds kStreamLife = 35 * 60;  // longer than a streaming connection may last

std::string NewSubscriptionId(uint64_t mailbox) {
  static std::random_device device;  // used with the store locked
  std::string bytes = fmt::format("\x26{}exchange.corp.example\x10{:08x}{:08x}", '\0', mailbox, device());
  for (int i = 0; i < 12; ++i) bytes += static_cast<char>(device() & 0xff);
  return Base64(bytes);
}

absl::StatusOr<Subscription> ParseSubscription(Call& call, pugi::xml_node request) {
  const std::string_view all = request.attribute("SubscribeToAllFolders").value();
  Subscription subscription;
  subscription.owner = call.caller.account;
  subscription.mailbox = call.caller.mailbox;
  subscription.server = call.server;
  subscription.all_folders = all == "true" || all == "1";
  subscription.last_used = Now();
  for (const pugi::xml_node id : Elements(request.child("t:FolderIds"))) {
    CROSSPOINT_ASSIGN_OR_RETURN(const Folder* folder, FolderOf(call, id));
    if (!subscription.folders.empty() && folder->mailbox != subscription.mailbox) {
      return EwsError("ErrorInvalidSubscriptionRequest", "A subscription watches the folders of one mailbox.");
    }
    subscription.mailbox = folder->mailbox;
    subscription.folders.insert(folder->number);
  }
  for (const pugi::xml_node type : Elements(request.child("t:EventTypes"))) {
    subscription.event_types.insert(type.text().get());
  }
  if (subscription.event_types.empty()) return SchemaError("The element 'EventTypes' has incomplete content.");
  if (subscription.all_folders != subscription.folders.empty()) {
    return EwsError("ErrorInvalidSubscriptionRequest", "Name folders or subscribe to all, and not both.");
  }
  if (call.store.subscriptions.CountOf(call.caller.mailbox) >= static_cast<size_t>(call.limits.max_subscriptions)) {
    return EwsError("ErrorExceededSubscriptionCount",
                    "You have exceeded the available subscriptions for your account.");
  }
  subscription.id = NewSubscriptionId(call.caller.mailbox);
  return subscription;
}

absl::StatusOr<std::string> SubscribeStreaming(Call& call, pugi::xml_node request) {
  CROSSPOINT_ASSIGN_OR_RETURN(Subscription subscription, ParseSubscription(call, request));
  subscription.life = kStreamLife;
  XmlWriter out;
  out.Leaf("m:SubscriptionId", subscription.id);
  call.store.subscriptions.Add(std::move(subscription));
  return out.Take();
}

absl::StatusOr<std::string> SubscribePull(Call& call, pugi::xml_node request) {
  const int minutes = request.child("t:Timeout").text().as_int();
  if (minutes < 1 || minutes > 1440) return SchemaError("The 'Timeout' element must be from 1 to 1440.");
  if (request.child("t:Watermark")) {
    return EwsError("ErrorInvalidWatermark", "Events from before the subscription are not kept.");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(Subscription subscription, ParseSubscription(call, request));
  subscription.kind = Subscription::Kind::kPull;
  subscription.life = Seconds{60} * minutes;
  XmlWriter out;
  out.Leaf("m:SubscriptionId", subscription.id).Leaf("m:Watermark", FormatWatermark(subscription.id, 0));
  call.store.subscriptions.Add(std::move(subscription));
  return out.Take();
}

// The caller's subscription of that name on the server that the request reached.
absl::StatusOr<Subscription*> SubscriptionOf(Call& call) {
  const std::string id = Trim(call.request.child("m:SubscriptionId").text().get());
  Subscription* found = call.store.subscriptions.Find(id);
  if (found == nullptr || found->server != call.server) {
    return EwsError("ErrorSubscriptionNotFound", "The subscription was not found.");
  }
  if (found->owner != call.caller.account) {
    return EwsError("ErrorSubscriptionAccessDenied", "The subscription belongs to another account.");
  }
  return found;
}

absl::StatusOr<std::string> ReadEvents(Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(Subscription * subscription, SubscriptionOf(call));
  if (subscription->kind != Subscription::Kind::kPull) {
    return EwsError("ErrorInvalidPullSubscriptionId", "The subscription is not one for pulling.");
  }
  const auto read = ParseWatermark(subscription->id, Trim(call.request.child("m:Watermark").text().get()));
  const auto notification = read ? ReadNotification(*subscription, *read) : std::nullopt;
  if (!notification) return EwsError("ErrorInvalidWatermark", "The watermark is not one of this subscription.");
  subscription->last_used = Now();
  XmlWriter out;
  WriteNotification(out, *notification);
  return out.Take();
}

}  // namespace

Answer Subscribe(Call& call) {
  call.store.subscriptions.Expire(Now());
  Messages messages("Subscribe");
  const pugi::xml_node streaming = call.request.child("m:StreamingSubscriptionRequest");
  const pugi::xml_node pull = call.request.child("m:PullSubscriptionRequest");
  if (!streaming && !pull) {
    messages.Add(EwsError("ErrorInvalidOperation", "Push subscriptions are not simulated."));
    return messages.Take();
  }
  const auto content = streaming ? SubscribeStreaming(call, streaming) : SubscribePull(call, pull);
  if (!content.ok() && EwsCode(content.status()) == "ErrorSchemaValidation") return content.status();
  messages.Add(content);
  return messages.Take();
}

Answer GetEvents(Call& call) {
  call.store.subscriptions.Expire(Now());
  Messages messages("GetEvents");
  messages.Add(ReadEvents(call));
  return messages.Take();
}

Answer Unsubscribe(Call& call) {
  Messages messages("Unsubscribe");
  const auto found = SubscriptionOf(call);
  if (found.ok()) {
    const std::string id = (*found)->id;
    call.store.subscriptions.Remove(id);
    messages.Add(std::string());
  } else {
    messages.Add(found.status());
  }
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
