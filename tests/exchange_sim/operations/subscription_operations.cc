#include <random>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxSubscriptions = 5000;  // of one mailbox, as Exchange 2013 and later on-premises

std::string NewSubscriptionId(uint64_t mailbox) {
  static std::random_device device;  // used with the store locked
  std::string bytes = fmt::format("\x26{}exchange.corp.example\x10{:08x}{:08x}", '\0', mailbox, device());
  for (int i = 0; i < 12; ++i) bytes += static_cast<char>(device() & 0xff);
  return Base64(bytes);
}

absl::StatusOr<std::string> SubscribeStreaming(Call& call, pugi::xml_node request) {
  const std::string_view all = request.attribute("SubscribeToAllFolders").value();
  Subscription subscription;
  subscription.owner = call.caller.account;
  subscription.mailbox = call.caller.mailbox;
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
  size_t live = 0;
  for (const auto& [id, other] : call.store.subscriptions) live += other.mailbox == call.caller.mailbox ? 1 : 0;
  if (live >= kMaxSubscriptions) {
    return EwsError("ErrorExceededSubscriptionCount",
                    "You have exceeded the available subscriptions for your account.");
  }
  subscription.id = NewSubscriptionId(call.caller.mailbox);
  XmlWriter out;
  out.Leaf("m:SubscriptionId", subscription.id);
  call.store.subscriptions[subscription.id] = std::move(subscription);
  return out.Take();
}

}  // namespace

Answer Subscribe(Call& call) {
  call.store.ExpireSubscriptions();
  Messages messages("Subscribe");
  if (const pugi::xml_node streaming = call.request.child("m:StreamingSubscriptionRequest")) {
    const auto content = SubscribeStreaming(call, streaming);
    if (!content.ok() && EwsCode(content.status()) == "ErrorSchemaValidation") return content.status();
    messages.Add(content);
  } else {
    messages.Add(EwsError("ErrorInvalidOperation", "Pull and push subscriptions are not simulated."));
  }
  return messages.Take();
}

Answer Unsubscribe(Call& call) {
  Messages messages("Unsubscribe");
  const std::string id = Trim(call.request.child("m:SubscriptionId").text().get());
  const auto found = call.store.subscriptions.find(id);
  if (found == call.store.subscriptions.end()) {
    messages.Add(EwsError("ErrorSubscriptionNotFound", "The subscription was not found."));
  } else if (found->second.owner != call.caller.account) {
    messages.Add(EwsError("ErrorSubscriptionAccessDenied", "The subscription belongs to another account."));
  } else {
    if (found->second.connection != nullptr) found->second.connection->changed.notify_all();
    call.store.subscriptions.erase(found);
    messages.Add(std::string());
  }
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
