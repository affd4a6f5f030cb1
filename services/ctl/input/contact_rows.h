#pragma once

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/input/csv.h"

namespace crosspoint::ctl {

// One line of a file of personal contacts.
struct ContactRow {
  size_t line = 0;
  std::string source_id;  // the source's own id; made from name and first address where the file has none
  std::string display_name;
  std::vector<std::string> emails;
  std::vector<std::pair<std::string, std::string>> phones;  // label and number as typed
  std::string company;
};

struct ContactFile {
  std::vector<ContactRow> rows;
  std::vector<LineProblem> problems;
};

// The columns of such a file; only display_name is required.
const std::vector<std::string>& ContactColumns();

// Reads a whole file and says what is wrong in which line.
//   kInvalidArgument  the file is no CSV with such columns
absl::StatusOr<ContactFile> ReadContactFile(std::istream& in);

// The same content has the same id, so that an upload that broke off goes on and a second one changes nothing.
std::string UploadId(const std::string& parent, const ContactFile& file);

}  // namespace crosspoint::ctl
