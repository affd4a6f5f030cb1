#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "contact/domain/contact.h"

namespace crosspoint::contact {

// An entry of a file of contacts.
struct FileEntry {
  std::string source_id;  // the entry's UID, else one made of name and address, the same each time
  Facts facts;            // not completed
  std::string where;      // for people: "line 17"
};

// Reads vCard 3.0 and 4.0 (RFC 2426, RFC 6350), or CSV with a header line as Outlook and others write it; which of them
// is seen at the beginning. Never fails on single entries: what it cannot use of them is left out.
//   kInvalidArgument  `content`: neither, not UTF-8, or without any entry
absl::StatusOr<std::vector<FileEntry>> ReadContactFile(std::string_view content);

// One vCard 4.0, lines folded and ended as RFC 6350 wants it.
std::string WriteVcard(const Contact& contact);

}  // namespace crosspoint::contact
