#include "contact/api/convert.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cctype>
#include <charconv>

#include "common/ids/digest.h"
#include "common/status/status.h"

namespace crosspoint::contact {
namespace {

namespace v1 = ::crosspoint::contact::v1;

void SetTime(int64_t micros, google::protobuf::Timestamp& time) {
  time.set_seconds(micros / 1'000'000);
  time.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1'000));
}

}  // namespace

v1::ContactSource ToProto(Source source) { return static_cast<v1::ContactSource>(static_cast<int>(source) + 1); }

v1::Contact ToProto(const UserId& owner, const Contact& contact) {
  v1::Contact out;
  out.set_name(ContactId{owner, contact.id}.Name());
  const auto& facts = contact.facts;
  out.set_display_name(facts.display_name);
  out.set_given_name(facts.given_name);
  out.set_family_name(facts.family_name);
  out.set_company(facts.company);
  out.set_job_title(facts.job_title);
  for (const auto& email : facts.emails) out.add_emails(email);
  for (const auto& phone : facts.phones) {
    auto& one = *out.add_phones();
    one.set_label(phone.label);
    one.set_number(phone.number);
    one.set_e164(phone.e164);
    one.set_extension(phone.extension);
  }
  for (const auto& address : facts.addresses) {
    auto& one = *out.add_addresses();
    one.set_label(address.label);
    one.set_street(address.street);
    one.set_city(address.city);
    one.set_region(address.region);
    one.set_postal_code(address.postal_code);
    one.set_country(address.country);
  }
  out.set_source(ToProto(contact.source));
  out.set_source_id(contact.source_id);
  out.set_etag(EtagOf(contact));
  SetTime(contact.create_time_us, *out.mutable_create_time());
  SetTime(contact.update_time_us, *out.mutable_update_time());
  return out;
}

v1::MailboxSync ToProto(const UserId& user, const SyncPoint& point) {
  v1::MailboxSync out;
  out.set_user(user.Name());
  if (point.sync_time_us > 0) SetTime(point.sync_time_us, *out.mutable_sync_time());
  out.set_linked_contacts(point.linked);
  out.set_problem(point.problem);
  out.set_held_deletions(point.held);
  return out;
}

v1::UploadContactsResponse ResultOf(const Upload& upload) {
  v1::UploadContactsResponse out;
  out.set_created(upload.counts.created);
  out.set_updated(upload.counts.updated);
  out.set_deleted(upload.counts.deleted);
  out.set_unchanged(upload.counts.unchanged);
  out.set_refused(upload.refused);
  for (const auto& refusal : upload.refusals) {
    auto& one = *out.add_refusals();
    one.set_index(refusal.index);
    one.set_source_id(refusal.source_id);
    one.set_field(refusal.field);
    one.set_message(refusal.message);
  }
  return out;
}

Facts FromProto(const v1::Contact& contact) {
  Facts facts{.display_name = contact.display_name(),
              .given_name = contact.given_name(),
              .family_name = contact.family_name(),
              .company = contact.company(),
              .job_title = contact.job_title(),
              .emails = {contact.emails().begin(), contact.emails().end()},
              .phones = {},
              .addresses = {}};
  for (const auto& phone : contact.phones()) {
    facts.phones.push_back({.label = phone.label(), .number = phone.number(), .e164 = "", .extension = ""});
  }
  for (const auto& address : contact.addresses()) {
    facts.addresses.push_back({address.label(), address.street(), address.city(), address.region(),
                               address.postal_code(), address.country()});
  }
  return facts;
}

absl::StatusOr<Source> UploadSource(v1::ContactSource source, const std::string& field) {
  switch (source) {
    case v1::CONTACT_SOURCE_OUTLOOK:
      return Source::kOutlook;
    case v1::CONTACT_SOURCE_APPLE:
      return Source::kApple;
    case v1::CONTACT_SOURCE_FILE:
      return Source::kFile;
    default:
      return InvalidField(field, "must be OUTLOOK, APPLE or FILE: contacts of a mailbox are read there");
  }
}

absl::StatusOr<std::optional<Source>> SourceFilter(v1::ContactSource source, const std::string& field) {
  if (source == v1::CONTACT_SOURCE_UNSPECIFIED) return std::optional<Source>();
  if (!v1::ContactSource_IsValid(source)) {
    return InvalidField(field, "must be OWN, OUTLOOK, APPLE, EXCHANGE, FILE or unset");
  }
  return std::optional(static_cast<Source>(source - 1));
}

std::string EtagOf(const Contact& contact) { return std::to_string(contact.edition); }

absl::StatusOr<uint64_t> ParseEtag(const std::string& etag, const std::string& field) {
  uint64_t edition = 0;
  if (etag.empty()) return edition;
  const auto [end, error] = std::from_chars(etag.data(), etag.data() + etag.size(), edition);
  if (error != std::errc() || end != etag.data() + etag.size() || edition == 0) {
    return InvalidField(field, "must be the etag of an earlier answer, or empty");
  }
  return edition;
}

absl::Status CheckRequestId(const std::string& request_id) {
  bool good = request_id.empty() || request_id.size() == 36;
  for (size_t i = 0; good && i < request_id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    good = dash ? request_id[i] == '-' : std::isxdigit(static_cast<unsigned char>(request_id[i])) != 0;
  }
  if (good) return absl::OkStatus();
  return InvalidField("request_id", "must be a UUID, e.g. 4f1c1d0e-9f0b-4c52-8f8e-0a8f7c1d2e3f");
}

std::string Fingerprint(const google::protobuf::Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

}  // namespace crosspoint::contact
