#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/ids/ids.h"

namespace crosspoint::directory {

enum class PhoneKind { kBusiness, kMobile, kHome, kFax, kPager, kAssistant, kOther };

struct Phone {
  PhoneKind kind = PhoneKind::kBusiness;
  std::string number;  // as typed
  bool operator==(const Phone&) const = default;
};

enum class MailboxBinding { kDefault, kEws, kGraph, kNone };
enum class OutlookUse { kDefault, kAuto, kYes, kNo };

// A person or phone of the telephony system.
struct User {
  UserId id;  // never changes
  std::string display_name;
  std::string email;  // as typed; unique by FoldEmail
  std::vector<std::string> aliases;
  std::string extension;
  std::vector<Phone> phones;
  MailboxBinding mailbox_binding = MailboxBinding::kDefault;
  OutlookUse outlook_use = OutlookUse::kDefault;
  int64_t create_time_us = 0;  // since 1970, store's clock
  int64_t update_time_us = 0;
  int64_t delete_time_us = 0;  // 0 while not deleted
  uint64_t revision = 0;       // of the tenant, at the last change of this user

  bool deleted() const { return delete_time_us != 0; }
  bool operator==(const User&) const = default;
};

// An address as uniqueness and merging compare it: lower case. Only ASCII is folded; other letters stand for
// themselves, as two servers may disagree about them (RFC 6531 section 3.2).
std::string FoldEmail(std::string_view email);

// One local part, one @, one domain, no blanks or control characters, at most 254 bytes (RFC 5321 section 4.5.3.1).
bool IsEmail(std::string_view text);

// email and aliases, folded, primary first, no doubles, no empty ones.
std::vector<std::string> FoldedEmails(const User& user);

// kInvalidArgument naming the first wrong field below `prefix`, e.g. "user.aliases[2]".
absl::Status ValidateUser(const User& user, std::string_view prefix);

}  // namespace crosspoint::directory
