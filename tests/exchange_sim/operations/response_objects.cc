#include "exchange_sim/operations/response_objects.h"

#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/attachments.h"
#include "exchange_sim/items/delivery.h"
#include "exchange_sim/items/item_edit.h"
#include "exchange_sim/items/meetings.h"
#include "exchange_sim/operations/item_answers.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

absl::Status NotForThis() {
  return EwsError("ErrorInvalidReferenceItem", "The reference item does not support the requested operation.");
}

std::string Text(const Item& item, const std::string& element) {
  const auto found = item.properties.find(element);
  return found == item.properties.end() ? "" : TextOf(found->second.xml);
}

OccurrenceOf OccurrenceIn(const ItemTarget& target) {
  if (target.is_occurrence) return target.original_start;
  return target.item->meeting.recurrence_id;
}

std::optional<Seconds> TimeIn(pugi::xml_node element) {
  const auto time = ParseDateTime(Trim(element.text().get()));
  return time ? std::optional(time->at) : std::nullopt;
}

// AcceptItem, TentativelyAcceptItem, DeclineItem: by the invitation or by the copy in the calendar.
absl::StatusOr<std::string> AnswerInvitation(Call& call, pugi::xml_node element, const ItemTarget& target) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Disposition disposition, DispositionOf(call));
  Mailbox& mailbox = *target.mailbox;
  Item* copy = target.item;
  if (copy->kind == ItemKind::kMeetingRequest) {
    if (copy->meeting.out_of_date) {
      return EwsError("ErrorCalendarMeetingRequestIsOutOfDate", "The meeting request is out of date.");
    }
    copy = CopyIn(mailbox, copy->uid);
  }
  if (copy == nullptr || copy->kind != ItemKind::kCalendarItem) return NotForThis();
  if (copy->is_organizer) {
    return EwsError("ErrorCalendarIsOrganizerForAccept", "The organizer cannot answer the own meeting.");
  }
  if (copy->cancelled) {
    return EwsError("ErrorCalendarIsCancelledForAccept", "The calendar item has been cancelled.");
  }
  const std::string_view name = LocalName(element);
  MeetingAnswer answer;
  answer.type = name == "AcceptItem" ? "Accept" : name == "DeclineItem" ? "Decline" : "Tentative";
  if (const pugi::xml_node body = element.child("t:Body")) answer.body = Fragment(body);
  answer.proposed_start = TimeIn(element.child("t:ProposedStart"));
  answer.proposed_end = TimeIn(element.child("t:ProposedEnd"));
  answer.send = disposition != Disposition::kSaveOnly;
  answer.save_copy = disposition == Disposition::kSendAndSaveCopy;
  return ItemsOf(mailbox, AnswerMeeting(call.store, mailbox, *copy, answer, OccurrenceIn(target)));
}

absl::StatusOr<std::string> CancelMeeting(Call& call, pugi::xml_node element, const ItemTarget& target) {
  Item& meeting = *target.item;
  if (meeting.kind != ItemKind::kCalendarItem) return NotForThis();
  if (!meeting.is_organizer) {
    return EwsError("ErrorCalendarIsNotOrganizer", "Only the organizer can cancel a meeting.");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const Disposition disposition, DispositionOf(call));
  std::string body;
  if (const pugi::xml_node text = element.child("t:NewBodyContent")) {
    XmlWriter out;
    out.Open("t:Body").Attribute("BodyType", text.attribute("BodyType").value()).Text(text.text().get()).Close();
    body = out.Take();
  }
  Sending sending{.to_attendees = disposition != Disposition::kSaveOnly,
                  .save_copy = disposition == Disposition::kSendAndSaveCopy};
  const OccurrenceOf occurrence = OccurrenceIn(target);
  if (occurrence) meeting.exceptions[*occurrence] = OccurrenceChange{.deleted = true};
  if (sending.to_attendees) SendCancellations(call.store, *target.mailbox, meeting, sending, occurrence, body);
  if (occurrence) {
    call.store.Touch(*target.mailbox, meeting);
  } else {
    call.store.Remove(*target.mailbox, meeting.number, Disposal::kMoveToDeletedItems);
  }
  return std::string(kNoItems);
}

// RemoveItem: what a cancellation is about leaves the calendar, and so does the message the Inbox.
absl::StatusOr<std::string> RemoveCancelled(Call& call, const ItemTarget& target) {
  if (target.item->kind != ItemKind::kMeetingCancellation) return NotForThis();
  if (const Item* copy = CopyIn(*target.mailbox, target.item->uid)) {
    call.store.Remove(*target.mailbox, copy->number, Disposal::kMoveToDeletedItems);
  }
  call.store.Remove(*target.mailbox, target.item->number, Disposal::kMoveToDeletedItems);
  return std::string(kNoItems);
}

// The new text above the one that is answered.
std::string Quoted(pugi::xml_node added, const Item& original) {
  const bool html = std::string_view(added.attribute("BodyType").value()) == "HTML";
  const std::string_view line = html ? "<hr>" : "\r\n________________________________\r\n";
  XmlWriter out;
  out.Open("t:Body").Attribute("BodyType", html ? "HTML" : "Text");
  out.Text(fmt::format("{}{}{}", added.text().get(), line, Text(original, "Body"))).Close();
  return out.Take();
}

// The sender, and with `all` everybody else who got the message, as a list of mailboxes.
std::string Correspondents(const Item& original, const Mailbox& me, bool all) {
  std::string list;
  const auto add = [&](const std::string& element) {
    const auto property = original.properties.find(element);
    if (property == original.properties.end()) return;
    pugi::xml_document document;
    document.load_string(property->second.xml.c_str());
    for (const pugi::xml_node mailbox : document.document_element().children("t:Mailbox")) {
      if (!me.person.HasAddress(mailbox.child("t:EmailAddress").text().get())) list += Fragment(mailbox);
    }
  };
  add(original.properties.contains("ReplyTo") ? "ReplyTo" : "From");
  if (all) add("ToRecipients");
  return list;
}

absl::StatusOr<std::string> WriteBack(Call& call, pugi::xml_node element, const ItemTarget& target) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Disposition disposition, DispositionOf(call));
  const Item& original = *target.item;
  const bool forward = LocalName(element) == "ForwardItem";
  Item message = NewDraft(call.mailbox());
  SetText(message.properties, "Subject", fmt::format("{}: {}", forward ? "FW" : "RE", Text(original, "Subject")));
  message.properties["Body"] = {Quoted(element.child("t:NewBodyContent"), original), 1};
  if (!original.mail.message_id.empty()) SetText(message.properties, "InReplyTo", original.mail.message_id);
  if (!forward) {
    const std::string to = Correspondents(original, call.mailbox(), LocalName(element) == "ReplyAllToItem");
    message.properties["ToRecipients"] = {fmt::format("<t:ToRecipients>{}</t:ToRecipients>", to), 1};
  } else {
    for (const Attachment& attachment : original.attachments) AddAttachment(message, attachment);
  }
  ItemEditor editor(call.store, message, nullptr, 1, call.zone);
  for (const pugi::xml_node given : Elements(element)) {
    const std::string_view name = LocalName(given);
    if (name == "NewBodyContent" || name == "ReferenceItemId") continue;
    CROSSPOINT_RETURN_IF_ERROR(editor.Set(given));
  }
  return Dispatch(call, std::move(message), disposition);
}

}  // namespace

bool IsResponseObject(std::string_view element) {
  constexpr std::string_view kElements[] = {
      "AcceptItem",  "TentativelyAcceptItem", "DeclineItem", "CancelCalendarItem", "RemoveItem",
      "ReplyToItem", "ReplyAllToItem",        "ForwardItem", "SuppressReadReceipt"};
  return std::find(std::begin(kElements), std::end(kElements), element) != std::end(kElements);
}

absl::StatusOr<std::string> Respond(Call& call, pugi::xml_node element) {
  const std::string_view name = LocalName(element);
  const pugi::xml_node reference = element.child("t:ReferenceItemId");
  if (!reference) return SchemaError("The element 'ReferenceItemId' is missing.");
  const bool changes = name != "ReplyToItem" && name != "ReplyAllToItem" && name != "ForwardItem";
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, reference, changes ? Need::kWrite : Need::kRead));
  if (target.concealed) return EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.");
  if (name == "CancelCalendarItem") return CancelMeeting(call, element, target);
  if (name == "RemoveItem") return RemoveCancelled(call, target);
  if (name == "SuppressReadReceipt") return std::string(kNoItems);  // nobody asks for receipts here
  return changes ? AnswerInvitation(call, element, target) : WriteBack(call, element, target);
}

}  // namespace crosspoint::exchange_sim
