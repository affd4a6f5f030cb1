#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace crosspoint::ctl {

// Rows under aligned headings, two blanks between columns.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  // One cell per heading; made printable.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // The text, each line with its end. With `width` not 0 no line is longer: the widest columns are shortened, none
  // below eight. The last column is not padded.
  std::string Render(size_t width) const;

 private:
  std::vector<size_t> Widths(size_t width) const;
  static std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths);

  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace crosspoint::ctl
