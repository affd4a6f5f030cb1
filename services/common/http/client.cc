#include "common/http/client.h"

#include <future>
#include <utility>

#include "common/http/driver.h"
#include "common/http/text.h"

namespace crosspoint::http {
namespace {

template <class Driver>
class DrivenStream final : public HttpStream {
 public:
  DrivenStream(std::shared_ptr<Driver> driver, std::shared_ptr<Transfer> transfer)
      : driver_(std::move(driver)), transfer_(std::move(transfer)) {}
  ~DrivenStream() override { driver_->Cancel(transfer_); }
  void Cancel() override { driver_->Cancel(transfer_); }

 private:
  const std::shared_ptr<Driver> driver_;  // shared with the client: a stream may be destroyed after it
  const std::shared_ptr<Transfer> transfer_;
};

}  // namespace

std::string_view HttpResponse::Get(std::string_view name) const {
  for (const Header& header : headers) {
    if (EqualsIgnoringCase(header.name, name)) return header.value;
  }
  return {};
}

std::vector<std::string_view> HttpResponse::GetAll(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Header& header : headers) {
    if (EqualsIgnoringCase(header.name, name)) values.push_back(header.value);
  }
  return values;
}

HttpClient::HttpClient(HttpClientConfig config) : driver_(std::make_shared<Driver>(std::move(config))) {}

HttpClient::~HttpClient() { driver_->Stop(); }

void HttpClient::Stop() { driver_->Stop(); }

absl::StatusOr<HttpResponse> HttpClient::Send(const HttpRequest& request) {
  std::promise<absl::StatusOr<HttpResponse>> promise;
  auto future = promise.get_future();
  Send(request, [&promise](absl::StatusOr<HttpResponse> response) { promise.set_value(std::move(response)); });
  return future.get();
}

void HttpClient::Send(const HttpRequest& request, std::function<void(absl::StatusOr<HttpResponse>)> callback) {
  driver_->Submit(std::make_shared<Transfer>(request, std::move(callback)));
}

std::unique_ptr<HttpStream> HttpClient::Stream(const HttpRequest& request, StreamCallbacks callbacks) {
  auto transfer = std::make_shared<Transfer>(request, std::move(callbacks));
  driver_->Submit(transfer);
  return std::make_unique<DrivenStream<Driver>>(driver_, std::move(transfer));
}

size_t HttpClient::connections_opened() const { return driver_->connections_opened(); }

}  // namespace crosspoint::http
