#include "ctl/commands/call.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "common/clock/clock.h"
#include "common/ids/digest.h"
#include "common/ids/ids.h"

namespace crosspoint::ctl {

TimePoint Now() { return SystemClock().Now(); }

std::string NewRequestId() {
  auto hex = Sha256Hex(RandomIdSource().NewId("")).substr(0, 32);
  hex[12] = '4';
  hex[16] = 'a';
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

absl::StatusOr<std::string> ReadInput(const std::string& file, size_t limit) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened.is_open()) return UsageError(fmt::format("cannot read {}", file));
  }
  std::istream& in = file == "-" ? std::cin : opened;
  std::string content;
  char buffer[64 * 1024];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    content.append(buffer, static_cast<size_t>(in.gcount()));
    if (content.size() > limit) return UsageError(fmt::format("{} is larger than {} MB", file, limit >> 20));
  }
  if (in.bad() || (file != "-" && std::filesystem::is_directory(file))) {
    return UsageError(fmt::format("cannot read {}", file));
  }
  return content;
}

absl::Status WriteOutput(Session& session, const std::string& file, const std::string& content) {
  if (file == "-") {
    session.out().Raw(content);
    return absl::OkStatus();
  }
  const std::filesystem::path part = file + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  std::error_code failed;
  if (out.good()) std::filesystem::rename(part, file, failed);
  if (!out.good() || failed) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return UsageError(fmt::format("cannot write {}", file));
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::ctl
