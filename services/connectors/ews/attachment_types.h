#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/clock/clock.h"

namespace crosspoint::ews {

// An attachment without its content.
struct AttachmentInfo {
  enum class Kind { kFile, kItem, kReference };  // a reference is a link to a file kept elsewhere
  Kind kind = Kind::kFile;
  std::string id;  // of the attachment; valid while its item is
  std::string name;
  std::string content_type;  // often empty or only guessed from the name
  std::string content_id;    // what "cid:" in an HTML body refers to
  int64_t size = 0;          // as the server counts it, headers included; 0 when not told
  bool is_inline = false;
  bool is_contact_photo = false;
  std::optional<TimePoint> last_modified;
  bool operator==(const AttachmentInfo&) const = default;
};

// A file to be attached.
struct AttachmentDraft {
  std::string name;
  std::string content_type;
  std::string content_id;
  bool is_inline = false;
  bool is_contact_photo = false;
  std::string bytes;
};

}  // namespace crosspoint::ews
