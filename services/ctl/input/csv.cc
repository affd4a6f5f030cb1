#include "ctl/input/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>

#include "common/status/status.h"

namespace crosspoint::ctl {
namespace {

constexpr size_t kMaxRecordBytes = 64 * 1024;
constexpr int kEnd = std::char_traits<char>::eof();

absl::Status AtLine(size_t line, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("line {}: {}", line, what));
}

void SkipByteOrderMark(std::istream& in) {
  for (const int byte : {0xEF, 0xBB, 0xBF}) {
    if (in.peek() != byte) return;
    in.get();
  }
}

char SeparatorOf(std::istream& in) {
  const auto start = in.tellg();
  std::string first;
  std::getline(in, first);
  in.clear();
  in.seekg(start);
  return std::count(first.begin(), first.end(), ';') > std::count(first.begin(), first.end(), ',') ? ';' : ',';
}

std::string ColumnKey(std::string_view name) {
  auto key = LowerAscii(Trimmed(name));
  std::replace(key.begin(), key.end(), ' ', '_');
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::vector<std::string> SplitValues(std::string_view text) {
  std::vector<std::string> values;
  while (!text.empty()) {
    const auto end = text.find_first_of(";,");
    const auto value = Trimmed(text.substr(0, end));
    if (!value.empty()) values.emplace_back(value);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return values;
}

CsvReader::CsvReader(std::istream& in) : in_(in) {
  SkipByteOrderMark(in_);
  separator_ = SeparatorOf(in_);
}

absl::StatusOr<std::optional<CsvRecord>> CsvReader::Next() {
  while (in_.peek() == '\n' || in_.peek() == '\r') {
    if (in_.get() == '\n') ++line_;
  }
  if (in_.peek() == kEnd) return std::optional<CsvRecord>();
  CsvRecord record;
  record.line = line_;
  record_bytes_ = 0;
  bool ended = false;
  while (!ended) CROSSPOINT_RETURN_IF_ERROR(ReadField(record, ended));
  return std::optional(std::move(record));
}

absl::Status CsvReader::ReadField(CsvRecord& record, bool& record_ended) {
  std::string field;
  const bool quoted = in_.peek() == '"';
  if (quoted) CROSSPOINT_RETURN_IF_ERROR(ReadQuoted(record, field));
  for (;;) {
    const int c = in_.get();
    if (c == '\r' && in_.peek() == '\n') continue;
    if (c == separator_ || c == '\n' || c == kEnd) {
      if (c == '\n') ++line_;
      record_ended = c != separator_;
      break;
    }
    if (quoted) return AtLine(line_, "text after a closing quote; quotes within a field are doubled");
    if (++record_bytes_ > kMaxRecordBytes) return AtLine(record.line, "longer than 64 kB; is a quote missing?");
    field.push_back(static_cast<char>(c));
  }
  record.fields.push_back(std::move(field));
  return absl::OkStatus();
}

absl::Status CsvReader::ReadQuoted(CsvRecord& record, std::string& field) {
  const size_t opened = line_;
  in_.get();
  for (;;) {
    const int c = in_.get();
    if (c == kEnd) return AtLine(opened, "a quote is opened and never closed");
    if (c == '"') {
      if (in_.peek() != '"') return absl::OkStatus();
      in_.get();
    }
    if (c == '\n') ++line_;
    if (++record_bytes_ > kMaxRecordBytes) {
      return AtLine(record.line, fmt::format("longer than 64 kB; is the quote of line {} closed?", opened));
    }
    field.push_back(static_cast<char>(c));
  }
}

absl::StatusOr<CsvTable> CsvTable::Open(std::istream& in, const std::vector<std::string>& columns,
                                        const std::vector<std::string>& required) {
  CsvTable table(in);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto header, table.reader_.Next());
  const auto known = fmt::format("known columns: {}", fmt::join(columns, ", "));
  if (!header) return absl::InvalidArgumentError("the file is empty; its first line names the columns; " + known);
  for (const auto& field : header->fields) {
    auto key = ColumnKey(field);
    if (std::find(columns.begin(), columns.end(), key) == columns.end()) {
      return AtLine(header->line, fmt::format("unknown column \"{}\"; {}", field, known));
    }
    if (std::find(table.header_.begin(), table.header_.end(), key) != table.header_.end()) {
      return AtLine(header->line, fmt::format("column \"{}\" stands twice", key));
    }
    table.header_.push_back(std::move(key));
  }
  for (const auto& name : required) {
    if (std::find(table.header_.begin(), table.header_.end(), name) == table.header_.end()) {
      return AtLine(header->line, fmt::format("column \"{}\" is missing; {}", name, known));
    }
  }
  return table;
}

absl::StatusOr<std::optional<CsvTable::Row>> CsvTable::Next() {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, reader_.Next());
  if (!record) return std::optional<Row>();
  if (record->fields.size() > header_.size()) {
    return AtLine(record->line,
                  fmt::format("{} fields, but the header names {}", record->fields.size(), header_.size()));
  }
  Row row;
  row.line = record->line;
  for (size_t i = 0; i < record->fields.size(); ++i) {
    const auto value = Trimmed(record->fields[i]);
    if (!value.empty()) row.values[header_[i]] = std::string(value);
  }
  return std::optional(std::move(row));
}

std::string CsvTable::Row::Get(std::string_view column) const {
  const auto found = values.find(column);
  return found == values.end() ? "" : found->second;
}

}  // namespace crosspoint::ctl
