#include "contact/domain/csv_table.h"

#include <algorithm>
#include <utility>

namespace crosspoint::contact {
namespace {

char SeparatorOf(std::string_view content) {
  const auto first = content.substr(0, content.find('\n'));
  const auto count = [first](char c) { return std::count(first.begin(), first.end(), c); };
  char best = ',';
  for (const char candidate : {';', '\t'}) {
    if (count(candidate) > count(best)) best = candidate;
  }
  return best;
}

}  // namespace

std::vector<CsvRow> ReadCsv(std::string_view content) {
  const char separator = SeparatorOf(content);
  std::vector<CsvRow> rows;
  CsvRow row{.line = 1, .cells = {""}};
  size_t line = 1;
  bool quoted = false;
  const auto end_row = [&] {
    const bool empty = row.cells.size() == 1 && row.cells[0].empty();
    if (!empty) rows.push_back(std::move(row));
    row = {.line = line, .cells = {""}};
  };
  for (size_t i = 0; i < content.size(); ++i) {
    const char c = content[i];
    if (c == '\n') ++line;
    if (quoted) {
      const bool doubled = c == '"' && i + 1 < content.size() && content[i + 1] == '"';
      if (doubled) ++i;
      if (c == '"' && !doubled) {
        quoted = false;
      } else {
        row.cells.back() += c;
      }
    } else if (c == '"' && row.cells.back().empty()) {
      quoted = true;
    } else if (c == separator) {
      row.cells.emplace_back();
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      row.cells.back() += c;
    }
  }
  end_row();
  return rows;
}

}  // namespace crosspoint::contact
