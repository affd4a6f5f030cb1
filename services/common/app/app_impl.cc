#include "common/app/app_impl.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/grpcx/certificate_expiry.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

using namespace std::chrono_literals;

// After start, while connections are still being made, failing checks are no news.
constexpr auto kStartSilence = 1s;

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "unknown";
}

std::string VariablePrefix(std::string_view service) {
  std::string prefix = "CROSSPOINT_";
  for (const char c : service) prefix += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return prefix + "_";
}

void NameThread(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

absl::StatusOr<std::string> FetchJwks(http::HttpClient& client, const std::string& url) {
  http::HttpRequest request;
  request.url = url;
  request.timeout = 10s;
  request.max_response_bytes = 1 << 20;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto response, client.Send(request));
  if (response.status != 200) {
    return absl::UnavailableError(fmt::format("{} answered HTTP status {}", url, response.status));
  }
  return response.body;
}

}  // namespace

// A part that is a thread: stopped and joined when its turn in the destruction comes.
struct AppImpl::Background {
  std::string name;
  std::function<void(std::stop_token)> body;
  std::jthread thread;
};

AppImpl::AppImpl(std::string_view service, Arguments arguments)
    : service_(service),
      arguments_(std::move(arguments)),
      instance_(ids_.NewId(HostName() + "-").substr(0, HostName().size() + 7)),
      log_(service_, log::Level::kInfo),
      readiness_(clock_, log_, clock_.Now() + kStartSilence) {}

AppImpl::~AppImpl() { Stop(); }

absl::Status AppImpl::LoadConfig(config::Binder& binder) {
  BindCommonConfig(binder, config_);
  CROSSPOINT_RETURN_IF_ERROR(binder.Load(arguments_.config_file, VariablePrefix(service_)));
  if (arguments_.check_config) {
    config_checked_ = true;
    return absl::CancelledError("only the configuration was to be checked");
  }
  log_.SetLevel(config_.log_level);
  if (!config_.tracing.endpoint.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(export_, tracing::Export::Start(config_.tracing, service_, instance_));
  }
  return MakeGuard();
}

absl::Status AppImpl::MakeGuard() {
  std::unique_ptr<grpcx::JwksSource> keys;
  if (!config_.auth.off && !config_.auth.jwks_url.empty()) {
    http::HttpClientConfig client;
    client.addresses.allow_loopback = true;  // the address is the administrator's, not a caller's
    jwks_client_ = std::make_unique<http::HttpClient>(client);
    keys = grpcx::FunctionJwksSource([this, url = config_.auth.jwks_url] { return FetchJwks(*jwks_client_, url); });
  } else if (!config_.auth.off) {
    keys = grpcx::FileJwksSource(config_.auth.jwks_file);
  }
  authenticator_ = std::make_unique<grpcx::Authenticator>(config_.auth, std::move(keys), clock_, log_);
  call_metrics_ = std::make_unique<CallMetrics>(metrics_, service_);
  guard_ = std::make_unique<grpcx::Guard>(
      *authenticator_, clock_, log_,
      grpcx::Guard::Options{.config = config_.limits,
                            .observer = call_metrics_.get(),
                            .grants = [this](const UserId& owner, const UserId& delegate) {
                              return grants_ && grants_(owner, delegate);
                            }});
  if (!config_.auth.off) AddReadinessCheck("auth", [this] { return authenticator_->Ready(); });
  const auto read = [this](auto member) {
    return [this, member] { return double(authenticator_->counters().*member); };
  };
  using Counters = grpcx::Authenticator::Counters;
  const auto name = [this](std::string_view what) {
    return fmt::format("crosspoint_{}_token_{}_total", service_, what);
  };
  metrics_.AddReadCounter(name("cache_hits"), "Tokens known to be good", read(&Counters::cache_hits));
  metrics_.AddReadCounter(name("verifications"), "Tokens verified and found good", read(&Counters::verified));
  metrics_.AddReadCounter(name("refusals"), "Tokens refused", read(&Counters::refused));
  metrics_.AddReadCounter(name("key_fetch_errors"), "Failed readings of the issuer's keys",
                          read(&Counters::key_fetch_errors));
  return absl::OkStatus();
}

grpcx::Guard& AppImpl::guard() {
  if (guard_ == nullptr) {
    std::fprintf(stderr, "bug: %s serves before LoadConfig\n", service_.c_str());
    std::abort();
  }
  return *guard_;
}

void AppImpl::AddReadinessCheck(std::string name, std::function<absl::Status()> check) {
  readiness_.Add(std::move(name), std::move(check));
}

void AppImpl::RunInBackground(std::string name, std::function<void(std::stop_token)> body) {
  backgrounds_.push_back(&Keep(std::make_unique<Background>(Background{std::move(name), std::move(body), {}})));
}

void AppImpl::AddCertificateMetric() {
  const auto& file = config_.server.certificate_file;
  if (file.empty()) return;
  metrics_.AddReadGauge("crosspoint_tls_certificate_expiry_timestamp_seconds",
                        "When the certificate of the main port ends, since 1970; 0: its file cannot be read", [file] {
                          const auto end = grpcx::CertificateExpiry(file);
                          if (!end.ok()) return 0.0;
                          return std::chrono::duration<double>(end->time_since_epoch()).count();
                        });
}

absl::Status AppImpl::Start() {
  AddProcessMetrics(metrics_);
  AddCertificateMetric();
  metrics_.AddReadGauge(fmt::format("crosspoint_{}_ready", service_), "1 while the service is ready",
                        [this] { return readiness_.report().ready ? 1.0 : 0.0; });
  metrics_.Gauges("crosspoint_build_info", "Always 1; the version is in the label", {{"version", {CROSSPOINT_VERSION}}})
      .With({CROSSPOINT_VERSION})
      .Set(1);
  auto health = HealthPort::Start(config_.server.address, config_.server.health_port);
  if (!health.ok()) return Annotate(health.status(), "server.health_port");
  health_ = *std::move(health);
  CROSSPOINT_RETURN_IF_ERROR(Annotate(StartHttp(), "server.http_port"));
  CROSSPOINT_RETURN_IF_ERROR(Annotate(StartRpc(), "server.port"));
  CROSSPOINT_RETURN_IF_ERROR(WritePortsFile());
  for (auto* background : backgrounds_) {
    background->thread = std::jthread([background](std::stop_token stop) {
      NameThread(background->name);
      background->body(std::move(stop));
    });
  }
  readiness_thread_ = std::jthread([this](std::stop_token stop) { WatchReadiness(std::move(stop)); });
  return absl::OkStatus();
}

absl::Status AppImpl::StartHttp() {
  HttpServerConfig config;
  config.listen_address = config_.server.address;
  config.port = config_.server.http_port;
  config.max_body_bytes = 1024;
  config.max_threads = 4;
  config.keep_alive = 1s;
  http_ = std::make_unique<HttpServer>(config);
  http_->Handle("GET", "/metrics", [this](const HttpRequest&, HttpResponse& response) {
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics_.Exposition();
  });
  http_->Handle("GET", "/healthz", [this](const HttpRequest&, HttpResponse& response) {
    const auto report = readiness_.report();
    response.status = report.ready ? 200 : 503;
    response.content_type = "application/json";
    response.body = ToJson(report);
  });
  http_->Handle("GET", "/livez", [](const HttpRequest&, HttpResponse& response) { response.body = "ok\n"; });
  return http_->Start();
}

absl::Status AppImpl::StartRpc() {
  if (services_.empty()) return absl::OkStatus();
  grpcx::ServerOptions options;
  options.address = HostAndPort(config_.server.address, config_.server.port);
  options.tls = {config_.server.certificate_file, config_.server.key_file, config_.server.client_ca_file};
  if (config_.server.client_certificate_optional) options.client_certificate = grpcx::ClientCertificate::kOptional;
  options.max_rpc_threads = config_.limits.max_unary_calls;
  options.max_request_bytes = config_.limits.max_request_bytes;
  options.max_metadata_bytes = config_.server.max_metadata_bytes;
  options.reflection = config_.server.reflection;
  CROSSPOINT_ASSIGN_OR_RETURN(rpc_, grpcx::RpcServer::Start(options, *guard_, services_));
  return absl::OkStatus();
}

std::string AppImpl::Ports() const {
  const nlohmann::ordered_json ports{
      {"grpc", rpc_ == nullptr ? 0 : rpc_->port()}, {"health", health_->port()}, {"http", http_->port()}};
  return ports.dump();
}

absl::Status AppImpl::WritePortsFile() const {
  const auto& file = arguments_.ports_file;
  if (file.empty()) return absl::OkStatus();
  // Whoever waits for the file must never see half of it.
  auto partial = file;
  partial += ".new";
  std::error_code error;
  std::ofstream(partial) << Ports() << "\n";
  std::filesystem::rename(partial, file, error);
  if (error) return absl::InvalidArgumentError(fmt::format("--ports-file {}: {}", file.string(), error.message()));
  return absl::OkStatus();
}

void AppImpl::WatchReadiness(std::stop_token stop) {
  NameThread("readiness");
  std::mutex mu;
  std::condition_variable_any wake;
  bool was_ready = false;
  while (!stop.stop_requested()) {
    const bool ready = PublishReadiness(readiness_.Poll());
    if (ready && !was_ready) {
      const auto took = std::chrono::steady_clock::now() - begin_;
      log_.Info("ready", {{"grpc_port", rpc_ == nullptr ? 0 : rpc_->port()},
                          {"health_port", health_->port()},
                          {"http_port", http_->port()},
                          {"since_start_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
    }
    was_ready = ready;
    // Quick at first, so that a service is ready as soon as its connections are.
    const bool starting = std::chrono::steady_clock::now() - begin_ < kStartSilence;
    const auto pause = ready ? 500ms : starting ? 20ms : 250ms;
    std::unique_lock lock(mu);
    wake.wait_for(lock, stop, pause, [] { return false; });
  }
}

bool AppImpl::PublishReadiness(bool ready) {
  const std::lock_guard lock(mu_);
  ready = ready && !draining_;
  health_->SetServing(ready);
  return ready;
}

void AppImpl::Drain() {
  {
    const std::lock_guard lock(mu_);
    draining_ = true;
    health_->SetServing(false);
  }
  readiness_.Drain();
  log_.Info("draining", {{"delay_ms", config_.server.drain_delay.count()}});
  std::this_thread::sleep_for(config_.server.drain_delay);
  for (auto hook = drain_hooks_.rbegin(); hook != drain_hooks_.rend(); ++hook) (*hook)();
  if (rpc_ != nullptr) rpc_->Shutdown(config_.server.drain_timeout);
}

void AppImpl::Stop() {
  readiness_thread_ = {};
  rpc_.reset();
  http_.reset();  // reads metrics that the parts feed
  while (!parts_.empty()) {
    const auto [part, destroy] = parts_.back();
    parts_.pop_back();
    destroy(part);
  }
  health_.reset();
  guard_.reset();
  authenticator_.reset();
  jwks_client_.reset();
  export_.reset();
}

}  // namespace crosspoint
