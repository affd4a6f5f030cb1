#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/output/table.h"

namespace google::protobuf {
class Message;
}

namespace crosspoint::ctl {

// Where results and remarks go: results to standard output, as tables for people or with --json as protobuf JSON, one
// message a line; remarks to standard error, so that they never get into a pipe.
class Output {
 public:
  struct Options {
    bool json = false;
    FILE* out = stdout;
    FILE* err = stderr;
  };

  explicit Output(Options options);

  bool json() const { return options_.json; }

  // Only when json() is on, and only when it is off.
  void Json(const google::protobuf::Message& message);
  void Print(const Table& table);
  void Line(std::string_view text);

  // `content` as it is.
  void Raw(std::string_view content);
  bool result_is_terminal() const { return out_is_terminal_; }

  // A dot in `color` ("#rrggbb") before a word about presence; nothing when the output is no terminal or NO_COLOR is
  // set.
  std::string Dot(const std::string& color) const;

  void Remark(std::string_view text);
  bool remarks_to_terminal() const { return err_is_terminal_; }
  // Takes the place of the last such line on a terminal.
  void Status(std::string_view text);
  void EndStatus();

  // Pushes out what is buffered; false when it could not be written, as to a full disk.
  bool Flush();

 private:
  const Options options_;
  const bool out_is_terminal_;
  const bool err_is_terminal_;
  bool in_status_ = false;
};

// Tells how far long work has come: on a terminal in one line that changes, else every ten seconds.
class Progress {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  // `what` is counted, as in "users".
  Progress(Output& output, std::string what, size_t total, Now now = &std::chrono::steady_clock::now);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Done(size_t count);
  // "4500 of 10000 users, 45 %, 1200 a second".
  std::string Text() const;

 private:
  Output& output_;
  const std::string what_;
  const size_t total_;
  const Now now_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
  size_t done_ = 0;
};

}  // namespace crosspoint::ctl
