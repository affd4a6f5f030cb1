#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace crosspoint::bench {

// A process that reads our lines and writes us some; killed with the object, also when we are killed. Create it on the
// main thread.
class Child {
 public:
  // `arguments` begins with the program; "/proc/self/exe" is this one. What it writes to stderr is shown.
  explicit Child(const std::vector<std::string>& arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // Without its end; the program ends when there is none.
  std::string ReadLine();
  void WriteLine(const std::string& line);

 private:
  pid_t pid_ = -1;
  std::FILE* output_ = nullptr;
  std::FILE* input_ = nullptr;
};

}  // namespace crosspoint::bench
