#include "directory/api/convert.h"

#include <charconv>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

void SetTime(int64_t micros, google::protobuf::Timestamp& time) {
  time.set_seconds(micros / 1'000'000);
  time.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
}

// The enums of the proto begin with UNSPECIFIED where the domain's phone kinds do not.
v1::PhoneKind ToProto(PhoneKind kind) { return static_cast<v1::PhoneKind>(static_cast<int>(kind) + 1); }

void AddPhones(const std::vector<Phone>& phones, google::protobuf::RepeatedPtrField<v1::Phone>& out) {
  for (const auto& phone : phones) {
    auto& added = *out.Add();
    added.set_kind(ToProto(phone.kind));
    added.set_number(phone.number);
  }
}

}  // namespace

v1::User ToProto(const User& user) {
  v1::User out;
  out.set_name(user.id.Name());
  out.set_display_name(user.display_name);
  out.set_email(user.email);
  for (const auto& alias : user.aliases) out.add_aliases(alias);
  out.set_extension(user.extension);
  AddPhones(user.phones, *out.mutable_phones());
  out.set_mailbox_binding(static_cast<v1::MailboxBinding>(user.mailbox_binding));
  out.set_outlook_use(static_cast<v1::OutlookUse>(user.outlook_use));
  SetTime(user.create_time_us, *out.mutable_create_time());
  SetTime(user.update_time_us, *out.mutable_update_time());
  if (user.deleted()) SetTime(user.delete_time_us, *out.mutable_delete_time());
  out.set_etag(std::to_string(user.revision));
  return out;
}

v1::Person ToProto(const Person& person) {
  v1::Person out;
  out.set_user(person.user);
  out.set_display_name(person.display_name);
  for (const auto& email : person.emails) out.add_emails(email);
  out.set_extension(person.extension);
  AddPhones(person.phones, *out.mutable_phones());
  out.set_department(person.department);
  out.set_title(person.title);
  out.set_company(person.company);
  out.set_office(person.office);
  return out;
}

v1::ContactCard ToProto(const ContactCard& card) {
  v1::ContactCard out;
  *out.mutable_person() = ToProto(card.person);
  if (card.presence) {
    out.set_availability_state(card.presence->availability_state);
    out.set_on_the_phone(card.presence->on_the_phone);
    out.set_im_online(card.presence->im_online);
  }
  out.set_photo_etag(card.photo_etag);
  // The enum of the proto begins with UNSPECIFIED where the domain's does not.
  for (const auto action : card.actions) out.add_actions(static_cast<v1::CardAction>(static_cast<int>(action) + 1));
  out.set_partial(card.partial);
  return out;
}

absl::StatusOr<User> FromProto(const v1::User& user, std::string_view prefix) {
  const auto field = [prefix](std::string_view name) { return std::string(prefix) + "." + std::string(name); };
  User out{.display_name = user.display_name(),
           .email = user.email(),
           .aliases = {user.aliases().begin(), user.aliases().end()},
           .extension = user.extension()};
  for (int i = 0; i < user.phones_size(); ++i) {
    const auto& phone = user.phones(i);
    if (!v1::PhoneKind_IsValid(phone.kind()) || phone.kind() == v1::PHONE_KIND_UNSPECIFIED) {
      return InvalidField(field("phones") + "[" + std::to_string(i) + "].kind", "must be a kind such as BUSINESS");
    }
    out.phones.push_back({static_cast<PhoneKind>(phone.kind() - 1), phone.number()});
  }
  if (!v1::MailboxBinding_IsValid(user.mailbox_binding())) {
    return InvalidField(field("mailbox_binding"), "must be EWS, GRAPH, NONE or unset");
  }
  if (!v1::OutlookUse_IsValid(user.outlook_use())) {
    return InvalidField(field("outlook_use"), "must be AUTO, YES, NO or unset");
  }
  out.mailbox_binding = static_cast<MailboxBinding>(user.mailbox_binding());
  out.outlook_use = static_cast<OutlookUse>(user.outlook_use());
  return out;
}

absl::StatusOr<uint64_t> ParseEtag(const std::string& etag, std::string_view field) {
  uint64_t revision = 0;
  if (etag.empty()) return revision;
  const auto [end, error] = std::from_chars(etag.data(), etag.data() + etag.size(), revision);
  if (error != std::errc() || end != etag.data() + etag.size() || revision == 0) {
    return InvalidField(field, "must be the etag of an earlier answer, or empty");
  }
  return revision;
}

}  // namespace crosspoint::directory
