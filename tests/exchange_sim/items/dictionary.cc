#include "exchange_sim/items/dictionary.h"

#include <algorithm>
#include <span>

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kPhones[] = {"AssistantPhone",
                                        "BusinessFax",
                                        "BusinessPhone",
                                        "BusinessPhone2",
                                        "Callback",
                                        "CarPhone",
                                        "CompanyMainPhone",
                                        "HomeFax",
                                        "HomePhone",
                                        "HomePhone2",
                                        "Isdn",
                                        "MobilePhone",
                                        "OtherFax",
                                        "OtherTelephone",
                                        "Pager",
                                        "PrimaryPhone",
                                        "RadioPhone",
                                        "Telex",
                                        "TtyTddPhone",
                                        "BusinessMobile",
                                        "IPPhone",
                                        "Mms",
                                        "Msn"};
constexpr std::string_view kEmails[] = {"EmailAddress1", "EmailAddress2", "EmailAddress3"};
constexpr std::string_view kIms[] = {"ImAddress1", "ImAddress2", "ImAddress3"};
constexpr std::string_view kPlaces[] = {"Home", "Business", "Other"};
constexpr std::string_view kPlaceParts[] = {"Street", "City", "State", "CountryOrRegion", "PostalCode"};

struct Dictionary {
  std::string_view element;
  std::string_view uri;  // of one entry
  std::span<const std::string_view> keys;
  std::span<const std::string_view> parts;  // empty: an entry is one text
};
constexpr Dictionary kDictionaries[] = {
    {"EmailAddresses", "contacts:EmailAddress", kEmails, {}},
    {"PhysicalAddresses", "contacts:PhysicalAddress", kPlaces, kPlaceParts},
    {"PhoneNumbers", "contacts:PhoneNumber", kPhones, {}},
    {"ImAddresses", "contacts:ImAddress", kIms, {}},
};

const Dictionary* Find(std::string_view element) {
  const auto found = std::find_if(std::begin(kDictionaries), std::end(kDictionaries),
                                  [&](const Dictionary& d) { return d.element == element; });
  return found == std::end(kDictionaries) ? nullptr : found;
}

bool Has(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Only the key of what was sent: the server computes the other attributes of an e-mail address itself.
std::string EntryXml(std::string_view key, std::string_view text, bool email) {
  XmlWriter out;
  out.Open("t:Entry").Attribute("Key", key);
  if (email) out.Attribute("Name", text).Attribute("RoutingType", "SMTP").Attribute("MailboxType", "Contact");
  out.Text(text).Close();
  return out.Take();
}

}  // namespace

bool IsDictionary(std::string_view element) { return Find(element) != nullptr; }

absl::Status SetEntries(Properties& properties, pugi::xml_node node, uint32_t version) {
  const Dictionary& dictionary = *Find(LocalName(node));
  for (const pugi::xml_node entry : node.children("t:Entry")) {
    const std::string key = entry.attribute("Key").value();
    if (!Has(dictionary.keys, key)) {
      return SchemaError(fmt::format("The 'Key' attribute is invalid - The value '{}' is invalid.", key));
    }
    const std::string name = fmt::format("{}/{}", dictionary.element, key);
    if (dictionary.parts.empty()) {
      const std::string_view text = entry.text().get();
      properties[name] = {EntryXml(key, text, dictionary.element == "EmailAddresses"), version};
    }
    for (const pugi::xml_node part : Elements(entry)) {
      const std::string part_name(LocalName(part));
      if (!Has(dictionary.parts, part_name)) return SchemaError("The element '" + part_name + "' has an invalid name.");
      properties[name + "/" + part_name] = {Fragment(part), version};
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> EntryOf(pugi::xml_node path) {
  const std::string_view uri = path.attribute("FieldURI").value();
  const std::string_view key = path.attribute("FieldIndex").value();
  for (const Dictionary& dictionary : kDictionaries) {
    if (!uri.starts_with(dictionary.uri)) continue;
    const std::string_view part = uri.substr(std::min(uri.size(), dictionary.uri.size() + 1));
    if (!Has(dictionary.keys, key) || (part.empty() != dictionary.parts.empty())) break;
    if (part.empty()) return fmt::format("{}/{}", dictionary.element, key);
    if (Has(dictionary.parts, part)) return fmt::format("{}/{}/{}", dictionary.element, key, part);
  }
  return EwsError("ErrorInvalidPropertyRequest", "Property is not valid for this object type.");
}

void WriteDictionary(XmlWriter& out, const ItemView& view, std::string_view element,
                     const std::set<std::string>* only) {
  const Dictionary& dictionary = *Find(element);
  std::string entries;
  const auto value = [&](const std::string& name) {
    return only == nullptr || only->contains(name) ? view.PropertyXml(name) : std::string();
  };
  for (const std::string_view key : dictionary.keys) {
    const std::string name = fmt::format("{}/{}", element, key);
    std::string entry = value(name);
    std::string parts;
    for (const std::string_view part : dictionary.parts) parts += value(fmt::format("{}/{}", name, part));
    if (!parts.empty()) entry = fmt::format("<t:Entry Key=\"{}\">{}</t:Entry>", key, parts);
    entries += entry;
  }
  if (!entries.empty()) out.Open(fmt::format("t:{}", element)).Raw(entries).Close();
}

}  // namespace crosspoint::exchange_sim
