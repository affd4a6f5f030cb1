#include "ctl/input/contact_rows.h"

#include <fmt/format.h>

#include <istream>
#include <map>

#include "common/ids/digest.h"
#include "common/status/status.h"

namespace crosspoint::ctl {
namespace {

constexpr std::string_view kPhoneColumns[][2] = {
    {"business_phone", "business"}, {"mobile_phone", "mobile"}, {"home_phone", "home"}, {"other_phone", "other"}};

ContactRow FromValues(const CsvTable::Row& values) {
  ContactRow row;
  row.line = values.line;
  row.source_id = values.Get("source_id");
  row.display_name = values.Get("display_name");
  row.emails = SplitValues(values.Get("emails"));
  for (const auto& [column, label] : kPhoneColumns) {
    auto number = values.Get(column);
    if (!number.empty()) row.phones.emplace_back(label, std::move(number));
  }
  row.company = values.Get("company");
  if (row.source_id.empty()) {
    const auto& first = row.emails.empty() ? (row.phones.empty() ? "" : row.phones[0].second) : row.emails[0];
    row.source_id = "csv-" + Sha256Hex(LowerAscii(row.display_name) + "\n" + LowerAscii(first)).substr(0, 24);
  }
  return row;
}

}  // namespace

const std::vector<std::string>& ContactColumns() {
  static const std::vector<std::string> columns{"source_id",    "display_name", "emails",      "business_phone",
                                                "mobile_phone", "home_phone",   "other_phone", "company"};
  return columns;
}

absl::StatusOr<ContactFile> ReadContactFile(std::istream& in) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto table, CsvTable::Open(in, ContactColumns(), {"display_name"}));
  ContactFile file;
  std::map<std::string, size_t> ids;
  for (;;) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto values, table.Next());
    if (!values) return file;
    auto row = FromValues(*values);
    if (row.display_name.empty()) {
      file.problems.push_back({row.line, "display_name is missing"});
      continue;
    }
    const auto [first, fresh] = ids.emplace(row.source_id, row.line);
    if (!fresh) {
      file.problems.push_back({row.line, fmt::format("the same contact stands in line {} already", first->second)});
      continue;
    }
    file.rows.push_back(std::move(row));
  }
}

std::string UploadId(const std::string& parent, const ContactFile& file) {
  std::string text = parent;
  const auto add = [&text](const std::string& part) { text += fmt::format("{}:{};", part.size(), part); };
  for (const auto& row : file.rows) {
    add(row.source_id);
    add(row.display_name);
    for (const auto& email : row.emails) add("e" + email);
    for (const auto& [label, number] : row.phones) add(label + number);
    add("c" + row.company);
  }
  return "ctl-" + Sha256Hex(text).substr(0, 32);
}

}  // namespace crosspoint::ctl
