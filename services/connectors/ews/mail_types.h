#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/ews/attachment_types.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

struct InternetHeader {
  std::string name;
  std::string value;
  bool operator==(const InternetHeader&) const = default;
};

enum class Importance { kLow, kNormal, kHigh };

// What makes a message about a meeting more than a message.
struct MeetingFacts {
  enum class Kind { kRequest, kResponse, kCancellation, kOther };
  Kind kind = Kind::kOther;
  ItemId calendar_item;  // the item it is about, in the calendar of the mailbox that has the message; may be empty
  std::string uid;
  std::optional<TimePoint> recurrence_id;  // when it concerns one occurrence only
  std::optional<TimePoint> start;
  std::optional<TimePoint> end;
  std::string location;
  ResponseType response = ResponseType::kUnknown;  // kResponse: what the sender answered
  bool is_out_of_date = false;
  bool has_been_processed = false;
  bool operator==(const MeetingFacts&) const = default;
};

// What a server told about an item of a mail folder. FindMessages and SyncMessages tell no recipients, no body, no
// headers and no attachments.
struct Message {
  ItemId id;
  FolderId parent_folder;
  std::string element;  // how EWS calls it: "Message", "MeetingRequest", …
  std::string item_class;
  std::string subject;
  std::optional<Mailbox> from;
  std::optional<Mailbox> sender;  // who sent it on behalf of `from`
  std::vector<Mailbox> to;
  std::vector<Mailbox> cc;
  std::vector<Mailbox> bcc;
  std::string internet_message_id;
  std::optional<TimePoint> received;
  std::optional<TimePoint> sent;
  std::optional<TimePoint> created;
  std::optional<TimePoint> last_modified;
  bool is_read = false;
  bool is_draft = false;
  bool has_attachments = false;  // inline ones do not count
  Importance importance = Importance::kNormal;
  Sensitivity sensitivity = Sensitivity::kNormal;
  std::vector<std::string> categories;
  std::optional<Body> body;
  std::vector<InternetHeader> headers;
  std::vector<AttachmentInfo> attachments;
  std::optional<MeetingFacts> meeting;
  std::vector<ExtendedProperty> extended_properties;

  // Value of a property, empty when the message has none such.
  std::string Get(const PropertyPath& path) const {
    const ExtendedProperty* property = FindProperty(extended_properties, path);
    return property == nullptr ? std::string() : property->value;
  }
};

// A message to be made.
struct MessageDraft {
  std::string item_class;  // empty: "IPM.Note"
  std::string subject;
  std::optional<Body> body;
  std::optional<Mailbox> from;  // nullopt: the mailbox itself
  std::vector<Mailbox> to;      // of each only name and address are sent
  std::vector<Mailbox> cc;
  std::vector<Mailbox> bcc;
  bool is_read = false;
  // Set: the message looks as if it came in at that time. Nullopt: it is a draft until it is sent.
  std::optional<TimePoint> received;
  Importance importance = Importance::kNormal;
  Sensitivity sensitivity = Sensitivity::kNormal;
  std::vector<std::string> categories;
  std::vector<ExtendedProperty> extended_properties;  // headers of one's own too, by PropertyPath::Header
  std::vector<AttachmentDraft> attachments;
};

// What to change on a message; what is nullopt stays.
struct MessageUpdate {
  std::optional<bool> is_read;  // no receipt is sent
  std::optional<std::string> subject;
  std::optional<Body> body;
  std::optional<std::string> item_class;
  std::optional<Importance> importance;
  std::optional<std::vector<std::string>> categories;  // an empty list deletes them
  std::vector<ExtendedProperty> set_properties;
  std::vector<PropertyPath> delete_properties;

  bool empty() const {
    return !(is_read || subject || body || item_class || importance || categories) && set_properties.empty() &&
           delete_properties.empty();
  }
};

enum class Disposition { kSaveOnly, kSendOnly, kSendAndSaveCopy };

// An attachment with its content.
struct Attachment {
  AttachmentInfo info;
  std::string bytes;            // of a file
  std::optional<Message> item;  // of an attached item: what it tells of a message
};

// Where an attachment went: its id, and the new change key of the item that has it.
struct AttachedTo {
  std::string attachment_id;
  ItemId item;  // empty when the server does not say
};

}  // namespace crosspoint::ews
