#include "directory/adapters/user_record.h"

#include <nlohmann/json.hpp>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

// Names of the values, in the order of their enums; stored, so they never change.
constexpr const char* kPhoneKinds[] = {"business", "mobile", "home", "fax", "pager", "assistant", "other"};
constexpr const char* kBindings[] = {"", "ews", "graph", "none"};
constexpr const char* kOutlookUses[] = {"", "auto", "yes", "no"};

template <class Enum, size_t kSize>
Enum Parse(const char* const (&names)[kSize], const std::string& name, Enum fallback) {
  for (size_t i = 0; i < kSize; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  return fallback;
}

}  // namespace

std::string MailboxBindingWord(MailboxBinding binding) { return kBindings[static_cast<int>(binding)]; }
MailboxBinding MailboxBindingOf(const std::string& word) { return Parse(kBindings, word, MailboxBinding::kDefault); }
std::string OutlookUseWord(OutlookUse use) { return kOutlookUses[static_cast<int>(use)]; }
OutlookUse OutlookUseOf(const std::string& word) { return Parse(kOutlookUses, word, OutlookUse::kDefault); }
std::string PhoneKindWord(PhoneKind kind) { return kPhoneKinds[static_cast<int>(kind)]; }
PhoneKind PhoneKindOf(const std::string& word) { return Parse(kPhoneKinds, word, PhoneKind::kOther); }

std::string EncodeUser(const User& user) {
  nlohmann::json record{{"name", user.display_name}, {"email", user.email}, {"extension", user.extension}};
  if (!user.aliases.empty()) record["aliases"] = user.aliases;
  for (const auto& phone : user.phones) {
    record["phones"].push_back({{"kind", PhoneKindWord(phone.kind)}, {"number", phone.number}});
  }
  if (user.mailbox_binding != MailboxBinding::kDefault) {
    record["mailbox"] = MailboxBindingWord(user.mailbox_binding);
  }
  if (user.outlook_use != OutlookUse::kDefault) record["outlook"] = OutlookUseWord(user.outlook_use);
  return record.dump();
}

absl::StatusOr<User> DecodeUser(const std::string& record) {
  const auto json = nlohmann::json::parse(record, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::DataLossError("a user's record is not a JSON object");
  try {
    User user{.display_name = json.value("name", ""),
              .email = json.value("email", ""),
              .aliases = json.value("aliases", std::vector<std::string>()),
              .extension = json.value("extension", "")};
    for (const auto& phone : json.value("phones", nlohmann::json::array())) {
      user.phones.push_back({PhoneKindOf(phone.value("kind", "")), phone.value("number", "")});
    }
    user.mailbox_binding = MailboxBindingOf(json.value("mailbox", ""));
    user.outlook_use = OutlookUseOf(json.value("outlook", ""));
    return user;
  } catch (const nlohmann::json::exception& error) {
    return absl::DataLossError(std::string("a user's record: ") + error.what());
  }
}

}  // namespace crosspoint::directory
