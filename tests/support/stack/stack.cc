#include "tests/support/stack/stack.h"

#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "common/grpcx/channel.h"
#include "connectors/ews/client.h"

namespace crosspoint::testing {
namespace {

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "stack: %s\n", why.c_str());
  std::exit(1);
}

std::filesystem::path TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-stack-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) Die("cannot make a directory");
  return pattern;
}

std::filesystem::path Prepared(const std::filesystem::path& dir) {
  if (dir.empty()) return TemporaryDirectory();
  std::filesystem::create_directories(dir);
  return std::filesystem::absolute(dir);
}

// Keeps the port from the other stacks of this machine for as long as this process lives, also while its service is
// down: by a name of the kernel's that goes with the process.
bool Claim(int port) {
  const int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto text = fmt::format("crosspoint-port-{}", port);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  text.copy(name.sun_path + 1, text.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  if (bind(socket_fd, reinterpret_cast<const sockaddr*>(&name), length) == 0) return true;  // stays open
  close(socket_fd);
  return false;
}

// A free port below those the kernel hands out by itself (from 32768), so that no connection takes it while its service
// is being restarted.
int OwnPort() {
  static int next = 20'000 + getpid() % 10'000;
  for (int tries = 0; tries < 10'000; ++tries) {
    next = next >= 32'000 ? 20'000 : next + 1;
    const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(next));
    const bool free = bind(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(socket_fd);
    if (free && Claim(next)) return next;
  }
  Die("no free port");
}

// What the gateway forwards to, where the stack has it.
constexpr const char* kBehindGateway[] = {"directory", "presence", "meeting-sync", "voicemail", "contact"};

std::map<std::string, std::vector<int>> Ports(const StackOptions& options) {
  std::map<std::string, std::vector<int>> ports;
  const auto reserve = [&ports](const std::string& name, int replicas) {
    for (auto& own = ports[name]; static_cast<int>(own.size()) < replicas;) own.push_back(OwnPort());
  };
  reserve("directory", options.directory);
  reserve("presence", options.presence);
  reserve("meeting-sync", options.meeting_sync);
  // It follows both, and so is left out where one is.
  reserve("contact", options.directory > 0 && options.meeting_sync > 0 ? options.contact : 0);
  reserve("gateway", options.gateway);
  reserve("voicemail", options.voicemail);
  return ports;
}

std::string Label(const std::string& name, int replica) { return fmt::format("{}-{}", name, replica); }

}  // namespace

StackOptions StackOptions::DirectoryAlone() {
  StackOptions options;
  options.presence = 0;
  options.meeting_sync = 0;
  options.contact = 0;
  options.gateway = 0;
  options.voicemail = 0;
  return options;
}

Stack::Stack(StackOptions options)
    : options_(std::move(options)),
      ports_(Ports(options_)),
      temporary_(options_.dir.empty()),
      dir_(Prepared(options_.dir)),
      credentials_(Credentials::Create(dir_ / "credentials")),
      redis_(std::make_unique<RedisServer>(RedisServerOptions{.kind = options_.redis})),
      exchange_(std::make_unique<ExchangeProcess>(options_.exchange_arguments)),
      mail_relay_(options_.mail_relay ? std::make_unique<SmtpServer>() : nullptr) {
  ews::EwsConfig config{.url = exchange_->ews_url(), .auth = ews::BasicAuth{"svc", exchange_->password_file()}};
  config.allow_loopback = true;
  config.allow_plain_http = true;
  auto client = ews::EwsClient::Create(config);
  if (!client.ok()) Die(client.status().ToString());
  mailboxes_ = std::move(*client);

  const auto ews =
      fmt::format("ews: {{url: '{}', user: svc, password_file: '{}', allow_loopback: true, allow_plain_http: true}}",
                  exchange_->ews_url(), exchange_->password_file());
  const std::string tenants = "tenants:\n";
  std::string directory_tenants = tenants;
  std::string meetings = tenants;  // with a bridge
  std::string regional = tenants;  // with the region that numbers without a country code are of
  for (const auto& tenant : options_.tenants) {
    regional += fmt::format("  {}: {{{}, region: DE}}\n", tenant.id, ews);
    meetings += fmt::format(
        "  {0}: {{{1}, bridge: {{mode: {2}, on_site_url: 'https://bridge.{0}.example/join/{{code}}', "
        "hosted_url: 'https://meet.hosted.example/join/{{code}}', dial_in_numbers: ['+15550100100']}}}}\n",
        tenant.id, ews, tenant.bridge_mode);
    directory_tenants += fmt::format("  {}: {{{}{}{}}}\n", tenant.id, ews, tenant.directory_yaml.empty() ? "" : ", ",
                                     tenant.directory_yaml);
  }
  const std::string bus = "bus: {bind: 'tcp://127.0.0.1:*'}\n";
  Add("directory", bus + directory_tenants + PeerYaml("presence", "directory"));
  Add("presence", bus + PeerYaml("directory", "presence"));
  Add("meeting-sync", meetings + PeerYaml("directory", "meeting-sync") + PeerYaml("presence", "meeting-sync"));
  Add("contact", bus + regional + PeerYaml("directory", "contact") + PeerYaml("meeting-sync", "contact"));
  Add("voicemail", regional + VoicemailYaml());
  std::string behind = options_.gateway_yaml;
  for (const char* const peer : kBehindGateway) behind += PeerYaml(peer, "gateway");
  Add("gateway", behind);
}

Stack::~Stack() {
  services_.clear();
  mailboxes_.reset();
  mail_relay_.reset();
  exchange_.reset();
  redis_.reset();
  std::error_code ignored;
  if (temporary_ && std::getenv("CROSSPOINT_KEEP_STACK") == nullptr) std::filesystem::remove_all(dir_, ignored);
}

void Stack::Add(const std::string& name, const std::string& yaml) {
  const auto& ports = ports_.at(name);
  for (int replica = 0; replica < static_cast<int>(ports.size()); ++replica) {
    const int port = ports[replica];
    services_.push_back(
        {name, replica, port,
         std::make_unique<ServiceProcess>(name, Label(name, replica), dir_, CommonYaml(name, port) + yaml), nullptr});
  }
}

std::string Stack::CommonYaml(const std::string& name, int port) const {
  const auto files = credentials_.Certificate(name);
  return fmt::format(
      "server: {{address: 127.0.0.1, port: {}, health_port: 0, http_port: 0, certificate_file: '{}', key_file: '{}', "
      "client_ca_file: '{}', client_certificate_optional: {}}}\n"
      "auth: {{issuer: '{}', audience: '{}', jwks_file: '{}'}}\n"
      "redis: {{address: 'unix:{}', durability: single}}\n",
      port, files.certificate.string(), files.key.string(), files.ca.string(), name == "gateway", Credentials::kIssuer,
      Credentials::kAudience, credentials_.jwks_file().string(), redis_->socket_path());
}

std::string Stack::VoicemailYaml() const {
  std::string yaml = fmt::format("blobs: {{directory: '{}'}}\n", blobs().string());
  for (const char* const peer : {"directory", "meeting-sync", "contact", "gateway"}) {
    yaml += PeerYaml(peer, "voicemail");
  }
  if (mail_relay_ == nullptr) return yaml;
  return yaml + fmt::format("smtp: {{host: 127.0.0.1, port: {}, tls: none, from: voicemail@corp.example}}\n",
                            mail_relay_->port());
}

std::string Stack::PeerYaml(const std::string& peer, const std::string& self) const {
  const auto ports = ports_.find(peer);
  if (ports == ports_.end() || ports->second.empty()) return "";
  std::string addresses;
  for (const int port : ports->second) addresses += fmt::format("{}127.0.0.1:{}", addresses.empty() ? "" : ",", port);
  std::string key = peer;
  std::replace(key.begin(), key.end(), '-', '_');
  const auto files = credentials_.Certificate(self);
  return fmt::format(
      "{}: {{target: 'ipv4:{}', server_name: {}, certificate_file: '{}', key_file: '{}', ca_file: '{}'}}\n", key,
      addresses, peer, files.certificate.string(), files.key.string(), files.ca.string());
}

void Stack::Start() {
  for (auto& service : services_) service.channel = ChannelAs("gateway", service.name, service.replica);
  for (auto& service : services_) service.process->Start();
  for (auto& service : services_) service.process->WaitReady();
}

std::vector<ServiceProcess*> Stack::processes() {
  std::vector<ServiceProcess*> all;
  for (auto& service : services_) all.push_back(service.process.get());
  return all;
}

int Stack::Replicas(const std::string& service) const {
  return static_cast<int>(std::count_if(services_.begin(), services_.end(),
                                        [&service](const Service& known) { return known.name == service; }));
}

size_t Stack::Index(const std::string& name, int replica) const {
  for (size_t i = 0; i < services_.size(); ++i) {
    if (services_[i].name == name && services_[i].replica == replica) return i;
  }
  Die("no replica " + Label(name, replica));
}

std::string Stack::Address(const std::string& service, int replica) const {
  return fmt::format("127.0.0.1:{}", services_[Index(service, replica)].port);
}

std::shared_ptr<grpc::Channel> Stack::Channel(const std::string& service, int replica) const {
  return services_[Index(service, replica)].channel;
}

std::shared_ptr<grpc::Channel> Stack::ChannelAs(const std::string& as, const std::string& service, int replica) const {
  grpcx::ChannelConfig config{.target = "ipv4:" + Address(service, replica)};
  config.server_name = service;
  config.tls.ca_file = credentials_.ca_file();
  if (!as.empty()) {
    const auto files = credentials_.Certificate(as);
    config.tls.certificate_file = files.certificate;
    config.tls.key_file = files.key;
  }
  auto channel = grpcx::MakeChannel(config);
  if (!channel.ok()) Die(channel.status().ToString());
  return *channel;
}

std::unique_ptr<grpc::ClientContext> Stack::With(const std::string& token) const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->AddMetadata("authorization", "Bearer " + token);
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return context;
}

std::unique_ptr<grpc::ClientContext> Stack::AsUser(const std::string& user_name) const {
  const std::string_view tenants = "tenants/";
  const bool named = user_name.starts_with(tenants);
  const auto tenant = named ? user_name.substr(tenants.size(), user_name.find('/', tenants.size()) - tenants.size())
                            : std::string("default");
  return With(credentials_.Token(tenant, user_name.substr(user_name.rfind('/') + 1), {"user"}));
}

std::unique_ptr<grpc::ClientContext> Stack::AsAdmin(const std::string& tenant) const {
  return With(credentials_.Token(tenant, "admin", {"tenant_admin"}));
}

std::unique_ptr<grpc::ClientContext> Stack::AsOperator() const {
  return With(credentials_.Token("", "operator", {"operator"}));
}

}  // namespace crosspoint::testing
