#include "ctl/input/user_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <map>
#include <optional>

#include "common/ids/digest.h"
#include "common/status/status.h"

namespace crosspoint::ctl {
namespace {

constexpr std::string_view kPhoneColumns[][2] = {
    {"business_phone", "business"}, {"mobile_phone", "mobile"}, {"home_phone", "home"}};

bool LooksLikeAddress(const std::string& text) {
  const auto at = text.find('@');
  return at != std::string::npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == std::string::npos &&
         text.find_first_of(" \t<>\"") == std::string::npos;
}

bool LooksLikeExtension(const std::string& text) {
  return text.size() <= 16 && text.find_first_not_of("0123456789*#") == std::string::npos;
}

bool OneOf(const std::string& text, std::initializer_list<std::string_view> words) {
  return text.empty() || std::find(words.begin(), words.end(), text) != words.end();
}

// What the row says wrongly by itself.
std::optional<std::string> ProblemOf(const UserRow& row) {
  if (row.display_name.empty()) return "display_name is missing";
  if (!row.email.empty() && !LooksLikeAddress(row.email)) {
    return fmt::format("email: \"{}\" is no address", row.email);
  }
  for (const auto& alias : row.aliases) {
    if (!LooksLikeAddress(alias)) return fmt::format("aliases: \"{}\" is no address", alias);
  }
  if (!LooksLikeExtension(row.extension)) {
    return fmt::format("extension: \"{}\": 1 to 16 of 0-9, * and #", row.extension);
  }
  if (!OneOf(row.mailbox, {"ews", "graph", "none"})) {
    return fmt::format("mailbox: \"{}\": ews, graph, none or empty", row.mailbox);
  }
  if (!OneOf(row.outlook, {"auto", "yes", "no"})) {
    return fmt::format("outlook: \"{}\": auto, yes, no or empty", row.outlook);
  }
  return std::nullopt;
}

// Where each value that must be unique stood first.
class Seen {
 public:
  std::optional<std::string> Take(const UserRow& row) {
    std::vector<std::string> keys;
    if (!row.email.empty()) keys.push_back("email " + LowerAscii(row.email));
    for (const auto& alias : row.aliases) keys.push_back("email " + LowerAscii(alias));
    if (!row.extension.empty()) keys.push_back("extension " + row.extension);
    for (const auto& key : keys) {
      const auto found = lines_.find(key);
      if (found != lines_.end() && found->second != row.line) {
        return fmt::format("{} stands in line {} already", key, found->second);
      }
    }
    for (auto& key : keys) lines_[std::move(key)] = row.line;
    return std::nullopt;
  }

 private:
  std::map<std::string, size_t> lines_;
};

UserRow FromValues(const CsvTable::Row& values) {
  UserRow row;
  row.line = values.line;
  row.display_name = values.Get("display_name");
  row.email = values.Get("email");
  row.aliases = SplitValues(values.Get("aliases"));
  row.extension = values.Get("extension");
  for (const auto& [column, kind] : kPhoneColumns) {
    auto number = values.Get(column);
    if (!number.empty()) row.phones.emplace_back(kind, std::move(number));
  }
  row.mailbox = LowerAscii(values.Get("mailbox"));
  row.outlook = LowerAscii(values.Get("outlook"));
  return row;
}

}  // namespace

const std::vector<std::string>& UserColumns() {
  static const std::vector<std::string> columns{"display_name", "email",      "aliases", "extension", "business_phone",
                                                "mobile_phone", "home_phone", "mailbox", "outlook"};
  return columns;
}

absl::StatusOr<UserFile> ReadUserFile(std::istream& in) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto table, CsvTable::Open(in, UserColumns(), {"display_name"}));
  UserFile file;
  Seen seen;
  for (;;) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto values, table.Next());
    if (!values) return file;
    auto row = FromValues(*values);
    auto problem = ProblemOf(row);
    if (!problem) problem = seen.Take(row);
    if (problem) {
      file.problems.push_back({row.line, std::move(*problem)});
    } else {
      file.rows.push_back(std::move(row));
    }
  }
}

std::string RowRequestId(const std::string& tenant, const UserRow& row) {
  // Each part with its length, so that no two rows read alike.
  std::string text;
  const auto add = [&text](const std::string& part) { text += fmt::format("{}:{};", part.size(), part); };
  add(tenant);
  add(row.display_name);
  add(row.email);
  for (const auto& alias : row.aliases) add("a" + alias);
  add(row.extension);
  for (const auto& [kind, number] : row.phones) add(kind + number);
  add(row.mailbox);
  add(row.outlook);
  auto hex = Sha256Hex(text).substr(0, 32);
  hex[12] = '8';  // version and variant of RFC 9562: a UUID of one's own making
  hex[16] = 'a';
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

}  // namespace crosspoint::ctl
