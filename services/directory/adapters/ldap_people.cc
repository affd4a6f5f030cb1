#include "directory/adapters/ldap_people.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "common/ids/digest.h"
#include "common/text/fold.h"

namespace crosspoint::directory {
namespace {

using ldap::Filter;

constexpr size_t kMostWords = 8;
constexpr size_t kMaxText = 1024;
constexpr size_t kMaxEmails = 64;
constexpr size_t kMaxPicture = 4u << 20;
constexpr int kSmallPicture = 96;  // thumbnailPhoto has this edge by convention

constexpr std::pair<const char*, PhoneKind> kPhones[] = {{"telephonenumber", PhoneKind::kBusiness},
                                                         {"othertelephone", PhoneKind::kBusiness},
                                                         {"mobile", PhoneKind::kMobile},
                                                         {"homephone", PhoneKind::kHome},
                                                         {"facsimiletelephonenumber", PhoneKind::kFax},
                                                         {"pager", PhoneKind::kPager}};

// The first clean value of the first attribute that has one.
std::string Text(const ldap::LdapEntry& entry, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    for (const auto& value : entry.All(name)) {
      if (!value.empty() && value.size() <= kMaxText && IsCleanUtf8(value)) return value;
    }
  }
  return "";
}

void AddEmail(std::string_view email, std::vector<std::string>& emails) {
  const auto folded = FoldEmail(email);
  const auto known = [&](const std::string& other) { return FoldEmail(other) == folded; };
  if (IsEmail(email) && emails.size() < kMaxEmails && std::ranges::none_of(emails, known)) emails.emplace_back(email);
}

// Active Directory's "SMTP:ada@corp.example" (primary) and "smtp:alias@corp.example".
std::vector<std::string> Emails(const ldap::LdapEntry& entry) {
  std::vector<std::string> emails;
  for (const auto& value : entry.All("proxyaddresses")) {
    if (value.starts_with("SMTP:")) AddEmail(std::string_view(value).substr(5), emails);
  }
  for (const char* name : {"mail", "mailalternateaddress"}) {
    for (const auto& value : entry.All(name)) AddEmail(value, emails);
  }
  for (const auto& value : entry.All("proxyaddresses")) {
    if (value.starts_with("smtp:")) AddEmail(std::string_view(value).substr(5), emails);
  }
  return emails;
}

}  // namespace

const std::vector<std::string>& PeopleAttributes() {
  static const std::vector<std::string> kNames = {"cn",
                                                  "displayName",
                                                  "mail",
                                                  "mailAlternateAddress",
                                                  "proxyAddresses",
                                                  "telephoneNumber",
                                                  "otherTelephone",
                                                  "mobile",
                                                  "homePhone",
                                                  "facsimileTelephoneNumber",
                                                  "pager",
                                                  "department",
                                                  "departmentNumber",
                                                  "ou",
                                                  "title",
                                                  "company",
                                                  "o",
                                                  "physicalDeliveryOfficeName",
                                                  "roomNumber"};
  return kNames;
}

std::optional<CorporateEntry> EntryOf(const ldap::LdapEntry& entry) {
  CorporateEntry out{.display_name = Text(entry, {"displayname", "cn"}),
                     .emails = Emails(entry),
                     .department = Text(entry, {"department", "departmentnumber", "ou"}),
                     .title = Text(entry, {"title"}),
                     .company = Text(entry, {"company", "o"}),
                     .office = Text(entry, {"physicaldeliveryofficename", "roomnumber"})};
  if (out.display_name.empty()) return std::nullopt;
  for (const auto& [name, kind] : kPhones) {
    for (const auto& number : entry.All(name)) {
      if (!number.empty() && number.size() <= 64 && IsCleanUtf8(number)) out.phones.push_back({kind, number});
    }
  }
  return out;
}

Filter MatchesQuery(std::string_view query) {
  std::istringstream words{std::string(query)};
  std::vector<Filter> all;
  for (std::string word; all.size() < kMostWords && words >> word;) {
    all.push_back(Filter::Or({Filter::BeginsWith("displayName", word), Filter::Contains("displayName", " " + word),
                              Filter::BeginsWith("cn", word), Filter::Contains("cn", " " + word),
                              Filter::BeginsWith("sn", word), Filter::BeginsWith("givenName", word),
                              Filter::BeginsWith("mail", word), Filter::BeginsWith("mailAlternateAddress", word),
                              Filter::BeginsWith("proxyAddresses", "smtp:" + word)}));
  }
  return Filter::And(all);
}

Filter HasAddress(std::string_view email) {
  return Filter::Or({Filter::Equal("mail", email), Filter::Equal("mailAlternateAddress", email),
                     Filter::Equal("proxyAddresses", "smtp:" + std::string(email))});
}

const std::vector<std::string>& PictureAttributes() {
  static const std::vector<std::string> kNames = {"thumbnailPhoto", "jpegPhoto"};
  return kNames;
}

std::optional<Picture> PictureOf(const ldap::LdapEntry& entry, int size) {
  std::vector<const char*> names = {"thumbnailphoto", "jpegphoto"};
  if (size > kSmallPicture) std::swap(names[0], names[1]);
  for (const char* name : names) {
    for (const auto& bytes : entry.All(name)) {
      const bool jpeg = bytes.starts_with("\xFF\xD8\xFF");
      const bool png = bytes.starts_with("\x89PNG\r\n");
      if ((!jpeg && !png) || bytes.size() > kMaxPicture) continue;
      return Picture{Sha256Hex(bytes).substr(0, 32), jpeg ? "image/jpeg" : "image/png", bytes};
    }
  }
  return std::nullopt;
}

}  // namespace crosspoint::directory
