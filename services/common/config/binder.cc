#include "common/config/binder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "common/config/binder_state.h"
#include "common/config/duration.h"
#include "common/status/status.h"

namespace crosspoint::config {
namespace {

std::optional<std::string> ReadableFile(const std::string& text, bool show) {
  std::error_code ignored;
  if (text.empty() || (std::filesystem::is_regular_file(text, ignored) && access(text.c_str(), R_OK) == 0)) {
    return std::nullopt;
  }
  return show ? fmt::format("\"{}\" must be a readable file", text)
              : std::string("must be the path of a readable file that holds the secret, never the secret itself");
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::filesystem::path& path) {
  constexpr size_t kMaxSecretBytes = 64 << 10;
  std::ifstream file(path, std::ios::binary);
  std::string secret(kMaxSecretBytes + 1, '\0');
  file.read(secret.data(), static_cast<std::streamsize>(secret.size()));
  if (file.bad() || (file.fail() && !file.eof())) {
    return absl::InvalidArgumentError(fmt::format("secret file {} cannot be read", path.string()));
  }
  secret.resize(static_cast<size_t>(file.gcount()));
  if (secret.size() > kMaxSecretBytes) {
    return absl::InvalidArgumentError(fmt::format("secret file {} is larger than 64 kB", path.string()));
  }
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty()) return absl::InvalidArgumentError(fmt::format("secret file {} is empty", path.string()));
  return secret;
}

Environment ProcessEnvironment() {
  Environment environment;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Binder::Binder() : state_(std::make_unique<State>()) {}
Binder::~Binder() = default;

Binder::Nesting::Nesting(Binder& binder, std::string_view key) : binder_(binder), outer_length_(binder.prefix_.size()) {
  binder.prefix_ += fmt::format("{}.", key);
}
Binder::Nesting::~Nesting() { binder_.prefix_.resize(outer_length_); }

Binder& Binder::Add(std::string_view key, Target target) {
  auto full_key = prefix_ + std::string(key);
  if (state_->Find(full_key) != nullptr) {
    std::fprintf(stderr, "bug: configuration key %s is bound twice\n", full_key.c_str());
    std::abort();
  }
  state_->entries.push_back({std::move(full_key), std::move(target)});
  return *this;
}

Binder& Binder::Field(std::string_view key, std::string& target) {
  return Add(key, SetText([&target](const std::string& text) -> std::optional<std::string> {
               target = text;
               return std::nullopt;
             }));
}

Binder& Binder::Field(std::string_view key, bool& target) {
  return Add(key, SetText([&target](const std::string& text) -> std::optional<std::string> {
               if (text != "true" && text != "false") return fmt::format("\"{}\" must be true or false", text);
               target = text == "true";
               return std::nullopt;
             }));
}

Binder& Binder::Field(std::string_view key, double& target, Range<double> range) {
  return Add(key, SetText([&target, range](const std::string& text) -> std::optional<std::string> {
               double value = 0;
               const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
               if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
                   value < range.min || value > range.max) {
                 return fmt::format("\"{}\" must be a number from {} to {}", text, range.min, range.max);
               }
               target = value;
               return std::nullopt;
             }));
}

Binder& Binder::Field(std::string_view key, std::filesystem::path& target) {
  return Add(key, SetText([&target](const std::string& text) -> std::optional<std::string> {
               target = text;
               return std::nullopt;
             }));
}

Binder& Binder::Field(std::string_view key, std::vector<std::string>& target) {
  return Add(key, SetTexts([&target](std::vector<std::string> texts) { target = std::move(texts); }));
}

Binder& Binder::File(std::string_view key, std::filesystem::path& target) {
  return Add(key, SetText([&target](const std::string& text) {
               target = text;
               return ReadableFile(text, true);
             }));
}

Binder& Binder::File(std::string_view key, std::string& target) {
  return Add(key, SetText([&target](const std::string& text) {
               target = text;
               return ReadableFile(text, true);
             }));
}

Binder& Binder::SecretFile(std::string_view key, std::filesystem::path& target) {
  return Add(key, SetText([&target](const std::string& text) {
               target = text;
               return ReadableFile(text, false);
             }));
}

Binder& Binder::SecretFile(std::string_view key, std::string& target) {
  return Add(key, SetText([&target](const std::string& text) {
               target = text;
               return ReadableFile(text, false);
             }));
}

Binder& Binder::WholeNumber(std::string_view key, int64_t min, int64_t max, std::function<void(int64_t)> set) {
  return Add(key, SetText([min, max, set = std::move(set)](const std::string& text) -> std::optional<std::string> {
               int64_t value = 0;
               const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
               if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max) {
                 return fmt::format("\"{}\" must be a whole number from {} to {}", text, min, max);
               }
               set(value);
               return std::nullopt;
             }));
}

Binder& Binder::Duration(std::string_view key, DurationRange range, std::chrono::nanoseconds unit,
                         std::function<void(std::chrono::nanoseconds)> set) {
  return Add(key, SetText([range, unit, set = std::move(set)](const std::string& text) -> std::optional<std::string> {
               const auto value = ParseDuration(text);
               if (!value.ok()) return fmt::format("\"{}\" {}", text, MessageOf(value.status()));
               if (*value < range.min || *value > range.max) {
                 return fmt::format("\"{}\" must be from {} to {}", text, FormatDuration(range.min),
                                    FormatDuration(range.max));
               }
               if (value->count() % unit.count() != 0) {
                 return fmt::format("\"{}\" must be a multiple of {}", text, FormatDuration(unit));
               }
               set(*value);
               return std::nullopt;
             }));
}

Binder& Binder::Word(std::string_view key, std::vector<std::string> words, std::function<void(size_t)> set) {
  return Add(key, SetText([words = std::move(words),
                           set = std::move(set)](const std::string& text) -> std::optional<std::string> {
               const auto word = std::find(words.begin(), words.end(), text);
               if (word == words.end()) {
                 return fmt::format("\"{}\" must be one of {}", text, fmt::join(words, ", "));
               }
               set(static_cast<size_t>(word - words.begin()));
               return std::nullopt;
             }));
}

Binder& Binder::Required(std::string_view key) {
  auto* entry = state_->Find(prefix_ + std::string(key));
  if (entry == nullptr) {
    std::fprintf(stderr, "bug: configuration key %s%s is required but not bound\n", prefix_.c_str(),
                 std::string(key).c_str());
    std::abort();
  }
  entry->required = true;
  return *this;
}

Binder& Binder::Check(std::string_view key, std::function<std::string()> objection) {
  state_->checks.emplace_back(prefix_ + std::string(key), std::move(objection));
  return *this;
}

std::vector<std::string> Binder::keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : state_->entries) keys.push_back(entry.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace crosspoint::config
