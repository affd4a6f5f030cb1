#include "contact/domain/contact.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "common/text/fold.h"

namespace crosspoint::contact {
namespace {

constexpr std::pair<Source, std::string_view> kNames[] = {{Source::kOwn, "own"},
                                                          {Source::kOutlook, "outlook"},
                                                          {Source::kApple, "apple"},
                                                          {Source::kExchange, "exchange"},
                                                          {Source::kFile, "file"}};
constexpr size_t kMaxName = 256;
constexpr size_t kMaxNamePart = 128;
constexpr size_t kMaxLabel = 64;
constexpr size_t kMaxEmail = 254;
constexpr size_t kMaxEmails = 16;
constexpr size_t kMaxPhones = 20;
constexpr size_t kMaxAddresses = 8;

enum class Lines { kOne, kMany };

absl::Status Tidy(std::string& text, size_t max_bytes, const std::string& field, Lines lines = Lines::kOne) {
  if (!IsCleanUtf8(text)) return InvalidField(field, "must be UTF-8 text without control characters");
  for (char& c : text) {
    if (c == '\t' || c == '\r' || (c == '\n' && lines == Lines::kOne)) c = ' ';
  }
  const auto blank = [](char c) { return c == ' ' || c == '\n'; };
  text.erase(std::find_if_not(text.rbegin(), text.rend(), blank).base(), text.end());
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
  if (text.size() > max_bytes) return InvalidField(field, "must be at most " + std::to_string(max_bytes) + " bytes");
  return absl::OkStatus();
}

template <class Each>
absl::Status CheckCount(const std::vector<Each>& list, size_t most, const std::string& field) {
  if (list.size() > most) return InvalidField(field, "must be at most " + std::to_string(most));
  return absl::OkStatus();
}

std::string At(const std::string& field, size_t i) { return field + "[" + std::to_string(i) + "]"; }

absl::Status CompletePhone(Phone& phone, std::string_view region, const std::string& field) {
  CROSSPOINT_RETURN_IF_ERROR(Tidy(phone.label, kMaxLabel, field + ".label"));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(phone.number, phone::kMaxTypedNumber, field + ".number"));
  phone.e164.clear();
  phone.extension.clear();
  if (phone.number.empty()) return absl::OkStatus();
  const auto parsed = PublicNumber(phone.number, region);
  if (!parsed) return absl::OkStatus();  // kept as typed
  phone.e164 = parsed->e164;
  phone.extension = parsed->extension;
  return absl::OkStatus();
}

absl::Status CompleteAddress(Address& address, const std::string& field) {
  CROSSPOINT_RETURN_IF_ERROR(Tidy(address.label, kMaxLabel, field + ".label"));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(address.street, kMaxName, field + ".street", Lines::kMany));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(address.city, kMaxName, field + ".city"));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(address.region, kMaxName, field + ".region"));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(address.postal_code, kMaxName, field + ".postal_code"));
  return Tidy(address.country, kMaxName, field + ".country");
}

std::string MadeName(const Facts& facts) {
  auto name = facts.given_name;
  if (!name.empty() && !facts.family_name.empty()) name += ' ';
  name += facts.family_name;
  if (name.empty()) name = facts.company;
  if (name.empty() && !facts.emails.empty()) name = facts.emails.front();
  if (name.empty() && !facts.phones.empty()) name = facts.phones.front().number;
  return name;
}

}  // namespace

std::string_view SourceName(Source source) {
  for (const auto& [each, name] : kNames) {
    if (each == source) return name;
  }
  return "";
}

std::optional<Source> ParseSource(std::string_view name) {
  for (const auto& [source, each] : kNames) {
    if (each == name) return source;
  }
  return std::nullopt;
}

std::optional<phone::PhoneNumber> PublicNumber(std::string_view typed, std::string_view region) {
  const auto first = typed.find_first_not_of(" \t(");
  const bool international = first != std::string_view::npos && typed[first] == '+';
  if (!international && phone::DigitsOf(typed).size() <= kMaxInternalDigits) return std::nullopt;
  auto parsed = phone::ParseNumber(typed, region);
  if (!parsed.ok()) return std::nullopt;
  return *std::move(parsed);
}

bool IsEditable(Source source) { return source != Source::kOutlook && source != Source::kApple; }

absl::StatusOr<ContactId> ContactId::Parse(std::string_view name, std::string_view field) {
  constexpr std::string_view kMiddle = "/contacts/";
  const auto at = name.rfind(kMiddle);
  if (at != std::string_view::npos && IsValidSegment(name.substr(at + kMiddle.size()))) {
    if (auto owner = UserId::Parse(name.substr(0, at), field); owner.ok()) {
      return ContactId{*std::move(owner), std::string(name.substr(at + kMiddle.size()))};
    }
  }
  return InvalidField(field, "must be tenants/{tenant}/users/{user}/contacts/{contact}");
}

absl::Status Complete(Facts& facts, std::string_view region, const std::string& field) {
  const auto below = [&field](std::string_view name) {
    return field.empty() ? std::string(name) : field + "." + std::string(name);
  };
  CROSSPOINT_RETURN_IF_ERROR(Tidy(facts.display_name, kMaxName, below("display_name")));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(facts.given_name, kMaxNamePart, below("given_name")));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(facts.family_name, kMaxNamePart, below("family_name")));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(facts.company, kMaxName, below("company")));
  CROSSPOINT_RETURN_IF_ERROR(Tidy(facts.job_title, kMaxName, below("job_title")));
  CROSSPOINT_RETURN_IF_ERROR(CheckCount(facts.emails, kMaxEmails, below("emails")));
  for (size_t i = 0; i < facts.emails.size(); ++i) {
    CROSSPOINT_RETURN_IF_ERROR(Tidy(facts.emails[i], kMaxEmail, At(below("emails"), i)));
  }
  CROSSPOINT_RETURN_IF_ERROR(CheckCount(facts.phones, kMaxPhones, below("phones")));
  for (size_t i = 0; i < facts.phones.size(); ++i) {
    CROSSPOINT_RETURN_IF_ERROR(CompletePhone(facts.phones[i], region, At(below("phones"), i)));
  }
  CROSSPOINT_RETURN_IF_ERROR(CheckCount(facts.addresses, kMaxAddresses, below("addresses")));
  for (size_t i = 0; i < facts.addresses.size(); ++i) {
    CROSSPOINT_RETURN_IF_ERROR(CompleteAddress(facts.addresses[i], At(below("addresses"), i)));
  }
  std::erase_if(facts.emails, [](const std::string& email) { return email.empty(); });
  std::erase_if(facts.phones, [](const Phone& phone) { return phone.number.empty(); });
  std::erase_if(facts.addresses, [](const Address& address) { return address == Address{.label = address.label}; });
  if (facts.display_name.empty()) facts.display_name = MadeName(facts);
  if (facts.display_name.empty()) {
    return InvalidField(below("display_name"), "must be given when there is neither name, company, e-mail nor number");
  }
  return absl::OkStatus();
}

absl::Status CheckSourceId(const std::string& source_id, const std::string& field) {
  if (source_id.empty() || source_id.size() > kMaxSourceId || !IsCleanUtf8(source_id)) {
    return InvalidField(field, "must be the source's own id, 1 to 512 bytes of text");
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::contact
