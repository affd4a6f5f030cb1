#include "common/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace crosspoint::log {
namespace {

thread_local Context current_context;

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

}  // namespace

Scope::Scope(Context context) : previous_(std::exchange(current_context, std::move(context))) {}
Scope::~Scope() { current_context = std::move(previous_); }
const Context& CurrentContext() { return current_context; }

struct Logger::Sink {
  std::shared_ptr<spdlog::logger> logger;  // shared because spdlog hands loggers out that way
};

Logger::Logger(std::string service, Level level)
    : service_(std::move(service)), level_(level), sink_(std::make_unique<Sink>()) {
  sink_->logger = std::make_shared<spdlog::logger>("json", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  sink_->logger->set_pattern("%v");
  sink_->logger->set_level(ToSpdlog(level));
  sink_->logger->flush_on(spdlog::level::info);
}

Logger::~Logger() = default;

void Logger::Write(Level level, std::string_view event, Fields fields) {
  if (!Enabled(level)) return;
  nlohmann::ordered_json line{
      {"time", Timestamp()}, {"level", Name(level)}, {"service", service_}, {"event", std::string(event)}};
  if (!current_context.request_id.empty()) line["request_id"] = current_context.request_id;
  if (!current_context.trace_id.empty()) line["trace_id"] = current_context.trace_id;
  for (const auto& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  // Bytes that are not UTF-8 come from outside; they must not cost us the line.
  sink_->logger->log(ToSpdlog(level), "{}", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string MaskedNumber(std::string_view number) {
  if (number.size() <= 4) return "…";
  return "…" + std::string(number.substr(number.size() - 4));
}

}  // namespace crosspoint::log
