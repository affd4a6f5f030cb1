#include "presence/api/email_owners.h"

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

constexpr size_t kMaxEmailBytes = 254;  // no address is longer. Source: RFC 5321, 4.5.3.1.3.

}  // namespace

absl::StatusOr<EmailOwners> OwnersOf(PeopleFinder& people, const grpcx::Principal& caller,
                                     const google::protobuf::RepeatedPtrField<std::string>& emails,
                                     std::string_view field) {
  EmailOwners owners;
  if (emails.empty()) return owners;
  if (caller.tenant().value.empty()) {
    return InvalidField(field, "may be given by callers with a token of a tenant; others name users");
  }
  for (const auto& email : emails) {
    if (email.empty() || email.size() > kMaxEmailBytes) return InvalidField(field, "must be 1 to 254 bytes each");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto users, people.Find(caller.tenant(), {emails.begin(), emails.end()}));
  for (int i = 0; i < emails.size(); ++i) owners.emplace_back(emails[i], std::move(users[static_cast<size_t>(i)]));
  return owners;
}

void ToProto(const std::string& email, const std::optional<UserId>& user, v1::EmailOwner& out) {
  out.set_email(email);
  if (user) out.set_user(user->Name());
}

}  // namespace crosspoint::presence
