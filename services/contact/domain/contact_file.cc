#include "contact/domain/contact_file.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/ids/digest.h"
#include "common/status/status.h"
#include "common/text/fold.h"
#include "contact/domain/csv_table.h"
#include "contact/domain/vcard_line.h"

namespace crosspoint::contact {
namespace {

std::string LabelOf(const VcardLine& line) {
  const auto has = [&line](std::string_view type) { return std::ranges::find(line.types, type) != line.types.end(); };
  if (has("fax")) return has("home") ? "home fax" : has("work") ? "business fax" : "other fax";
  if (has("pager")) return "pager";
  if (has("cell") || has("iphone")) return "mobile";
  if (has("car")) return "car";
  if (has("work")) return "business";
  if (has("home")) return "home";
  return line.types.empty() ? "" : "other";
}

std::string Part(const std::vector<std::string>& parts, size_t i) { return i < parts.size() ? parts[i] : ""; }

void TakeLine(const VcardLine& line, FileEntry& entry) {
  auto& facts = entry.facts;
  const auto parts = line.Parts();
  if (line.name == "UID") {
    entry.source_id = line.Text();
  } else if (line.name == "FN") {
    if (facts.display_name.empty()) facts.display_name = line.Text();
  } else if (line.name == "N") {
    facts.family_name = Part(parts, 0);
    facts.given_name = Part(parts, 1);
  } else if (line.name == "ORG") {
    facts.company = Part(parts, 0);
  } else if (line.name == "TITLE") {
    facts.job_title = line.Text();
  } else if (line.name == "EMAIL") {
    facts.emails.push_back(line.Text());
  } else if (line.name == "TEL") {
    auto number = line.Text();
    if (number.starts_with("tel:")) number.erase(0, 4);  // vCard 4.0 may say it as a URI
    facts.phones.push_back({.label = LabelOf(line), .number = std::move(number), .e164 = "", .extension = ""});
  } else if (line.name == "ADR") {
    facts.addresses.push_back(
        {LabelOf(line), Part(parts, 2), Part(parts, 3), Part(parts, 4), Part(parts, 5), Part(parts, 6)});
  }
}

absl::StatusOr<std::vector<FileEntry>> ReadVcards(std::string_view content) {
  std::vector<FileEntry> entries;
  bool inside = false;
  size_t number = 0;
  for (const auto& text : UnfoldedLines(content)) {
    number = text.number;
    const auto line = VcardLine::Read(text.text);
    if (!line) continue;
    if (line->name == "BEGIN" && FoldForSearch(line->value) == "vcard") {
      inside = true;
      entries.push_back({.source_id = "", .facts = {}, .where = "line " + std::to_string(number)});
    } else if (line->name == "END") {
      inside = false;
    } else if (inside && line->name == "VERSION" && line->value != "3.0" && line->value != "4.0") {
      return InvalidField("content", "vCard " + line->value.substr(0, 8) + " in line " + std::to_string(number) +
                                         ": must be 3.0 or 4.0");
    } else if (inside) {
      TakeLine(*line, entries.back());
    }
  }
  return entries;
}

using FieldSetter = void (*)(Facts&, std::string);

template <int kIndex>
Address& AddressAt(Facts& facts) {
  static constexpr const char* kLabels[] = {"business", "home", "other"};
  const auto at = std::ranges::find(facts.addresses, kLabels[kIndex], &Address::label);
  if (at != facts.addresses.end()) return *at;
  return facts.addresses.emplace_back(Address{.label = kLabels[kIndex]});
}

template <int kIndex>
void AddAddressColumns(const std::string& prefix, std::map<std::string, FieldSetter>& columns) {
  columns[prefix + " street"] = [](Facts& facts, std::string text) {
    AddressAt<kIndex>(facts).street = std::move(text);
  };
  columns[prefix + " city"] = [](Facts& facts, std::string text) { AddressAt<kIndex>(facts).city = std::move(text); };
  columns[prefix + " state"] = [](Facts& facts, std::string text) {
    AddressAt<kIndex>(facts).region = std::move(text);
  };
  columns[prefix + " postal code"] = [](Facts& facts, std::string text) {
    AddressAt<kIndex>(facts).postal_code = std::move(text);
  };
  for (const char* const country : {" country/region", " country"}) {
    columns[prefix + country] = [](Facts& facts, std::string text) {
      AddressAt<kIndex>(facts).country = std::move(text);
    };
  }
}

// Columns by their folded names. Telephone columns are those whose name ends with "phone", "fax" or "pager".
const std::map<std::string, FieldSetter>& Columns() {
  static const auto columns = [] {
    const FieldSetter name = [](Facts& facts, std::string text) { facts.display_name = std::move(text); };
    const FieldSetter given = [](Facts& facts, std::string text) { facts.given_name = std::move(text); };
    const FieldSetter family = [](Facts& facts, std::string text) { facts.family_name = std::move(text); };
    const FieldSetter company = [](Facts& facts, std::string text) { facts.company = std::move(text); };
    const FieldSetter title = [](Facts& facts, std::string text) { facts.job_title = std::move(text); };
    const FieldSetter email = [](Facts& facts, std::string text) { facts.emails.push_back(std::move(text)); };
    std::map<std::string, FieldSetter> known = {{"name", name},
                                                {"display name", name},
                                                {"full name", name},
                                                {"first name", given},
                                                {"given name", given},
                                                {"last name", family},
                                                {"family name", family},
                                                {"surname", family},
                                                {"company", company},
                                                {"organization", company},
                                                {"organization name", company},
                                                {"job title", title},
                                                {"title", title},
                                                {"organization title", title},
                                                {"email", email},
                                                {"e-mail", email},
                                                {"e-mail address", email},
                                                {"e-mail 2 address", email},
                                                {"e-mail 3 address", email},
                                                {"email address", email}};
    AddAddressColumns<0>("business", known);
    AddAddressColumns<1>("home", known);
    AddAddressColumns<2>("other", known);
    return known;
  }();
  return columns;
}

// The label of a column of numbers: "Mobile Phone" -> "mobile"; "Phone" -> "other". Nothing for other columns.
std::optional<std::string> PhoneLabel(const std::string& column) {
  if (column == "phone" || column == "telephone") return "other";
  for (const std::string_view end : {" phone", " telephone"}) {
    if (column.ends_with(end)) return column.substr(0, column.size() - end.size());
  }
  if (column.ends_with("fax") || column == "pager" || column == "mobile") return column;
  return std::nullopt;
}

absl::StatusOr<std::vector<FileEntry>> ReadTable(std::string_view content) {
  const auto rows = ReadCsv(content);
  std::vector<FileEntry> entries;
  if (rows.empty()) return entries;
  std::vector<std::string> header;
  bool known = false;
  for (const auto& cell : rows[0].cells) {
    header.push_back(FoldForSearch(cell));
    known = known || Columns().contains(header.back()) || PhoneLabel(header.back());
  }
  if (!known) {
    return InvalidField("content",
                        "must be vCard, or CSV whose first line names columns such as First Name, Last Name, "
                        "E-mail Address, Mobile Phone");
  }
  for (size_t i = 1; i < rows.size(); ++i) {
    FileEntry entry{.source_id = "", .facts = {}, .where = "line " + std::to_string(rows[i].line)};
    for (size_t column = 0; column < std::min(header.size(), rows[i].cells.size()); ++column) {
      const auto& text = rows[i].cells[column];
      if (text.empty()) continue;
      if (const auto setter = Columns().find(header[column]); setter != Columns().end()) {
        setter->second(entry.facts, text);
      } else if (auto label = PhoneLabel(header[column])) {
        entry.facts.phones.push_back({.label = *std::move(label), .number = text, .e164 = "", .extension = ""});
      }
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

// Entries without an id of their own get one made of who they are, so that the same file names the same contacts.
void NameTheNameless(std::vector<FileEntry>& entries) {
  std::map<std::string, int> seen;
  for (auto& entry : entries) {
    if (!entry.source_id.empty() && entry.source_id.size() <= kMaxSourceId) continue;
    const auto& facts = entry.facts;
    const auto who = FoldForSearch(facts.display_name + "|" + facts.given_name + "|" + facts.family_name + "|" +
                                   facts.company + "|" + (facts.emails.empty() ? "" : facts.emails.front()));
    const auto again = ++seen[who];
    entry.source_id = "file:" + Sha256Hex(who + "|" + std::to_string(again)).substr(0, 32);
  }
}

std::string TypeOf(const std::string& label) {
  static const std::map<std::string, std::string, std::less<>> types = {{"mobile", "cell"},
                                                                        {"business", "work"},
                                                                        {"home", "home"},
                                                                        {"pager", "pager"},
                                                                        {"business fax", "\"fax,work\""},
                                                                        {"home fax", "\"fax,home\""},
                                                                        {"other fax", "fax"},
                                                                        {"car", "car"}};
  const auto type = types.find(FoldForSearch(label));
  return type == types.end() ? "" : ";TYPE=" + type->second;
}

}  // namespace

absl::StatusOr<std::vector<FileEntry>> ReadContactFile(std::string_view content) {
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  if (!IsCleanUtf8(content)) return InvalidField("content", "must be UTF-8 text");
  const auto begin = content.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return InvalidField("content", "must not be empty");
  const bool vcard = FoldForSearch(content.substr(begin, 11)) == "begin:vcard";
  CROSSPOINT_ASSIGN_OR_RETURN(auto entries, vcard ? ReadVcards(content) : ReadTable(content));
  if (entries.empty()) return InvalidField("content", "has no entry");
  NameTheNameless(entries);
  return entries;
}

std::string WriteVcard(const Contact& contact) {
  const auto& facts = contact.facts;
  std::string out;
  const auto line = [&out](const std::string& text) { out += Folded(text) + "\r\n"; };
  line("BEGIN:VCARD");
  line("VERSION:4.0");
  line("UID:" + Escaped(contact.source == Source::kFile ? contact.source_id : contact.id));
  line("FN:" + Escaped(facts.display_name));
  if (!facts.family_name.empty() || !facts.given_name.empty()) {
    line("N:" + Escaped(facts.family_name) + ";" + Escaped(facts.given_name) + ";;;");
  }
  if (!facts.company.empty()) line("ORG:" + Escaped(facts.company));
  if (!facts.job_title.empty()) line("TITLE:" + Escaped(facts.job_title));
  for (const auto& email : facts.emails) line("EMAIL:" + Escaped(email));
  for (const auto& phone : facts.phones) line("TEL" + TypeOf(phone.label) + ":" + Escaped(phone.number));
  for (const auto& address : facts.addresses) {
    line("ADR" + TypeOf(address.label) + ":;;" + Escaped(address.street) + ";" + Escaped(address.city) + ";" +
         Escaped(address.region) + ";" + Escaped(address.postal_code) + ";" + Escaped(address.country));
  }
  line("END:VCARD");
  return out;
}

}  // namespace crosspoint::contact
