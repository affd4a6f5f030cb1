#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contact/app/contacts.h"

namespace crosspoint::contact {

struct ImportResult {
  int imported = 0;  // in the file and here now, those that were here already too
  int unchanged = 0;
  int refused = 0;
  std::vector<std::string> problems;  // for people: the first kMaxRefusals
};

// Takes the contacts of a file under source FILE. Broken off, the same file again completes it.
//   kInvalidArgument    the file as a whole cannot be read
//   kResourceExhausted  TOO_MANY_CONTACTS
absl::StatusOr<ImportResult> ImportFile(Contacts& contacts, const UserId& owner, std::string_view content,
                                        Deadline deadline);

}  // namespace crosspoint::contact
