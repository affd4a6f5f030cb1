#include "tests/support/ics_readers/ics_readers.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace crosspoint::testing {
namespace {

std::filesystem::path Script() {
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "tests/support/ics_readers/read_ics.py";
}

// A file that goes with the object.
class TempFile {
 public:
  explicit TempFile(const std::string& content)
      : path_((std::filesystem::temp_directory_path() / "crosspoint-ics-XXXXXX").string()) {
    const int fd = ::mkstemp(path_.data());
    if (fd >= 0) ::close(fd);
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

bool HaveIcsReaders() {
  static const bool have = std::system("/usr/bin/python3 -c 'import icalendar, vobject' 2>/dev/null") == 0;
  if (!have) {
    std::cerr << "\n*** python3-icalendar AND python3-vobject ARE NOT INSTALLED: nobody else reads our calendar files "
                 "***\n\n";
  }
  return have;
}

std::string ReadIcsByOthers(const std::string& ics) {
  const TempFile file(ics);
  const auto command = "timeout 60 /usr/bin/python3 -B " + Script().string() + " < " + file.path();
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) {
    ADD_FAILURE() << "cannot start " << command;
    return "";
  }
  std::string json;
  std::array<char, 4096> buffer{};
  for (size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) json.append(buffer.data(), n);
  if (::pclose(pipe) != 0) {
    ADD_FAILURE() << "refused by others:\n" << ics;
    return "";
  }
  return json;
}

}  // namespace crosspoint::testing
