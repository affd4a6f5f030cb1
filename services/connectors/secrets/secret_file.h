#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"

namespace crosspoint::connectors {

// A secret in a file, read again when the file was replaced or changed. Thread-safe.
class SecretFile {
 public:
  explicit SecretFile(std::filesystem::path path) : path_(std::move(path)) {}

  // Without surrounding white space. kFailedPrecondition SECRET_UNREADABLE names the file, never its content; a
  // secret read before is kept while the file cannot be read.
  absl::StatusOr<std::string> Get();

 private:
  struct Stamp {
    ino_t inode = 0;
    off_t size = -1;
    int64_t seconds = 0;
    int64_t nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };

  const std::filesystem::path path_;
  std::mutex mu_;
  Stamp stamp_;         // guarded by mu_
  std::string secret_;  // guarded by mu_; empty: none read yet
};

}  // namespace crosspoint::connectors
