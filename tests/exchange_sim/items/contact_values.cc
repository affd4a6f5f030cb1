#include <algorithm>

#include "exchange_sim/items/dictionary.h"
#include "exchange_sim/items/value_writers.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

std::string Joined(std::initializer_list<std::string> parts, std::string_view between = " ") {
  std::string out;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

std::string FullName(const ItemView& v) {
  return Joined({v.PropertyText("GivenName"), v.PropertyText("MiddleName"), v.PropertyText("Surname"),
                 v.PropertyText("Generation")});
}

// What FileAs says when the client left its making to the server.
std::string FileAs(const ItemView& v) {
  const std::string set = v.PropertyText("FileAs");
  const std::string mapping = v.PropertyText("FileAsMapping");
  const std::string given = v.PropertyText("GivenName");
  const std::string company = v.PropertyText("CompanyName");
  const std::string first = Joined({given, v.PropertyText("MiddleName")});
  const std::string reversed = Joined({v.PropertyText("Surname"), first}, ", ");
  if (mapping == "LastCommaFirst" || mapping == "LastFirst" || mapping == "LastSpaceFirst") {
    return mapping == "LastCommaFirst" ? reversed : Joined({v.PropertyText("Surname"), first});
  }
  if (mapping == "FirstSpaceLast") return Joined({first, v.PropertyText("Surname")});
  if (mapping == "Company") return company;
  if (mapping == "LastCommaFirstCompany") return Joined({reversed, company}, "\r\n");
  if (mapping == "CompanyLastCommaFirst") return Joined({company, reversed}, "\r\n");
  return set;
}

std::string DisplayName(const ItemView& v) {
  const std::string set = v.PropertyText("DisplayName");
  return set.empty() ? FullName(v) : set;
}

void WriteCompleteName(XmlWriter& out, const ItemView& v) {
  const auto leaf = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out.Leaf(name, value);
  };
  out.Open("t:CompleteName");
  leaf("t:FirstName", v.PropertyText("GivenName"));
  leaf("t:MiddleName", v.PropertyText("MiddleName"));
  leaf("t:LastName", v.PropertyText("Surname"));
  leaf("t:Suffix", v.PropertyText("Generation"));
  leaf("t:Initials", v.PropertyText("Initials"));
  leaf("t:FullName", FullName(v).empty() ? DisplayName(v) : FullName(v));
  leaf("t:Nickname", v.PropertyText("Nickname"));
  out.Close();
}

ValueWriter Computed(std::string_view element, std::string (*value)(const ItemView&)) {
  return [name = fmt::format("t:{}", element), value](XmlWriter& out, const ItemView& v) {
    if (const std::string text = value(v); !text.empty()) out.Leaf(name, text);
  };
}

}  // namespace

void AddContactWriters(ValueWriters& w) {
  w["FileAs"] = Computed("FileAs", FileAs);
  w["DisplayName"] = Computed("DisplayName", DisplayName);
  w["CompleteName"] = WriteCompleteName;
  w["ContactSource"] = ConstantValue("ContactSource", "Store");
  w["PostalAddressIndex"] = DefaultValue("PostalAddressIndex", "None");
  w["HasPicture"] = [](XmlWriter& out, const ItemView& v) {
    const auto& all = v.item->attachments;
    const auto is_photo = [](const Attachment& attachment) { return attachment.is_contact_photo; };
    out.Flag("t:HasPicture", std::any_of(all.begin(), all.end(), is_photo));
  };
  for (const std::string_view element : {"EmailAddresses", "PhysicalAddresses", "PhoneNumbers", "ImAddresses"}) {
    w[element] = [element](XmlWriter& out, const ItemView& v) { WriteDictionary(out, v, element); };
  }
}

}  // namespace crosspoint::exchange_sim
