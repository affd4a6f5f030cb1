#include "directory/adapters/ews_people.h"

#include <map>
#include <utility>

namespace crosspoint::directory {
namespace {

PhoneKind KindOf(const std::string& kind) {
  static const std::map<std::string, PhoneKind> kKinds = {{"BusinessPhone", PhoneKind::kBusiness},
                                                          {"BusinessPhone2", PhoneKind::kBusiness},
                                                          {"CompanyMainPhone", PhoneKind::kBusiness},
                                                          {"PrimaryPhone", PhoneKind::kBusiness},
                                                          {"MobilePhone", PhoneKind::kMobile},
                                                          {"CarPhone", PhoneKind::kMobile},
                                                          {"HomePhone", PhoneKind::kHome},
                                                          {"HomePhone2", PhoneKind::kHome},
                                                          {"BusinessFax", PhoneKind::kFax},
                                                          {"HomeFax", PhoneKind::kFax},
                                                          {"OtherFax", PhoneKind::kFax},
                                                          {"Pager", PhoneKind::kPager},
                                                          {"AssistantPhone", PhoneKind::kAssistant}};
  const auto it = kKinds.find(kind);
  return it == kKinds.end() ? PhoneKind::kOther : it->second;
}

std::vector<Phone> PhonesOf(std::vector<ews::Phone> phones) {
  std::vector<Phone> out;
  for (auto& phone : phones) {
    if (!phone.number.empty()) out.push_back({KindOf(phone.kind), std::move(phone.number)});
  }
  return out;
}

}  // namespace

CorporateEntry EntryOf(ews::ResolvedName name) {
  CorporateEntry entry{.display_name = name.display_name.empty() ? name.mailbox.name : std::move(name.display_name),
                       .emails = std::move(name.emails),
                       .phones = PhonesOf(std::move(name.phones)),
                       .department = std::move(name.department),
                       .title = std::move(name.job_title),
                       .company = std::move(name.company),
                       .office = std::move(name.office)};
  if (entry.emails.empty() && !name.mailbox.email.empty() && name.mailbox.routing_type != "EX") {
    entry.emails.push_back(name.mailbox.email);
  }
  return entry;
}

CorporateEntry EntryOf(ews::Person person) {
  return {.display_name = std::move(person.display_name),
          .emails = std::move(person.emails),
          .phones = PhonesOf(std::move(person.phones)),
          .department = std::move(person.department),
          .title = std::move(person.job_title),
          .company = std::move(person.company),
          .office = std::move(person.office)};
}

CorporateEntry EntryOf(ews::Contact contact) {
  CorporateEntry entry{.display_name = contact.display_name.empty() ? contact.file_as : std::move(contact.display_name),
                       .emails = {},
                       .phones = PhonesOf(std::move(contact.phones)),
                       .department = std::move(contact.department),
                       .title = std::move(contact.job_title),
                       .company = std::move(contact.company),
                       .office = std::move(contact.office)};
  for (auto& email : contact.emails) {
    if (!email.address.empty() && email.routing_type != "EX") entry.emails.push_back(std::move(email.address));
  }
  return entry;
}

}  // namespace crosspoint::directory
