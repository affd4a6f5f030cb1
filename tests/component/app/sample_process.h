#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace crosspoint::testing {

// `app_sample` as a process of its own, in a private folder. Killed with the object.
class SampleProcess {
 public:
  SampleProcess();
  ~SampleProcess();
  SampleProcess(const SampleProcess&) = delete;
  SampleProcess& operator=(const SampleProcess&) = delete;

  // Added to the configuration before Start. The base is loopback, free ports, authentication off.
  void Configure(const std::string& yaml) { yaml_ += yaml; }
  // Instead of everything.
  void ConfigureOnly(const std::string& yaml) { yaml_ = yaml; }
  std::filesystem::path dir() const { return dir_; }

  void Start(const std::vector<std::string>& arguments = {},
             const std::map<std::string, std::string>& environment = {});
  // Until the ports are open.
  void StartAndWait();
  void Signal(int number) const;
  // The exit code; -1 when it does not end within `limit`.
  int Wait(std::chrono::milliseconds limit = std::chrono::seconds(20));

  int port(const std::string& which) const { return ports_.at(which); }
  // Status and body of a GET on the HTTP port; status 0 when there is no answer.
  std::pair<int, std::string> Get(const std::string& path) const;
  // "SERVING", "NOT_SERVING", or why there is no answer.
  std::string Health() const;
  // What the main port's reflection service (v1alpha) answers to "list services", as it is on the wire.
  std::string Reflection() const;

  std::string Stdout() const { return Read("stdout"); }
  std::string Stderr() const { return Read("stderr"); }
  // Log lines with this event.
  std::vector<nlohmann::json> Logged(const std::string& event) const;
  std::vector<std::string> Diary() const;
  // A kB figure of /proc/PID/smaps_rollup.
  long MemoryKb(const std::string& what) const;

 private:
  std::string Read(const std::string& file) const;

  std::filesystem::path dir_;
  std::string yaml_;
  pid_t pid_ = -1;
  nlohmann::json ports_;
};

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

}  // namespace crosspoint::testing
