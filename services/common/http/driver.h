#pragma once

#include <curl/curl.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/http/client.h"
#include "common/http/transfer.h"

namespace crosspoint::http {

// The I/O thread and the multi handle it alone touches.
class HttpClient::Driver {
 public:
  explicit Driver(HttpClientConfig config);
  ~Driver();

  void Submit(std::shared_ptr<Transfer> transfer);
  // Ends the transfer with kCancelled and waits until none of its callbacks runs, unless called on the I/O thread.
  void Cancel(const std::shared_ptr<Transfer>& transfer);
  // Cancels everything and joins the thread.
  void Stop();
  size_t connections_opened() const { return connections_opened_; }

 private:
  void Run();
  void TakeCommands();
  void Begin(std::shared_ptr<Transfer> transfer);
  void CollectFinished();
  // Cuts silent transfers; returns how long to wait for the next to become one.
  std::chrono::milliseconds CutIdle();
  void Remove(Transfer* transfer);
  bool OnIoThread() const { return std::this_thread::get_id() == thread_.get_id(); }

  const HttpClientConfig config_;
  CURLM* multi_;
  std::unordered_map<Transfer*, std::shared_ptr<Transfer>> running_;  // I/O thread only
  std::atomic<size_t> connections_opened_{0};

  std::mutex mu_;
  std::condition_variable removed_;
  std::vector<std::shared_ptr<Transfer>> submitted_;  // guarded by mu_
  std::vector<std::shared_ptr<Transfer>> cancelled_;  // guarded by mu_
  bool stopping_ = false;                             // guarded by mu_

  std::thread thread_;  // last: everything it uses is there before it starts
};

}  // namespace crosspoint::http
