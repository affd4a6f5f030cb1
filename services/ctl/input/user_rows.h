#pragma once

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/input/csv.h"

namespace crosspoint::ctl {

// One line of a file of users; values as typed, kinds of phones by the column they stand in.
struct UserRow {
  size_t line = 0;
  std::string display_name;
  std::string email;
  std::vector<std::string> aliases;
  std::string extension;
  std::vector<std::pair<std::string, std::string>> phones;  // "business", "mobile", "home"; and the number
  std::string mailbox;                                      // "ews", "graph", "none" or empty
  std::string outlook;                                      // "auto", "yes", "no" or empty
};

struct UserFile {
  std::vector<UserRow> rows;          // those without a problem
  std::vector<LineProblem> problems;  // in the order of lines
};

// The columns of such a file; only display_name is required.
const std::vector<std::string>& UserColumns();

// Reads a whole file and says what is wrong in which line: missing name, bad address or extension, unknown words, and
// addresses or extensions that an earlier line has.
//   kInvalidArgument  the file is no CSV with such columns
absl::StatusOr<UserFile> ReadUserFile(std::istream& in);

// The UUID under which a row is sent: the same row into the same tenant always has the same, so that sending it again
// makes no second user.
std::string RowRequestId(const std::string& tenant, const UserRow& row);

}  // namespace crosspoint::ctl
