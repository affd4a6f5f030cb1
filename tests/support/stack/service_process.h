#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/http/client.h"

namespace crosspoint::testing {

// One of our services as a process of its own. Killed with the object, also when the test is killed: create it on the
// main thread, the process dies with the thread that started it.
class ServiceProcess {
 public:
  // `name` as in crosspoint-NAME; `label` names files in `dir`: LABEL.yaml, LABEL.log, LABEL.ports. `yaml` must give
  // the ports 0 or fixed ones.
  ServiceProcess(std::string name, std::string label, std::filesystem::path dir, const std::string& yaml);
  ~ServiceProcess();
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  void Start();
  // Until /healthz says ready. Stops the test program, showing the log's end, when that takes longer than `limit`.
  void WaitReady(std::chrono::milliseconds limit = std::chrono::seconds(30));
  bool Ready() const;
  void Signal(int number) const;
  void Kill();  // SIGKILL, and waits for the end
  // SIGTERM; the exit code, -1 when it does not end in time. Shows the log's end of one that is not 0.
  int Terminate(std::chrono::milliseconds limit = std::chrono::seconds(30));

  const std::string& label() const { return label_; }
  pid_t pid() const { return pid_; }
  bool running() const { return pid_ > 0; }
  int http_port() const;
  // Status and body of a GET on the HTTP port; status 0 when there is no answer.
  std::pair<int, std::string> Get(const std::string& path) const;
  // A kB figure of /proc/PID/smaps_rollup, e.g. "Rss", "Private_Dirty".
  long MemoryKb(const std::string& what) const;
  std::filesystem::path log_file() const { return dir_ / (label_ + ".log"); }
  std::filesystem::path config_file() const { return dir_ / (label_ + ".yaml"); }

 private:
  std::string LastWords() const;

  const std::string name_;
  const std::string label_;
  const std::filesystem::path dir_;
  pid_t pid_ = -1;
};

// Asks every few milliseconds until `condition` holds; false when it does not within `limit`.
template <class Condition>
bool Eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(10));

void Pause(std::chrono::milliseconds time);

template <class Condition>
bool Eventually(Condition condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    Pause(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace crosspoint::testing
