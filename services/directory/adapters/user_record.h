#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "directory/domain/user.h"

namespace crosspoint::directory {

// The stored form of what a caller may set on a user: JSON; unknown keys are ignored,
// so that an older replica can read what a newer one wrote. Id, times and revision are stored beside it.
std::string EncodeUser(const User& user);
//   kDataLoss  not a record
absl::StatusOr<User> DecodeUser(const std::string& record);

// The words that stand for the values of enums in records; "" is kDefault, and so is a word of a newer version.
std::string MailboxBindingWord(MailboxBinding binding);
MailboxBinding MailboxBindingOf(const std::string& word);
std::string OutlookUseWord(OutlookUse use);
OutlookUse OutlookUseOf(const std::string& word);
std::string PhoneKindWord(PhoneKind kind);
// A word of a newer version is kOther.
PhoneKind PhoneKindOf(const std::string& word);

}  // namespace crosspoint::directory
