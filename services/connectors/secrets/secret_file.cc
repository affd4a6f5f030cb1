#include "connectors/secrets/secret_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "common/status/status.h"

namespace crosspoint::connectors {
namespace {

constexpr off_t kMaxBytes = 64 << 10;

absl::Status Unreadable(const std::filesystem::path& path, std::string_view why) {
  return ErrorWithInfo(absl::StatusCode::kFailedPrecondition, fmt::format("secret file {}: {}", path.string(), why),
                       {"SECRET_UNREADABLE", "crosspoint", {}});
}

std::string Trimmed(const std::string& text) {
  static constexpr char kWhiteSpace[] = " \t\r\n\f\v";
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(kWhiteSpace) + 1 - begin);
}

}  // namespace

absl::StatusOr<std::string> SecretFile::Get() {
  const std::lock_guard lock(mu_);
  const auto kept_or = [&](absl::Status error) -> absl::StatusOr<std::string> {
    if (secret_.empty()) return error;
    return secret_;
  };
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return kept_or(Unreadable(path_, "cannot be read"));
  const Stamp stamp{info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
  if (!secret_.empty() && stamp == stamp_) return secret_;
  if (info.st_size > kMaxBytes) return kept_or(Unreadable(path_, "is larger than 64 kB"));
  std::ifstream file(path_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return kept_or(Unreadable(path_, "cannot be read"));
  std::string secret = Trimmed(text);
  if (secret.empty()) return kept_or(Unreadable(path_, "is empty"));
  secret_ = std::move(secret);
  stamp_ = stamp;
  return secret_;
}

}  // namespace crosspoint::connectors
