#include "ctl/output/output.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "ctl/output/text.h"

namespace crosspoint::ctl {
namespace {

using std::chrono::duration;
using std::chrono::seconds;

bool IsTerminal(FILE* file) {
  const int descriptor = fileno(file);
  return descriptor >= 0 && isatty(descriptor) != 0;
}

// Columns of the terminal; 0 when it does not say.
size_t TerminalWidth(FILE* file) {
  winsize size{};
  return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

Output::Output(Options options)
    : options_(options), out_is_terminal_(IsTerminal(options.out)), err_is_terminal_(IsTerminal(options.err)) {}

void Output::Json(const google::protobuf::Message& message) {
  if (!options_.json) return;
  google::protobuf::util::JsonPrintOptions print;
  print.always_print_primitive_fields = true;  // a script finds every field, also one that is 0 or empty
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, print).ok()) return;
  Raw(text + "\n");
}

void Output::Print(const Table& table) {
  if (options_.json) return;
  Raw(table.Render(out_is_terminal_ ? TerminalWidth(options_.out) : 0));
}

void Output::Line(std::string_view text) {
  if (options_.json) return;
  Raw(std::string(text) + "\n");
}

void Output::Raw(std::string_view content) {
  EndStatus();
  std::fwrite(content.data(), 1, content.size(), options_.out);
}

std::string Output::Dot(const std::string& color) const {
  unsigned rgb = 0;
  if (!out_is_terminal_ || std::getenv("NO_COLOR") != nullptr || color.size() != 7) return "";
  if (std::sscanf(color.c_str(), "#%6x", &rgb) != 1) return "";
  return fmt::format("\x1b[38;2;{};{};{}m●\x1b[0m ", rgb >> 16, (rgb >> 8) & 0xFF, rgb & 0xFF);
}

void Output::Remark(std::string_view text) {
  EndStatus();
  std::fflush(options_.out);
  std::fprintf(options_.err, "%.*s\n", static_cast<int>(text.size()), text.data());
}

void Output::Status(std::string_view text) {
  const size_t width = TerminalWidth(options_.err);
  const auto line = width == 0 ? std::string(text) : Shortened(text, width - 1);
  std::fprintf(options_.err, "\r\x1b[K%s", line.c_str());
  std::fflush(options_.err);
  in_status_ = true;
}

void Output::EndStatus() {
  if (!in_status_) return;
  std::fputc('\n', options_.err);
  in_status_ = false;
}

bool Output::Flush() {
  EndStatus();
  return std::fflush(options_.out) == 0 && std::ferror(options_.out) == 0;
}

Progress::Progress(Output& output, std::string what, size_t total, Now now)
    : output_(output), what_(std::move(what)), total_(total), now_(std::move(now)), start_(now_()), last_(start_) {}

Progress::~Progress() { output_.EndStatus(); }

void Progress::Done(size_t count) {
  done_ = count;
  const auto now = now_();
  if (output_.remarks_to_terminal()) {
    if (done_ < total_ && now - last_ < std::chrono::milliseconds(100) && last_ != start_) return;
    output_.Status(Text());
  } else {
    if (now - last_ < seconds(10)) return;
    output_.Remark(Text());
  }
  last_ = now;
}

std::string Progress::Text() const {
  const double took = duration<double>(now_() - start_).count();
  const double share = total_ == 0 ? 100 : 100.0 * static_cast<double>(done_) / static_cast<double>(total_);
  auto text = fmt::format("{} of {} {}, {:.0f} %", done_, total_, what_, share);
  if (took >= 0.5) text += fmt::format(", {:.0f} a second", static_cast<double>(done_) / took);
  return text;
}

}  // namespace crosspoint::ctl
