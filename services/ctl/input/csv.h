#pragma once

#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crosspoint::ctl {

// One record of a file. Quoted fields may hold line breaks, so `line` is where it begins, counted from 1.
struct CsvRecord {
  size_t line = 0;
  std::vector<std::string> fields;
};

// Reads comma-separated values (RFC 4180) record by record: quotes, doubled quotes, CRLF or LF, a byte order mark;
// empty lines are passed over. Semicolons, as spreadsheets write them in many countries, are taken when the first line
// has more of them than commas.
class CsvReader {
 public:
  // `in` must outlive the reader.
  explicit CsvReader(std::istream& in);

  // The next record; nullopt at the end of the file.
  //   kInvalidArgument  naming the line: a quote that is never closed, text after a closing quote, a record over 64 kB
  absl::StatusOr<std::optional<CsvRecord>> Next();

 private:
  absl::Status ReadField(CsvRecord& record, bool& record_ended);
  absl::Status ReadQuoted(CsvRecord& record, std::string& field);

  std::istream& in_;
  char separator_ = ',';
  size_t line_ = 1;
  size_t record_bytes_ = 0;
};

// What is wrong with one record, for people.
struct LineProblem {
  size_t line = 0;
  std::string text;
};

// A file with a header line: its records by column name. Names are taken without regard to case, blanks and underscores
// alike.
class CsvTable {
 public:
  // Reads the header. `columns` are the names that may stand there, `required` those that must.
  //   kInvalidArgument  an unknown, doubled or missing column, naming the known ones
  static absl::StatusOr<CsvTable> Open(std::istream& in, const std::vector<std::string>& columns,
                                       const std::vector<std::string>& required);

  struct Row {
    size_t line = 0;
    std::map<std::string, std::string, std::less<>> values;  // trimmed; columns without text are absent

    std::string Get(std::string_view column) const;
  };
  // The next row; nullopt at the end. A row with more fields than the header has is an error of the file.
  absl::StatusOr<std::optional<Row>> Next();

 private:
  explicit CsvTable(std::istream& in) : reader_(in) {}

  CsvReader reader_;
  std::vector<std::string> header_;
};

// Text of one field that holds several values, parted by semicolons or commas; empty parts fall away.
std::vector<std::string> SplitValues(std::string_view text);

std::string_view Trimmed(std::string_view text);
std::string LowerAscii(std::string_view text);

}  // namespace crosspoint::ctl
