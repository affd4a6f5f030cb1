#include "tests/support/otlp_collector.h"

#include <google/protobuf/unknown_field_set.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "common/httpd/http_server.h"

namespace crosspoint::testing {

struct OtlpCollector::State {
  HttpServer server{HttpServerConfig{}};
  std::mutex mu;
  std::condition_variable arrived;
  std::vector<std::string> bodies;  // guarded by mu
  std::string content_type;         // guarded by mu
};

OtlpCollector::OtlpCollector() : state_(std::make_unique<State>()) {
  state_->server.Handle("POST", "/v1/traces",
                        [state = state_.get()](const HttpRequest& request, HttpResponse& response) {
                          const std::lock_guard lock(state->mu);
                          state->content_type = request.Header("content-type");
                          state->bodies.push_back(request.body);
                          response.content_type = "application/x-protobuf";
                          state->arrived.notify_all();
                        });
  if (!state_->server.Start().ok()) std::abort();
}

OtlpCollector::~OtlpCollector() { state_->server.Stop(); }

std::string OtlpCollector::url() const {
  return "http://127.0.0.1:" + std::to_string(state_->server.port()) + "/v1/traces";
}

std::string OtlpCollector::WaitForBody(std::chrono::milliseconds limit) {
  std::unique_lock lock(state_->mu);
  if (!state_->arrived.wait_for(lock, limit, [this] { return !state_->bodies.empty(); })) return "";
  return state_->bodies.front();
}

std::string OtlpCollector::content_type() const {
  const std::lock_guard lock(state_->mu);
  return state_->content_type;
}

std::string Dig(std::string bytes, std::initializer_list<int> path) {
  for (const int number : path) {
    google::protobuf::UnknownFieldSet fields;
    if (!fields.ParseFromString(bytes)) return "not protobuf";
    bool found = false;
    for (int i = 0; i < fields.field_count() && !found; ++i) {
      const auto& field = fields.field(i);
      if (field.number() != number || field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) continue;
      // Not assigned in place: the field belongs to what was parsed from `bytes`.
      std::string inner = field.length_delimited();
      bytes = std::move(inner);
      found = true;
    }
    if (!found) return "absent";
  }
  return bytes;
}

}  // namespace crosspoint::testing
