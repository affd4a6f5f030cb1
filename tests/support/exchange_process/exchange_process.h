#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/client.h"

namespace crosspoint::testing {

// crosspoint-exchange-sim as a process of its own on a free loopback port, with the service account "svc", checking
// against the official schema where that is at hand. Gone with the object, also when the test is killed. Stops the test
// program when it will not start. Create it on the main thread: the process dies with the thread that started it.
class ExchangeProcess {
 public:
  explicit ExchangeProcess(std::vector<std::string> extra_arguments = {});
  ~ExchangeProcess();
  ExchangeProcess(const ExchangeProcess&) = delete;
  ExchangeProcess& operator=(const ExchangeProcess&) = delete;

  std::string ews_url() const { return base_url() + "/EWS/Exchange.asmx"; }
  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string password_file() const { return (directory_ / "password").string(); }
  std::string token_file() const { return (directory_ / "token").string(); }

  // The side channel: the body of the answer. Fails the test when it is not 2xx.
  std::string Get(std::string_view path);
  std::string Post(std::string_view path, std::string_view json = "{}");

  void ForgetFaults();  // DELETE /sim/faults

  void Freeze();  // it takes connections and answers nothing, until Thaw
  void Thaw();
  void Kill();     // SIGKILL
  void Restart();  // on the same port, with nothing remembered

 private:
  void Start();
  std::string Ask(std::string_view method, std::string_view path, std::string_view json);

  const std::vector<std::string> extra_arguments_;
  std::filesystem::path directory_;
  int port_ = 0;
  pid_t pid_ = -1;
  http::HttpClient http_;
};

}  // namespace crosspoint::testing
