#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace crosspoint::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// One key of a log line. Units go into the key: "took_ms". Keys are snake_case literals.
struct Field {
  using Value = std::variant<std::string, int64_t, double, bool>;

  Field(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <class Integer>
  requires std::is_integral_v<Integer> Field(std::string_view k, Integer v) : key(k), value(static_cast<int64_t>(v)) {}

  std::string_view key;
  Value value;
};

using Fields = std::initializer_list<Field>;

// What every line of the current request carries; set for the time a Scope lives, per thread.
struct Context {
  std::string request_id;
  std::string trace_id;
};

class Scope {
 public:
  explicit Scope(Context context);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Context previous_;
};

// The calling thread's context, to hand on to another thread.
const Context& CurrentContext();

// Writes one JSON object a line to standard error: {"time":…,"level":…,"service":…,"event":…,"request_id":…, fields…}.
// `event` is a stable snake_case name. error = a person must act, warn = degraded but served, info = a state changed,
// debug = per call. Never log tokens, bodies or full phone numbers. Thread-safe; never throws.
class Logger {
 public:
  // Where finished lines go, without line end; called under a lock.
  using Output = std::function<void(std::string_view line)>;

  Logger(std::string service, Level level);
  // For tests: lines go to `output`.
  Logger(std::string service, Level level, Output output);
  ~Logger();

  void Debug(std::string_view event, Fields fields = {}) { Write(Level::kDebug, event, fields); }
  void Info(std::string_view event, Fields fields = {}) { Write(Level::kInfo, event, fields); }
  void Warn(std::string_view event, Fields fields = {}) { Write(Level::kWarn, event, fields); }
  void Error(std::string_view event, Fields fields = {}) { Write(Level::kError, event, fields); }
  bool Enabled(Level level) const { return level >= level_.load(std::memory_order_relaxed); }
  void SetLevel(Level level) { level_ = level; }

 private:
  struct Sink;
  void Write(Level level, std::string_view event, Fields fields);

  std::string service_;
  std::atomic<Level> level_;
  std::unique_ptr<Sink> sink_;
};

// `text` with bearer tokens, basic credentials, JSON Web Tokens and private keys cut out. Every text field passes it: a
// net for mistakes, not a licence to log secrets.
std::string WithoutSecrets(std::string_view text);

// The last four digits of a phone number behind dots, for log lines: "+4930123456" -> "…3456".
std::string MaskedNumber(std::string_view number);

}  // namespace crosspoint::log
