#include "common/log/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>

#include "common/log/line_counts.h"

namespace crosspoint::log {
namespace {

thread_local Context current_context;

std::array<std::atomic<uint64_t>, 4> written_lines{};  // by level

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

const char* Name(Level level) {
  constexpr const char* kNames[] = {"debug", "info", "warn", "error"};
  return kNames[static_cast<int>(level)];
}

std::string Timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:06}Z", date, micros % 1'000'000);
}

constexpr std::string_view kRedacted = "[redacted]";

bool IsTokenByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == '+' || c == '/' ||
         c == '=' || c == '~';
}

size_t TokenEnd(const std::string& text, size_t begin) {
  while (begin < text.size() && IsTokenByte(text[begin])) ++begin;
  return begin;
}

bool IsWord(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '.' || c == '-'; });
}

// Replaces what follows the lower-case `scheme`, in any case, when it is long enough to be credentials.
void CutAfter(std::string& text, std::string_view scheme) {
  constexpr size_t kShortest = 8;
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  size_t from = 0;
  while (true) {
    const auto at =
        std::search(text.begin() + static_cast<ptrdiff_t>(from), text.end(), scheme.begin(), scheme.end(), same);
    if (at == text.end()) return;
    const auto begin = static_cast<size_t>(at - text.begin()) + scheme.size();
    const auto end = TokenEnd(text, begin);
    if (end - begin >= kShortest && !IsWord(std::string_view(text).substr(begin, end - begin)))
      text.replace(begin, end - begin, kRedacted);
    from = begin;
  }
}

// Replaces JSON Web Tokens: base64 of {" is eyJ, and three parts.
void CutTokens(std::string& text) {
  for (size_t at = text.find("eyJ"); at != std::string::npos; at = text.find("eyJ", at + 1)) {
    const auto end = TokenEnd(text, at);
    const auto dots =
        std::count(text.begin() + static_cast<ptrdiff_t>(at), text.begin() + static_cast<ptrdiff_t>(end), '.');
    if (end - at >= 20 && dots >= 2) text.replace(at, end - at, kRedacted);
  }
}

std::string Cleaned(const std::string& value) { return WithoutSecrets(value); }
template <class Other>
Other Cleaned(const Other& value) {
  return value;
}

}  // namespace

Scope::Scope(Context context) : previous_(std::exchange(current_context, std::move(context))) {}
Scope::~Scope() { current_context = std::move(previous_); }
const Context& CurrentContext() { return current_context; }

LineCounts WrittenLines() {
  const auto count = [](Level level) { return written_lines[static_cast<size_t>(level)].load(); };
  return {.warn = count(Level::kWarn), .error = count(Level::kError)};
}

namespace {

class OutputSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit OutputSink(Logger::Output output) : output_(std::move(output)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    output_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  Logger::Output output_;
};

}  // namespace

struct Logger::Sink {
  std::shared_ptr<spdlog::logger> logger;  // shared because spdlog hands loggers out that way
};

Logger::Logger(std::string service, Level level) : Logger(std::move(service), level, nullptr) {}

Logger::Logger(std::string service, Level level, Output output)
    : service_(std::move(service)), level_(level), sink_(std::make_unique<Sink>()) {
  spdlog::sink_ptr sink;
  if (output) {
    sink = std::make_shared<OutputSink>(std::move(output));
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  sink_->logger = std::make_shared<spdlog::logger>("json", std::move(sink));
  sink_->logger->set_pattern("%v");
  sink_->logger->set_level(spdlog::level::trace);
  sink_->logger->flush_on(spdlog::level::info);
}

Logger::~Logger() = default;

void Logger::Write(Level level, std::string_view event, Fields fields) {
  if (!Enabled(level)) return;
  written_lines[static_cast<size_t>(level)].fetch_add(1, std::memory_order_relaxed);
  nlohmann::ordered_json line{
      {"time", Timestamp()}, {"level", Name(level)}, {"service", service_}, {"event", std::string(event)}};
  if (!current_context.request_id.empty()) line["request_id"] = current_context.request_id;
  if (!current_context.trace_id.empty()) line["trace_id"] = current_context.trace_id;
  for (const auto& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = Cleaned(value); }, field.value);
  }
  // Bytes that are not UTF-8 come from outside; they must not cost us the line.
  sink_->logger->log(ToSpdlog(level), "{}", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string WithoutSecrets(std::string_view text) {
  std::string clean(text);
  CutAfter(clean, "bearer ");
  CutAfter(clean, "basic ");
  CutAfter(clean, "negotiate ");
  CutTokens(clean);
  const auto key = clean.find("PRIVATE KEY-----");
  if (key != std::string::npos) clean = "[redacted]";
  return clean;
}

std::string MaskedNumber(std::string_view number) {
  if (number.size() <= 4) return "…";
  return "…" + std::string(number.substr(number.size() - 4));
}

}  // namespace crosspoint::log
