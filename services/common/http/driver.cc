#include "common/http/driver.h"

#include <algorithm>
#include <utility>

namespace crosspoint::http {
namespace {

using std::chrono::milliseconds;

CURLM* NewMulti(const HttpClientConfig& config) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialised;
  CURLM* multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, config.max_connections_per_host);
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, config.max_connections);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, config.max_connections);
  return multi;
}

}  // namespace

HttpClient::Driver::Driver(HttpClientConfig config) : config_(std::move(config)), multi_(NewMulti(config_)) {
  thread_ = std::thread([this] { Run(); });
}

HttpClient::Driver::~Driver() {
  Stop();
  curl_multi_cleanup(multi_);
}

void HttpClient::Driver::Submit(std::shared_ptr<Transfer> transfer) {
  {
    const std::lock_guard lock(mu_);
    if (!stopping_) {
      submitted_.push_back(std::move(transfer));
      curl_multi_wakeup(multi_);
      return;
    }
    transfer->removed = true;
  }
  transfer->End(CancelledError());
}

void HttpClient::Driver::Cancel(const std::shared_ptr<Transfer>& transfer) {
  if (OnIoThread()) transfer->End(CancelledError());
  std::unique_lock lock(mu_);
  if (transfer->removed) return;
  cancelled_.push_back(transfer);
  curl_multi_wakeup(multi_);
  if (!OnIoThread()) removed_.wait(lock, [&] { return transfer->removed; });
}

void HttpClient::Driver::Stop() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  if (thread_.joinable()) thread_.join();
}

void HttpClient::Driver::Run() {
  while (true) {
    TakeCommands();
    {
      const std::lock_guard lock(mu_);
      if (stopping_ && submitted_.empty()) break;
    }
    int running = 0;
    curl_multi_perform(multi_, &running);
    CollectFinished();
    const milliseconds wait = CutIdle();
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
  }
  while (!running_.empty()) {
    const auto transfer = running_.begin()->second;
    transfer->End(CancelledError());
    Remove(transfer.get());
  }
}

void HttpClient::Driver::TakeCommands() {
  std::vector<std::shared_ptr<Transfer>> submitted;
  std::vector<std::shared_ptr<Transfer>> cancelled;
  {
    const std::lock_guard lock(mu_);
    submitted.swap(submitted_);
    cancelled.swap(cancelled_);
  }
  for (auto& transfer : submitted) Begin(std::move(transfer));
  for (const auto& transfer : cancelled) {
    transfer->End(CancelledError());
    Remove(transfer.get());
  }
}

void HttpClient::Driver::Begin(std::shared_ptr<Transfer> transfer) {
  Transfer* const key = transfer.get();
  running_.emplace(key, transfer);
  const absl::Status status = transfer->ended() ? CancelledError() : transfer->Prepare(config_);
  if (!status.ok()) {
    transfer->End(status);
    Remove(key);
    return;
  }
  curl_multi_add_handle(multi_, key->easy());
}

void HttpClient::Driver::CollectFinished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    if (transfer->MayGoAgain(message->data.result)) {
      curl_multi_remove_handle(multi_, transfer->easy());
      transfer->GoAgain();
      curl_multi_add_handle(multi_, transfer->easy());
      continue;
    }
    const absl::Status outcome = transfer->Outcome(message->data.result);
    connections_opened_ += transfer->ConnectionsOpened();
    transfer->End(outcome);
    Remove(transfer);
  }
}

milliseconds HttpClient::Driver::CutIdle() {
  const auto now = Transfer::Clock::now();
  auto next = now + std::chrono::minutes(1);  // commands wake the poll, and curl knows its own timers
  std::vector<Transfer*> silent;
  for (const auto& [key, transfer] : running_) {
    const auto deadline = transfer->IdleDeadline();
    if (deadline <= now) {
      silent.push_back(key);
    } else {
      next = std::min(next, deadline);
    }
  }
  for (Transfer* transfer : silent) {
    transfer->End(Transfer::IdleError());
    Remove(transfer);
  }
  return std::chrono::ceil<milliseconds>(next - now);
}

void HttpClient::Driver::Remove(Transfer* transfer) {
  const auto it = running_.find(transfer);
  if (it == running_.end()) return;
  const auto keep = std::move(it->second);
  running_.erase(it);
  if (keep->easy() != nullptr) curl_multi_remove_handle(multi_, keep->easy());
  {
    const std::lock_guard lock(mu_);
    keep->removed = true;
  }
  removed_.notify_all();
}

}  // namespace crosspoint::http
