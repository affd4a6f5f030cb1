#include "tests/story/remote_system.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <netdb.h>

#include <algorithm>

#include "common/grpcx/channel.h"
#include "common/http/client.h"
#include "common/status/status.h"
#include "connectors/ews/client.h"

namespace crosspoint::story {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 90s;  // for containers that are being started

// The numeric addresses of "host:port", as "address:port".
absl::StatusOr<std::vector<std::string>> Resolve(const std::string& name) {
  const auto colon = name.rfind(':');
  if (colon == std::string::npos) return absl::InvalidArgumentError(name + " has no port");
  const auto host = name.substr(0, colon);
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return absl::UnavailableError(host + ": " + gai_strerror(error));
  }
  std::vector<std::string> addresses;
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    char text[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ai_addr)->sin_addr, text, sizeof text);
    addresses.push_back(text + name.substr(colon));
  }
  freeaddrinfo(found);
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

}  // namespace

RemoteSystem::RemoteSystem(RemoteOptions options)
    : options_(std::move(options)), credentials_(testing::Credentials::Create(options_.credentials)) {}

RemoteSystem::~RemoteSystem() = default;

absl::StatusOr<std::vector<std::string>> RemoteSystem::Start() {
  http::HttpClientConfig http{.ca_file = credentials_.ca_file()};
  http.addresses.allow_loopback = true;
  http_ = std::make_unique<http::HttpClient>(http);
  ews::EwsConfig exchange{.url = options_.exchange + "/EWS/Exchange.asmx",
                          .auth = ews::BasicAuth{"svc", options_.exchange_password}};
  exchange.ca_file = credentials_.ca_file();
  exchange.allow_loopback = true;
  CROSSPOINT_ASSIGN_OR_RETURN(mailboxes_, ews::EwsClient::Create(exchange));
  CROSSPOINT_RETURN_IF_ERROR(WaitForGateway());
  CROSSPOINT_RETURN_IF_ERROR(FindPresence());
  std::vector<std::string> parts = {fmt::format("{:<15} {}", "gateway", options_.gateway),
                                    fmt::format("{:<15} {}", "exchange", options_.exchange)};
  for (const auto& address : addresses_) parts.push_back(fmt::format("{:<15} {}", "presence", address));
  return parts;
}

std::shared_ptr<grpc::Channel> RemoteSystem::Gateway() {
  grpcx::ChannelConfig config{.target = options_.gateway};
  config.tls.ca_file = credentials_.ca_file();
  auto channel = grpcx::MakeChannel(config);
  return channel.ok() ? *channel : nullptr;
}

absl::Status RemoteSystem::WaitForGateway() {
  const auto channel = Gateway();
  if (channel == nullptr) return absl::InvalidArgumentError(options_.gateway + " is no address");
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + kPatience)) {
    return absl::DeadlineExceededError("no connection to " + options_.gateway);
  }
  return absl::OkStatus();
}

absl::Status RemoteSystem::FindPresence() {
  CROSSPOINT_ASSIGN_OR_RETURN(addresses_, Resolve(options_.presence));
  const auto files = credentials_.Certificate("gateway");
  for (const auto& address : addresses_) {
    grpcx::ChannelConfig config{.target = "ipv4:" + address};
    config.server_name = "presence";
    config.tls = {.certificate_file = files.certificate, .key_file = files.key, .ca_file = files.ca};
    CROSSPOINT_ASSIGN_OR_RETURN(auto channel, grpcx::MakeChannel(config));
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + kPatience)) {
      return absl::DeadlineExceededError("no connection to presence at " + address);
    }
    presence_.push_back(std::move(channel));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RemoteSystem::Exchange(std::string_view path, std::string_view json) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto answer, http_->Send({.method = json.empty() ? "GET" : "POST",
                                                        .url = options_.exchange + std::string(path),
                                                        .headers = {{"Content-Type", "application/json"}},
                                                        .body = std::string(json)}));
  if (answer.status / 100 != 2) {
    return absl::InternalError(fmt::format("{}: HTTP {} {}", path, answer.status, answer.body));
  }
  return std::move(answer.body);
}

}  // namespace crosspoint::story
