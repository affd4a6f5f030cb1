#include <fmt/format.h>
#include <grpc/support/log.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>

#include "absl/synchronization/mutex.h"
#include "common/app/app_impl.h"
#include "common/app/arguments.h"
#include "common/app/signals.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

std::atomic<log::Logger*> grpc_log{nullptr};

// gRPC's own lines would break the one JSON object a line. What it reports (a handshake that failed, a peer that is
// away) is somebody else's doing and shows in status codes, so debug is loud enough.
void LogGrpc(gpr_log_func_args* args) {
  if (auto* log = grpc_log.load()) log->Debug("grpc_library", {{"message", args->message}});
}

class GrpcLogging {
 public:
  explicit GrpcLogging(log::Logger& log) {
    grpc_log = &log;
    gpr_set_log_function(LogGrpc);
  }
  ~GrpcLogging() { grpc_log = nullptr; }
};

std::string ProgramName(std::string_view service) {
  std::string name = "crosspoint-" + std::string(service);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

int Fail(const std::string& program, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", program.c_str(), MessageOf(status).c_str());
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}

absl::Status RunSetup(App& app, const std::function<absl::Status(App& app)>& setup) {
  try {
    return setup(app);
  } catch (const std::exception& error) {
    return absl::InternalError(fmt::format("setup failed: {}", error.what()));
  }
}

}  // namespace

int RunMain(std::string_view service, int argc, const char* const* argv,
            const std::function<absl::Status(App& app)>& setup) {
  const auto program = ProgramName(service);
  Arguments arguments;
  if (const auto exit_code = ParseArguments(program, argc, argv, arguments)) return *exit_code;
  // Each malloc arena keeps freed memory for itself; with one per thread an idle service would hold megabytes.
  mallopt(M_ARENA_MAX, 4);
  // On in Debian's build: a stack trace and a graph for every lock that gRPC takes, a tenth of a call's work.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  SignalWatcher signals;
  AppImpl app(service, arguments);
  const GrpcLogging grpc_logging(app.log());

  const auto set_up = RunSetup(app, setup);
  if (app.config_checked()) {
    std::printf("%s: the configuration is good\n", program.c_str());
    return 0;
  }
  if (!set_up.ok()) return Fail(program, set_up);
  if (const auto started = app.Start(); !started.ok()) return Fail(program, started);
  malloc_trim(0);  // what start-up needed once

  const int signal = signals.Wait();
  app.log().Info("stopping", {{"signal", signal}});
  app.Drain();
  app.Stop();
  app.log().Info("stopped");
  return 0;
}

}  // namespace crosspoint
