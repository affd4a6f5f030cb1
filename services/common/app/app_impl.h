#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/app/app.h"
#include "common/app/arguments.h"
#include "common/app/call_metrics.h"
#include "common/app/health_port.h"
#include "common/app/readiness.h"
#include "common/grpcx/auth.h"
#include "common/grpcx/server.h"
#include "common/http/client.h"
#include "common/httpd/http_server.h"
#include "common/tracing/tracing.h"

namespace crosspoint {

// The App that RunMain makes. Life: setup fills it, Start opens the ports, Drain ends the calls, Stop takes everything
// down in reverse. Of the main thread, except where App says otherwise.
class AppImpl final : public App {
 public:
  AppImpl(std::string_view service, Arguments arguments);
  ~AppImpl() override;

  std::string_view service() const override { return service_; }
  std::string_view instance() const override { return instance_; }
  const std::filesystem::path& config_file() const override { return arguments_.config_file; }
  const ServerConfig& server() const override { return config_.server; }
  Clock& clock() override { return clock_; }
  IdSource& ids() override { return ids_; }
  log::Logger& log() override { return log_; }
  metrics::Registry& metrics() override { return metrics_; }

  absl::Status LoadConfig(config::Binder& binder) override;
  void Serve(grpcx::GuardedService& service) override { services_.push_back(&service); }
  using App::LoadConfig;
  using App::Serve;
  grpcx::Guard& guard() override;
  void SetDelegateGrants(grpcx::DelegateGrants grants) override { grants_ = std::move(grants); }
  void AddReadinessCheck(std::string name, std::function<absl::Status()> check) override;
  void OnDrain(std::function<void()> hook) override { drain_hooks_.push_back(std::move(hook)); }
  void RunInBackground(std::string name, std::function<void(std::stop_token)> body) override;

  // Whether --check-config was asked for and the configuration was found good.
  bool config_checked() const { return config_checked_; }

  //   kInvalidArgument  the address or the certificates do not do
  //   kUnavailable      a port cannot be opened
  absl::Status Start();
  void Drain();
  void Stop();

 protected:
  void Own(void* part, void (*destroy)(void*)) override { parts_.push_back({part, destroy}); }

 private:
  struct Part {
    void* part;
    void (*destroy)(void*);
  };
  struct Background;

  absl::Status MakeGuard();
  absl::Status StartHttp();
  absl::Status StartRpc();
  void AddCertificateMetric();
  absl::Status WritePortsFile() const;
  void WatchReadiness(std::stop_token stop);
  bool PublishReadiness(bool ready);
  std::string Ports() const;

  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  const std::string service_;
  const Arguments arguments_;
  SystemClock clock_;
  RandomIdSource ids_;
  const std::string instance_;
  log::Logger log_;
  metrics::Registry metrics_;
  CommonConfig config_;
  bool config_checked_ = false;

  std::unique_ptr<tracing::Export> export_;
  std::unique_ptr<http::HttpClient> jwks_client_;  // only with auth.jwks_url
  std::unique_ptr<grpcx::Authenticator> authenticator_;
  grpcx::DelegateGrants grants_;
  std::unique_ptr<CallMetrics> call_metrics_;
  std::unique_ptr<grpcx::Guard> guard_;
  Readiness readiness_;
  std::vector<Part> parts_;
  std::vector<Background*> backgrounds_;  // among the parts
  std::vector<grpcx::GuardedService*> services_;
  std::vector<std::function<void()>> drain_hooks_;

  std::unique_ptr<HealthPort> health_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<grpcx::RpcServer> rpc_;
  std::mutex mu_;
  bool draining_ = false;  // guarded by mu_: once set, health stays NOT_SERVING
  std::jthread readiness_thread_;
};

}  // namespace crosspoint
