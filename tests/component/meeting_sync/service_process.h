#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace grpc {
class Channel;
}

namespace crosspoint::testing {

// Asks until `condition` holds; false when it does not within `limit`.
template <class Condition>
bool Eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// crosspoint-meeting-sync as a process of its own with a configuration, on free ports, authentication off. Gone with
// the object, also when the test is killed. Create it on the main thread: it dies with the thread that started it.
class ServiceProcess {
 public:
  explicit ServiceProcess(const std::string& yaml);
  ~ServiceProcess();
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  // Until the ports are open; fails the test when they do not open.
  void AwaitPorts();
  bool AwaitReady(std::chrono::milliseconds limit = std::chrono::seconds(15)) const;
  void Signal(int number) const;
  // The exit code; -1 when it does not end in time.
  int Wait(std::chrono::milliseconds limit = std::chrono::seconds(20));

  std::string address() const;
  std::shared_ptr<grpc::Channel> channel() const;
  // Status and body of a GET on the HTTP port; status 0 when there is no answer.
  std::pair<int, std::string> Get(const std::string& path) const;
  std::string log() const { return Read("stderr"); }
  int LogCount(const std::string& event) const;
  // A kB figure of /proc/PID/smaps_rollup.
  long MemoryKb(const std::string& what) const;
  int ThreadCount() const;
  // Processor time used since its start.
  double CpuSeconds() const;

 private:
  std::string Read(const std::string& file) const;

  std::filesystem::path dir_;
  std::map<std::string, int> ports_;
  pid_t pid_ = -1;
};

}  // namespace crosspoint::testing
