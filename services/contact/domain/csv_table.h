#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::contact {

struct CsvRow {
  size_t line = 0;  // where it begins in the file, from 1
  std::vector<std::string> cells;
};

// Rows of cells (RFC 4180), separated by what separates the first line: comma, semicolon or tab. Empty rows are left
// out. Never fails: a quote that is not closed ends with the file.
std::vector<CsvRow> ReadCsv(std::string_view content);

}  // namespace crosspoint::contact
