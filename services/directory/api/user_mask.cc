#include "directory/api/user_mask.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

using Setter = void (*)(const User&, User&);

constexpr std::pair<std::string_view, Setter> kFields[] = {
    {"display_name", [](const User& from, User& to) { to.display_name = from.display_name; }},
    {"email", [](const User& from, User& to) { to.email = from.email; }},
    {"aliases", [](const User& from, User& to) { to.aliases = from.aliases; }},
    {"extension", [](const User& from, User& to) { to.extension = from.extension; }},
    {"phones", [](const User& from, User& to) { to.phones = from.phones; }},
    {"mailbox_binding", [](const User& from, User& to) { to.mailbox_binding = from.mailbox_binding; }},
    {"outlook_use", [](const User& from, User& to) { to.outlook_use = from.outlook_use; }},
};

}  // namespace

absl::StatusOr<UserMask> UserMask::Parse(const google::protobuf::FieldMask& mask) {
  UserMask out;
  for (const auto& path : mask.paths()) {
    if (std::ranges::none_of(kFields, [&](const auto& field) { return field.first == path; })) {
      return InvalidField("update_mask", "'" + path +
                                             "' cannot be set; display_name, email, aliases, extension, phones, "
                                             "mailbox_binding and outlook_use can");
    }
    out.paths_.push_back(path);
  }
  return out;
}

void UserMask::Apply(const User& wanted, User& user) const {
  for (const auto& [name, set] : kFields) {
    if (paths_.empty() || std::ranges::find(paths_, name) != paths_.end()) set(wanted, user);
  }
}

}  // namespace crosspoint::directory
