#include "contact/api/contact_mask.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::contact {
namespace {

using Setter = void (*)(const Facts&, Facts&);

constexpr std::pair<std::string_view, Setter> kFields[] = {
    {"display_name", [](const Facts& from, Facts& to) { to.display_name = from.display_name; }},
    {"given_name", [](const Facts& from, Facts& to) { to.given_name = from.given_name; }},
    {"family_name", [](const Facts& from, Facts& to) { to.family_name = from.family_name; }},
    {"company", [](const Facts& from, Facts& to) { to.company = from.company; }},
    {"job_title", [](const Facts& from, Facts& to) { to.job_title = from.job_title; }},
    {"emails", [](const Facts& from, Facts& to) { to.emails = from.emails; }},
    {"phones", [](const Facts& from, Facts& to) { to.phones = from.phones; }},
    {"addresses", [](const Facts& from, Facts& to) { to.addresses = from.addresses; }},
};

}  // namespace

absl::StatusOr<ContactMask> ContactMask::Parse(const google::protobuf::FieldMask& mask) {
  ContactMask out;
  for (const auto& path : mask.paths()) {
    if (std::ranges::none_of(kFields, [&](const auto& field) { return field.first == path; })) {
      return InvalidField("update_mask", "'" + path +
                                             "' cannot be set; display_name, given_name, family_name, company, "
                                             "job_title, emails, phones and addresses can");
    }
    out.paths_.push_back(path);
  }
  return out;
}

void ContactMask::Apply(const Facts& wanted, Facts& facts) const {
  for (const auto& [name, set] : kFields) {
    if (paths_.empty() || std::ranges::find(paths_, name) != paths_.end()) set(wanted, facts);
  }
}

}  // namespace crosspoint::contact
