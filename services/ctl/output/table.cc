#include "ctl/output/table.h"

#include <algorithm>
#include <numeric>

#include "ctl/output/text.h"

namespace crosspoint::ctl {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kLeast = 8;

}  // namespace

Table::Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  for (auto& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::vector<size_t> Table::Widths(size_t width) const {
  std::vector<size_t> widths;
  for (size_t column = 0; column < headings_.size(); ++column) {
    size_t widest = DisplayWidth(headings_[column]);
    for (const auto& row : rows_) widest = std::max(widest, DisplayWidth(row[column]));
    widths.push_back(widest);
  }
  if (width == 0 || widths.empty()) return widths;
  const size_t gaps = kGap * (widths.size() - 1);
  while (std::accumulate(widths.begin(), widths.end(), gaps) > width) {
    auto& widest = *std::max_element(widths.begin(), widths.end());
    if (widest <= kLeast) break;
    --widest;
  }
  return widths;
}

std::string Table::Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t column = 0; column < cells.size(); ++column) {
    const auto cell = Shortened(cells[column], widths[column]);
    line += cell;
    line.append(widths[column] - DisplayWidth(cell) + kGap, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string Table::Render(size_t width) const {
  const auto widths = Widths(width);
  auto text = Line(headings_, widths);
  for (const auto& row : rows_) text += Line(row, widths);
  return text;
}

}  // namespace crosspoint::ctl
