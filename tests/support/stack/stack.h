#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/credentials.h"
#include "tests/support/exchange_process/exchange_process.h"
#include "tests/support/redis_server.h"
#include "tests/support/smtp_server/smtp_server.h"
#include "tests/support/stack/service_process.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace crosspoint::ews {
class EwsClient;
}

namespace crosspoint::testing {

struct StackTenant {
  std::string id;
  std::string directory_yaml;  // more keys of the tenant in the directory's configuration, as "key: value, key: value"
  std::string bridge_mode = "on_site";  // whose bridge its conferences are on, for meeting-sync
};

struct StackOptions {
  std::filesystem::path dir;  // for configuration, certificates and logs; empty: a temporary one, removed at the end
  int directory = 1;          // replicas
  int presence = 2;
  int meeting_sync = 1;
  int contact = 1;
  int gateway = 1;
  int voicemail = 1;         // 0 or 1: its audio lies in a directory
  bool mail_relay = false;   // a real SMTP server beside it, for mails that notify
  std::string gateway_yaml;  // beside what every stack gives it, e.g. shorter leases
  RedisServerOptions::Kind redis = RedisServerOptions::Kind::kRedis;
  std::vector<std::string> exchange_arguments;
  std::vector<StackTenant> tenants = {{"default", ""}};  // all of them with mailboxes at the same Exchange

  // Nothing but one directory.
  static StackOptions DirectoryAlone();
};

// The whole system on loopback, each part a process: a private Redis with a synced append-only file, the Exchange
// simulator, and the services with mutual TLS and real tokens. Create it on the main thread.
class Stack {
 public:
  static constexpr char kTenant[] = "tenants/default";

  explicit Stack(StackOptions options = {});
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  // Starts all services and waits until each is ready. The parts before them run from construction.
  void Start();

  RedisServer& redis() { return *redis_; }
  ExchangeProcess& exchange() { return *exchange_; }
  const Credentials& credentials() const { return credentials_; }
  const std::filesystem::path& dir() const { return dir_; }
  ServiceProcess& directory(int replica = 0) { return *services_.at(Index("directory", replica)).process; }
  ServiceProcess& presence(int replica = 0) { return *services_.at(Index("presence", replica)).process; }
  ServiceProcess& meeting_sync(int replica = 0) { return *services_.at(Index("meeting-sync", replica)).process; }
  ServiceProcess& contact(int replica = 0) { return *services_.at(Index("contact", replica)).process; }
  ServiceProcess& gateway(int replica = 0) { return *services_.at(Index("gateway", replica)).process; }
  ServiceProcess& voicemail() { return *services_.at(Index("voicemail", 0)).process; }
  // Only with StackOptions::mail_relay.
  SmtpServer& mail_relay() { return *mail_relay_; }
  std::filesystem::path blobs() const { return dir_ / "voicemail-blobs"; }
  std::vector<ServiceProcess*> processes();
  bool Has(const std::string& service) const { return ports_.contains(service) && !ports_.at(service).empty(); }
  int Replicas(const std::string& service) const;

  // "127.0.0.1:port" of a replica; stays the same over restarts.
  std::string Address(const std::string& service, int replica = 0) const;
  // As a client behind the gateway's hop reaches one replica: the same channel each time, from Start on. Any thread.
  std::shared_ptr<grpc::Channel> Channel(const std::string& service, int replica = 0) const;
  // As client programs come: to the gateway, over TLS and without a certificate; a channel of its own.
  std::shared_ptr<grpc::Channel> GatewayChannel(int replica = 0) const { return ChannelAs("", "gateway", replica); }
  // A channel of its own, with the certificate of service `as`, or without one when empty.
  std::shared_ptr<grpc::Channel> ChannelAs(const std::string& as, const std::string& service, int replica = 0) const;

  // A call's context with the token of a user (of tenant "default" unless the name says another), of an administrator
  // of a tenant, of the operator, or with any token.
  std::unique_ptr<grpc::ClientContext> AsUser(const std::string& user_name) const;
  std::unique_ptr<grpc::ClientContext> AsAdmin(const std::string& tenant = "default") const;
  std::unique_ptr<grpc::ClientContext> AsOperator() const;
  std::unique_ptr<grpc::ClientContext> With(const std::string& token) const;

  // Exchange, logged in as the service account that may impersonate everybody.
  ews::EwsClient& mailboxes() { return *mailboxes_; }

 private:
  struct Service {
    std::string name;
    int replica = 0;
    int port = 0;
    std::unique_ptr<ServiceProcess> process;
    std::shared_ptr<grpc::Channel> channel;
  };
  size_t Index(const std::string& name, int replica) const;
  void Add(const std::string& name, const std::string& yaml);
  std::string CommonYaml(const std::string& name, int port) const;
  std::string VoicemailYaml() const;
  std::string PeerYaml(const std::string& peer, const std::string& self) const;

  const StackOptions options_;
  const std::map<std::string, std::vector<int>> ports_;  // by service and replica; known before any is configured
  const bool temporary_;
  const std::filesystem::path dir_;
  Credentials credentials_;
  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<ExchangeProcess> exchange_;
  std::unique_ptr<SmtpServer> mail_relay_;  // null without one
  std::unique_ptr<ews::EwsClient> mailboxes_;
  std::vector<Service> services_;
};

}  // namespace crosspoint::testing
