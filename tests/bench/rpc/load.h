#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace crosspoint::bench {

// What one round of calls gave.
struct Round {
  double calls_per_second = 0;
  double server_cpu_us = 0;  // of the server process, per call
};

struct Load {
  int connections = 4;
  int threads = 8;
  size_t payload_bytes = 128;
  std::chrono::milliseconds round{1000};
};

// One echo server in a process of its own, made by running this program again.
class ServerProcess {
 public:
  // `kind` is "bare", "queue", "guarded" or "guarded-wait"; `folder` holds the credentials both sides use.
  ServerProcess(const std::string& kind, const std::string& folder, bool mutual_tls);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  // Processor time it has used.
  double cpu_seconds() const;

 private:
  int pid_ = 0;
  int input_ = -1;  // closing it ends the server
  int port_ = 0;
};

// Calls one echo server from several threads over its own connections, one call after another on each thread.
class Caller {
 public:
  Caller(const ServerProcess& server, const Load& load, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

  // With `token` a call bears what our clients send: token and deadline. Without: nothing.
  Round Run(const std::string& token) const;
  // Microseconds of single calls, one for each token.
  std::vector<double> Latencies(const std::vector<std::string>& tokens) const;

 private:
  const ServerProcess& server_;
  Load load_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
};

double Median(std::vector<double> values);

}  // namespace crosspoint::bench
