#pragma once

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/http/client.h"

namespace crosspoint::http {

// One exchange on an easy handle: sets it up, collects or hands on what arrives, and translates how it ended. Belongs
// to the I/O thread; `removed` alone is shared, under the driver's lock.
class Transfer {
 public:
  using Clock = std::chrono::steady_clock;

  Transfer(HttpRequest request, StreamCallbacks callbacks);
  Transfer(HttpRequest request, std::function<void(absl::StatusOr<HttpResponse>)> callback);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Prepares the handle. An error means the request cannot be sent. `config` must outlive the transfer.
  absl::Status Prepare(const HttpClientConfig& config);
  CURL* easy() const { return easy_; }

  // Tells the owner the outcome, once; later calls do nothing.
  void End(const absl::Status& status);
  bool ended() const { return ended_; }
  // Whether all this failed on were connections kept from earlier, so that it may go on a new one; of an answer nothing
  // has come. curl does that by itself five times, but as long as it has other kept ones it takes those.
  bool MayGoAgain(CURLcode code) const;
  // Prepares the handle for that, in what is left of the time.
  void GoAgain();
  // The outcome of a transfer that curl reports as done.
  absl::Status Outcome(CURLcode code) const;
  size_t ConnectionsOpened() const;
  // When silence becomes an error; max when it never does.
  Clock::time_point IdleDeadline() const;
  static absl::Status IdleError();

  bool removed = false;  // guarded by the driver's mutex: no callback will run any more

 private:
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);

  absl::Status SetUrlAndMethod();
  absl::Status SetHeaders();
  absl::Status SetCredentials();
  void SetTls(const HttpClientConfig& config);
  void SetRoutes(const HttpClientConfig& config);
  void SetCallbacks();
  absl::Status TakeHeaderLine(std::string_view line);
  absl::Status TakeBody(std::string_view data);
  // Calls on_headers unless that has been done.
  absl::Status TellHeaders();
  bool IsFollowed() const;
  // The server's half of an NTLM login; curl answers it on the same connection.
  bool IsNtlmChallenge() const;

  const HttpRequest request_;
  StreamCallbacks stream_;
  std::function<void(absl::StatusOr<HttpResponse>)> callback_;
  const bool is_stream_;
  const HttpClientConfig* config_ = nullptr;
  CURL* easy_ = nullptr;
  CURLSH* own_connections_ = nullptr;  // instead of those of all transfers
  curl_slist* headers_ = nullptr;
  curl_slist* routes_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  HttpResponse response_;
  size_t header_bytes_ = 0;
  bool headers_complete_ = false;
  bool headers_told_ = false;
  bool ended_ = false;
  bool address_refused_ = false;
  bool went_again_ = false;
  std::optional<absl::Status> own_error_;  // why we ended the transfer ourselves
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_activity_ = Clock::now();
};

absl::Status CancelledError();

}  // namespace crosspoint::http
