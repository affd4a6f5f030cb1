#include "directory/domain/user.h"

#include <algorithm>

#include "common/status/status.h"
#include "common/text/fold.h"

namespace crosspoint::directory {
namespace {

constexpr size_t kMaxDisplayName = 256;
constexpr size_t kMaxAliases = 64;
constexpr size_t kMaxPhones = 32;
constexpr size_t kMaxNumber = 64;

bool IsExtension(std::string_view text) {
  return !text.empty() && text.size() <= 16 && text.find_first_not_of("0123456789*#") == std::string_view::npos;
}

}  // namespace

std::string FoldEmail(std::string_view email) {
  std::string folded(email);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

bool IsEmail(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > 254 || at == std::string_view::npos || at == 0 || at > 64) return false;
  const auto domain = text.substr(at + 1);
  if (domain.empty() || domain.front() == '.' || domain.back() == '.' || domain.find("..") != std::string_view::npos) {
    return false;
  }
  return std::ranges::none_of(text.substr(at + 1), [](char c) { return c == '@'; }) &&
         text.find_first_of(" \t\r\n<>,;:\"()[]\\") == std::string_view::npos && IsCleanUtf8(text);
}

std::vector<std::string> FoldedEmails(const User& user) {
  std::vector<std::string> emails;
  const auto add = [&emails](std::string_view email) {
    auto folded = FoldEmail(email);
    if (!folded.empty() && std::ranges::find(emails, folded) == emails.end()) emails.push_back(std::move(folded));
  };
  add(user.email);
  for (const auto& alias : user.aliases) add(alias);
  return emails;
}

absl::Status ValidateUser(const User& user, std::string_view prefix) {
  const auto field = [prefix](std::string_view name) { return std::string(prefix) + "." + std::string(name); };
  const auto item = [&field](std::string_view name, size_t i) { return field(name) + "[" + std::to_string(i) + "]"; };
  if (user.display_name.empty() || user.display_name.size() > kMaxDisplayName || !IsCleanUtf8(user.display_name)) {
    return InvalidField(field("display_name"), "must be 1 to 256 bytes of text");
  }
  if (!user.email.empty() && !IsEmail(user.email)) {
    return InvalidField(field("email"), "must be an address such as ada@corp.example");
  }
  if (user.aliases.size() > kMaxAliases) return InvalidField(field("aliases"), "must be at most 64");
  if (user.email.empty() && !user.aliases.empty()) {
    return InvalidField(field("email"), "must be set when there are aliases");
  }
  for (size_t i = 0; i < user.aliases.size(); ++i) {
    if (!IsEmail(user.aliases[i])) {
      return InvalidField(item("aliases", i), "must be an address such as ada@corp.example");
    }
  }
  if (!user.extension.empty() && !IsExtension(user.extension)) {
    return InvalidField(field("extension"), "must be 1 to 16 of 0-9, * and #");
  }
  if (user.phones.size() > kMaxPhones) return InvalidField(field("phones"), "must be at most 32");
  for (size_t i = 0; i < user.phones.size(); ++i) {
    const auto& number = user.phones[i].number;
    if (number.empty() || number.size() > kMaxNumber || !IsCleanUtf8(number)) {
      return InvalidField(item("phones", i) + ".number", "must be 1 to 64 bytes of text");
    }
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::directory
