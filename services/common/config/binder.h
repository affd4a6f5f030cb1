#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crosspoint::config {

// Closed interval; without bounds anything the type holds.
template <class T>
struct Range {
  T min = std::numeric_limits<T>::lowest();
  T max = std::numeric_limits<T>::max();
};

struct DurationRange {
  std::chrono::nanoseconds min{0};
  std::chrono::nanoseconds max = std::chrono::hours{24 * 366};
};

using Environment = std::map<std::string, std::string>;

// The environment of this process.
Environment ProcessEnvironment();

// The contents of a secret file without the line end; a configuration holds the path, never the secret.
//   kInvalidArgument  unreadable, empty or larger than 64 kB
absl::StatusOr<std::string> ReadSecretFile(const std::filesystem::path& path);

// Says once which keys a configuration has and where their values go, then reads a YAML file and environment variables
// into them. Keys are dotted paths ("redis.address"); the variable of a key is the prefix and the key in capitals with
// '_' for '.' and '-' (CROSSPOINT_PRESENCE_REDIS_ADDRESS) and wins over the file. What is not set keeps its default.
//
//   void BindConfig(config::Binder& binder, PresenceConfig& config) {
//     binder.Block("redis", config.redis)
//         .Field("line_lease", config.line_lease, {1s, 1h})
//         .Field("max_watchers", config.max_watchers, {1, 1'000'000});
//   }
//
// Targets must outlive Load. Not thread-safe.
class Binder {
 public:
  Binder();
  ~Binder();
  Binder(const Binder&) = delete;
  Binder& operator=(const Binder&) = delete;

  Binder& Field(std::string_view key, std::string& target);
  Binder& Field(std::string_view key, bool& target);
  Binder& Field(std::string_view key, double& target, Range<double> range = {});
  // A path of a file or directory that may come to exist later.
  Binder& Field(std::string_view key, std::filesystem::path& target);
  // A sequence in YAML, items separated by commas in a variable.
  Binder& Field(std::string_view key, std::vector<std::string>& target);

  template <class Integer>
  requires(std::is_integral_v<Integer> &&
           !std::is_same_v<Integer, bool>) Binder& Field(std::string_view key, Integer& target,
                                                         Range<std::type_identity_t<Integer>> range = {}) {
    constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    const auto max = range.max > 0 && static_cast<uint64_t>(range.max) > kMax ? kMax : static_cast<uint64_t>(range.max);
    return WholeNumber(key, static_cast<int64_t>(range.min), static_cast<int64_t>(max),
                       [&target](int64_t value) { target = static_cast<Integer>(value); });
  }

  // "90s", "250ms", "5m", "1h", "7d"; a value finer than the target's unit is refused.
  template <class Rep, class Period>
  Binder& Field(std::string_view key, std::chrono::duration<Rep, Period>& target, DurationRange range = {}) {
    using Target = std::chrono::duration<Rep, Period>;
    return Duration(key, range, std::chrono::duration_cast<std::chrono::nanoseconds>(Target{1}),
                    [&target](std::chrono::nanoseconds value) { target = std::chrono::duration_cast<Target>(value); });
  }

  // A file that must exist and be readable. An empty value means none.
  Binder& File(std::string_view key, std::filesystem::path& target);
  Binder& File(std::string_view key, std::string& target);
  // The same for a file that holds a secret: errors do not repeat the value, it might be the secret itself.
  Binder& SecretFile(std::string_view key, std::filesystem::path& target);
  Binder& SecretFile(std::string_view key, std::string& target);

  // One of a few words.
  template <class Enum>
  Binder& Choice(std::string_view key, Enum& target,
                 std::type_identity_t<std::vector<std::pair<std::string, Enum>>> choices) {
    std::vector<std::string> words;
    for (const auto& choice : choices) words.push_back(choice.first);
    return Word(key, std::move(words), [&target, choices](size_t index) { target = choices[index].second; });
  }

  // The fields of a struct under `key`, bound by the free function BindConfig(Binder&, Struct&) found beside the
  // struct.
  template <class Struct>
  Binder& Block(std::string_view key, Struct& target) {
    const Nesting nesting(*this, key);
    BindConfig(*this, target);
    return *this;
  }

  // A mapping from names to structs. A variable may set fields of an entry that the file has, but cannot add one.
  template <class Struct>
  Binder& Map(std::string_view key, std::map<std::string, Struct>& target) {
    return Add(key, BindEntries([&target](Binder& binder, const std::vector<std::string>& names) {
                 target.clear();
                 for (const auto& name : names) binder.Block(name, target[name]);
               }));
  }

  // A sequence of structs; "key.0.field" is a field of the first.
  template <class Struct>
  Binder& List(std::string_view key, std::vector<Struct>& target) {
    return Add(key, BindItems([&target](Binder& binder, size_t count) {
                 target.assign(count, Struct{});
                 for (size_t i = 0; i < count; ++i) binder.Block(std::to_string(i), target[i]);
               }));
  }

  // The key must be set, in the file or by its variable.
  Binder& Required(std::string_view key);

  // Once everything is read, `objection` may object to the value of `key` by returning what would be right; an empty
  // text means fine.
  Binder& Check(std::string_view key, std::function<std::string()> objection);

  // Reads `file` (none when empty), then the variables that begin with `env_prefix` ("CROSSPOINT_PRESENCE_").
  //   kInvalidArgument  one line naming file, line, key and what would be right; unknown keys and variables too
  absl::Status Load(const std::filesystem::path& file, std::string_view env_prefix,
                    const Environment& environment = ProcessEnvironment());

  // Every bound key, sorted; those inside maps and lists only after Load.
  std::vector<std::string> keys() const;

 private:
  // nullopt when the text was taken, else what would be right.
  using SetText = std::function<std::optional<std::string>(const std::string& text)>;
  using SetTexts = std::function<void(std::vector<std::string> texts)>;
  using BindEntries = std::function<void(Binder& binder, const std::vector<std::string>& names)>;
  using BindItems = std::function<void(Binder& binder, size_t count)>;
  using Target = std::variant<SetText, SetTexts, BindEntries, BindItems>;
  struct State;
  class Loader;

  class Nesting {
   public:
    Nesting(Binder& binder, std::string_view key);
    ~Nesting();

   private:
    Binder& binder_;
    size_t outer_length_;
  };

  Binder& Add(std::string_view key, Target target);
  Binder& WholeNumber(std::string_view key, int64_t min, int64_t max, std::function<void(int64_t)> set);
  Binder& Duration(std::string_view key, DurationRange range, std::chrono::nanoseconds unit,
                   std::function<void(std::chrono::nanoseconds)> set);
  Binder& Word(std::string_view key, std::vector<std::string> words, std::function<void(size_t)> set);

  std::unique_ptr<State> state_;
  std::string prefix_;  // of the block being bound, with its trailing dot
};

}  // namespace crosspoint::config
