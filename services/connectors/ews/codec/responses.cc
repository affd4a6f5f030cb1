#include "connectors/ews/codec/responses.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/codec/read_calendar.h"
#include "connectors/ews/codec/read_item.h"
#include "connectors/ews/codec/response_parts.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/soap/xml_reader.h"

namespace crosspoint::ews {
namespace {

absl::StatusOr<ItemId> ReadOneItemId(std::string_view xml, std::string_view response, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, response, limits));
  // A copy that was only sent has no id.
  return ChildItemId(FirstElement(Child(messages.all.front(), "Items")));
}

std::optional<StreamEvent> ReadEvent(const pugi::xml_node& event, const std::string& subscription_id) {
  using Kind = StreamEvent::Kind;
  static constexpr std::array<std::pair<std::string_view, Kind>, 8> kKinds{
      {{"StatusEvent", Kind::kStatus},
       {"CreatedEvent", Kind::kCreated},
       {"DeletedEvent", Kind::kDeleted},
       {"ModifiedEvent", Kind::kModified},
       {"MovedEvent", Kind::kMoved},
       {"CopiedEvent", Kind::kCopied},
       {"NewMailEvent", Kind::kNewMail},
       {"FreeBusyChangedEvent", Kind::kFreeBusyChanged}}};
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& k) { return k.first == LocalName(event); });
  if (kind == kKinds.end()) return std::nullopt;
  return StreamEvent{.kind = kind->second,
                     .subscription_id = subscription_id,
                     .timestamp = ChildTime(event, "TimeStamp"),
                     .item_id = ChildItemId(event).id,
                     .folder_id = ChildFolderId(event).id,
                     .parent_folder_id = ChildFolderId(event, "ParentFolderId").id,
                     .old_item_id = ChildItemId(event, "OldItemId").id,
                     .old_folder_id = ChildFolderId(event, "OldFolderId").id,
                     .old_parent_folder_id = ChildFolderId(event, "OldParentFolderId").id};
}

void ReadStreamMessage(const pugi::xml_node& message, StreamMessage& read) {
  for (const pugi::xml_node& notification : Child(message, "Notifications").children()) {
    const std::string subscription(Trim(ChildText(notification, "SubscriptionId")));
    for (const pugi::xml_node& event : notification.children()) {
      if (auto one = ReadEvent(event, subscription)) read.events.push_back(std::move(*one));
    }
  }
  for (const pugi::xml_node& id : Child(message, "ErrorSubscriptionIds").children()) {
    if (std::string text(Trim(TextOf(id))); !text.empty()) read.lost_subscriptions.push_back(std::move(text));
  }
  if (Trim(ChildText(message, "ConnectionStatus")) == "Closed") read.closed = true;
}

}  // namespace

absl::StatusOr<CalendarPage> ReadFindItem(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "FindItemResponse", limits));
  const pugi::xml_node root = Child(messages.all.front(), "RootFolder");
  const PageEnd end = ReadPageEnd(root);
  CalendarPage page{.items = {}, .includes_last = end.includes_last, .next_offset = end.next_offset};
  for (const pugi::xml_node& item : Child(root, "Items").children()) {
    if (item.type() == pugi::node_element && Child(item, "ItemId")) page.items.push_back(ReadCalendarItem(item));
  }
  return page;
}

absl::StatusOr<Batch<CalendarItem>> ReadGetItem(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseMessages(xml, "GetItemResponse", limits));
  return ReadBatch(messages, "Items", ReadCalendarItem);
}

absl::StatusOr<ItemId> ReadCreateItem(std::string_view xml, const XmlLimits& limits) {
  return ReadOneItemId(xml, "CreateItemResponse", limits);
}

absl::StatusOr<ItemId> ReadUpdateItem(std::string_view xml, const XmlLimits& limits) {
  return ReadOneItemId(xml, "UpdateItemResponse", limits);
}

absl::Status ReadDeleteItem(std::string_view xml, const XmlLimits& limits) {
  return ParseSingle(xml, "DeleteItemResponse", limits).status();
}

absl::StatusOr<SyncResult> ReadSyncFolderItems(std::string_view xml, const XmlLimits& limits) {
  return ReadItemChanges<CalendarItem>(xml, limits, [](const pugi::xml_node& item) {
    return LocalName(item) == "CalendarItem" ? std::optional(ReadCalendarItem(item)) : std::nullopt;
  });
}

absl::StatusOr<std::string> ReadSubscribe(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "SubscribeResponse", limits));
  std::string id(Trim(ChildText(messages.all.front(), "SubscriptionId")));
  if (id.empty()) return BadAnswer("has no subscription id");
  return id;
}

absl::StatusOr<PullSubscription> ReadSubscribePull(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "SubscribeResponse", limits));
  const pugi::xml_node& message = messages.all.front();
  PullSubscription subscription{.id = std::string(Trim(ChildText(message, "SubscriptionId"))),
                                .watermark = std::string(Trim(ChildText(message, "Watermark"))),
                                .affinity_cookie = {}};
  if (subscription.id.empty() || subscription.watermark.empty())
    return BadAnswer("has no subscription id or watermark");
  return subscription;
}

absl::StatusOr<PulledEvents> ReadGetEvents(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "GetEventsResponse", limits));
  const pugi::xml_node notification = Child(messages.all.front(), "Notification");
  const std::string subscription(Trim(ChildText(notification, "SubscriptionId")));
  PulledEvents pulled;
  pulled.more_events = ChildBool(notification, "MoreEvents").value_or(false);
  pulled.watermark = Trim(ChildText(notification, "PreviousWatermark"));
  for (const pugi::xml_node& event : notification.children()) {
    auto read = ReadEvent(event, subscription);
    if (!read) continue;
    // Every event carries the place behind itself; a status event stands for "nothing new".
    if (std::string watermark(Trim(ChildText(event, "Watermark"))); !watermark.empty()) {
      pulled.watermark = std::move(watermark);
    }
    if (read->kind != StreamEvent::Kind::kStatus) pulled.events.push_back(std::move(*read));
  }
  return pulled;
}

absl::Status ReadUnsubscribe(std::string_view xml, const XmlLimits& limits) {
  return ParseSingle(xml, "UnsubscribeResponse", limits).status();
}

absl::StatusOr<Photo> ReadGetUserPhoto(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Envelope envelope, ParseBare(xml, "GetUserPhotoResponse", limits));
  const absl::Status status = StatusOfMessage(envelope.content());
  if (const Reaction reaction = ReactionOf(status);
      reaction == Reaction::kGone || reaction == Reaction::kPerRecipient) {
    return Photo{};
  }
  CROSSPOINT_RETURN_IF_ERROR(status);
  const bool has_changed = ChildBool(envelope.content(), "HasChanged").value_or(true);
  auto bytes = DecodeBase64(ChildText(envelope.content(), "PictureData"));
  if (!bytes) return BadAnswer("has a picture that is not base64");
  if (!bytes->empty())
    return Photo{.state = Photo::State::kPhoto, .content_type = "image/jpeg", .bytes = std::move(*bytes)};
  return Photo{.state = has_changed ? Photo::State::kNone : Photo::State::kNotModified};
}

absl::Status ReadFault(std::string_view xml, const XmlLimits& limits) {
  const auto envelope = Envelope::Parse(xml, limits);
  return envelope.ok() ? BadAnswer("is no fault") : envelope.status();
}

absl::StatusOr<StreamMessage> ReadGetStreamingEvents(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseMessages(xml, "GetStreamingEventsResponse", limits));
  StreamMessage read;
  for (const pugi::xml_node& message : messages.all) {
    const size_t lost_before = read.lost_subscriptions.size();
    ReadStreamMessage(message, read);
    const absl::Status status = StatusOfMessage(message);
    // An error that names the subscriptions concerns only those; the stream goes on for the others.
    if (!status.ok() && read.lost_subscriptions.size() == lost_before) read.error = status;
  }
  return read;
}

}  // namespace crosspoint::ews
