#include "common/grpcx/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <mutex>
#include <string>

namespace crosspoint::grpcx {
namespace {

std::mutex mu;
log::Logger* target = nullptr;  // guarded by mu

void Write(bool error, std::string_view library, std::string_view message) {
  const std::lock_guard lock(mu);
  if (target == nullptr) return;
  if (error) {
    target->Warn("grpc_library", {{"library", library}, {"message", message}});
  } else {
    target->Debug("grpc_library", {{"library", library}, {"message", message}});
  }
}

void FromGrpcCore(gpr_log_func_args* line) { Write(line->severity == GPR_LOG_SEVERITY_ERROR, "grpc", line->message); }

void FromProtobuf(google::protobuf::LogLevel level, const char*, int, const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) {
    std::fprintf(stderr, "protobuf: %s\n", message.c_str());  // the process ends right after
    return;
  }
  // Its errors are about what callers sent (text that is not UTF-8), and the caller is told.
  Write(false, "protobuf", message);
}

}  // namespace

LibraryLogs::LibraryLogs(log::Logger& log) : log_(log) {
  const std::lock_guard lock(mu);
  if (target != nullptr) return;
  target = &log_;
  gpr_set_log_function(FromGrpcCore);
  google::protobuf::SetLogHandler(FromProtobuf);
}

LibraryLogs::~LibraryLogs() {
  const std::lock_guard lock(mu);
  if (target == &log_) target = nullptr;
}

}  // namespace crosspoint::grpcx
