#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "common/httpd/http_server.h"
#include "common/tracing/tracing.h"

namespace crosspoint::tracing {
namespace {

using google::protobuf::UnknownFieldSet;
using namespace std::chrono_literals;

// An OTLP collector: keeps what is posted to it.
class Collector {
 public:
  Collector() : server_(HttpServerConfig{}) {
    server_.Handle("POST", "/v1/traces", [this](const HttpRequest& request, HttpResponse& response) {
      const std::lock_guard lock(mu_);
      content_type_ = request.Header("content-type");
      bodies_.push_back(request.body);
      response.content_type = "application/x-protobuf";
      response.status = 200;
      arrived_.notify_all();
    });
    EXPECT_TRUE(server_.Start().ok());
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/v1/traces"; }

  std::string WaitForBody() {
    std::unique_lock lock(mu_);
    if (!arrived_.wait_for(lock, 10s, [this] { return !bodies_.empty(); })) return "";
    return bodies_.front();
  }
  std::string content_type() {
    const std::lock_guard lock(mu_);
    return content_type_;
  }

 private:
  HttpServer server_;
  std::mutex mu_;
  std::condition_variable arrived_;
  std::vector<std::string> bodies_;  // guarded by mu_
  std::string content_type_;         // guarded by mu_
};

// The bytes at a path of field numbers, first occurrence each. Source: opentelemetry-proto, trace.proto.
std::string Dig(std::string bytes, std::initializer_list<int> path) {
  for (const int number : path) {
    UnknownFieldSet fields;
    if (!fields.ParseFromString(bytes)) return "not protobuf";
    bool found = false;
    for (int i = 0; i < fields.field_count() && !found; ++i) {
      if (fields.field(i).number() != number) continue;
      if (fields.field(i).type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) return "no bytes";
      bytes = fields.field(i).length_delimited();
      found = true;
    }
    if (!found) return "absent";
  }
  return bytes;
}

template <class Id>
std::string Bytes(const Id& id) {
  return std::string(id.begin(), id.end());
}

TEST(Export, SpanReachesACollectorWithIdsNameAndService) {
  Collector collector;
  auto exporting = Export::Start({.endpoint = collector.url()}, "sample", "host-1");
  ASSERT_TRUE(exporting.ok()) << exporting.status();
  const auto parent = NewTrace(true);
  TraceContext context;
  {
    Span span("SearchPeople", SpanKind::kServer, parent);
    span.Set("rpc.method", "SearchPeople");
    span.SetStatus(absl::UnavailableError("directory is away"));
    context = span.context();
  }
  EXPECT_TRUE((*exporting)->Flush(5s));
  const auto body = collector.WaitForBody();
  EXPECT_EQ(collector.content_type(), "application/x-protobuf");
  EXPECT_EQ(Dig(body, {1, 2, 2, 1}), Bytes(parent.trace_id));
  EXPECT_EQ(Dig(body, {1, 2, 2, 2}), Bytes(context.span_id));
  EXPECT_EQ(Dig(body, {1, 2, 2, 4}), Bytes(parent.span_id));
  EXPECT_EQ(Dig(body, {1, 2, 2, 5}), "SearchPeople");
  EXPECT_EQ(Dig(body, {1, 2, 2, 15, 2}), "UNAVAILABLE");
  EXPECT_THAT(Dig(body, {1, 1}), ::testing::HasSubstr("crosspoint-sample"));
  EXPECT_THAT(Dig(body, {1, 1}), ::testing::HasSubstr("host-1"));
}

TEST(Export, EndOfExportSendsWhatWaits) {
  Collector collector;
  {
    const auto exporting = Export::Start({.endpoint = collector.url()}, "sample", "host-1");
    ASSERT_TRUE(exporting.ok());
    const Span span("last words", SpanKind::kInternal, NewTrace(true));
  }
  EXPECT_EQ(Dig(collector.WaitForBody(), {1, 2, 2, 5}), "last words");
}

TEST(Export, CollectorThatIsAwayCostsNoTime) {
  const auto exporting = Export::Start({.endpoint = "http://127.0.0.1:1/v1/traces"}, "sample", "host-1");
  ASSERT_TRUE(exporting.ok());
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) const Span span("lost", SpanKind::kInternal, NewTrace(true));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(Export, EndpointMustBeAUrl) {
  EXPECT_EQ(Export::Start({.endpoint = "collector:4318"}, "sample", "").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Export, OnlyOneAtATime) {
  auto first = Export::Start({.endpoint = "http://127.0.0.1:1/"}, "sample", "");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Export::Start({.endpoint = "http://127.0.0.1:1/"}, "sample", "").status().code(),
            absl::StatusCode::kFailedPrecondition);
  first->reset();
  EXPECT_TRUE(Export::Start({.endpoint = "http://127.0.0.1:1/"}, "sample", "").ok());
}

}  // namespace
}  // namespace crosspoint::tracing
