#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "common/app/server_config.h"
#include "common/clock/clock.h"
#include "common/config/binder.h"
#include "common/grpcx/guarded_service.h"
#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"

namespace crosspoint {

// One running service: owns its parts, its ports and its end. Built by RunMain and handed to the service's setup, which
// runs on the main thread before any port is open. See RunMain.
class App {
 public:
  virtual ~App() = default;

  virtual std::string_view service() const = 0;   // "meeting_sync"
  virtual std::string_view instance() const = 0;  // host name and a random part: this replica, this run
  virtual const std::filesystem::path& config_file() const = 0;
  virtual const ServerConfig& server() const = 0;  // filled by LoadConfig

  virtual Clock& clock() = 0;
  virtual IdSource& ids() = 0;
  virtual log::Logger& log() = 0;
  virtual metrics::Registry& metrics() = 0;

  // Reads the --config file and the CROSSPOINT_<SERVICE>_* variables into `config`, by BindConfig(Binder&, Config&)
  // found beside it, and the blocks every service has (server, log, tracing) into the App. Call it first, once, and
  // return its error as it is.
  template <class Config>
  absl::Status LoadConfig(Config& config) {
    config::Binder binder;
    BindConfig(binder, config);
    return LoadConfig(binder);
  }
  virtual absl::Status LoadConfig(config::Binder& binder) = 0;

  // Builds a part the App owns. Parts are destroyed in reverse order after the last call has ended, so what was made
  // first outlives what uses it.
  template <class Part, class... Args>
  Part& Make(Args&&... args) {
    auto part = std::make_unique<Part>(std::forward<Args>(args)...);
    return Keep(std::move(part));
  }
  // Takes over a part that a factory made.
  template <class Part>
  Part& Keep(std::unique_ptr<Part> part) {
    auto& reference = *part;
    Own(part.release(), [](void* owned) { delete static_cast<Part*>(owned); });
    return reference;
  }

  // Offers the methods of a handler on the main port, each behind the App's Guard; `handler` has a
  // Bind(grpcx::Methods&) and is usually made by Make. There is no way to serve anything unguarded.
  //   app.Serve<v1::PresenceService>(app.Make<PresenceHandler>(keeper));
  template <class Api, class Handler>
  void Serve(Handler& handler) {
    Serve(Keep(grpcx::MakeGuarded<Api>(handler, guard())));
  }
  virtual void Serve(grpcx::GuardedService& service) = 0;
  // Of all services here; after LoadConfig.
  virtual grpcx::Guard& guard() = 0;
  // Who may act for whom; without it nobody does. Before the end of setup.
  virtual void SetDelegateGrants(grpcx::DelegateGrants grants) = 0;

  // The service is ready while every check returns OK. Checks run on one background thread about every half second,
  // one after another, so each must come back within a second or so. Reasons show in /healthz, and in the log once per
  // change. `name` is snake_case.
  virtual void AddReadinessCheck(std::string name, std::function<absl::Status()> check) = 0;

  // Runs on shutdown, before the port stops taking calls: end streams and waits here, or they are cut at the drain
  // timeout. Hooks run in reverse order and must not block.
  virtual void OnDrain(std::function<void()> hook) = 0;

  // Runs `body` on a thread of its own once setup is done; it must return soon after a stop is requested. It is stopped
  // and joined in the reverse order of everything else, before what was made earlier is destroyed.
  virtual void RunInBackground(std::string name, std::function<void(std::stop_token)> body) = 0;

 protected:
  virtual void Own(void* part, void (*destroy)(void*)) = 0;
};

// The whole life of a service, called from main:
//
//   int main(int argc, char** argv) {
//     return crosspoint::RunMain("presence", argc, argv, [](crosspoint::App& app) -> absl::Status {
//       PresenceConfig config;
//       CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
//       auto& redis = app.Make<RedisClient>(config.redis);
//       …
//       app.AddReadinessCheck("redis", [&redis] { return redis.Ping(); });
//       return absl::OkStatus();
//     });
//   }
//
// Arguments: --config FILE, --check-config, --ports-file FILE, --version. Returns the exit code: 0 after an orderly end
// (SIGTERM, SIGINT), 2 when the setup says kInvalidArgument (wrong configuration; one line on standard error), 1 for
// any other failure to start. A second signal ends the process at once with 1.
int RunMain(std::string_view service, int argc, const char* const* argv,
            const std::function<absl::Status(App& app)>& setup);

}  // namespace crosspoint
