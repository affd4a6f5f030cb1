#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/tracing/tracing.h"
#include "tests/support/otlp_collector.h"

namespace crosspoint::tracing {
namespace {

using testing::Dig;
using testing::OtlpCollector;
using namespace std::chrono_literals;

template <class Id>
std::string Bytes(const Id& id) {
  return std::string(id.begin(), id.end());
}

TEST(Export, SpanReachesACollectorWithIdsNameAndService) {
  OtlpCollector collector;
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
  const auto body = collector.WaitForBody(10s);
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
  OtlpCollector collector;
  {
    const auto exporting = Export::Start({.endpoint = collector.url()}, "sample", "host-1");
    ASSERT_TRUE(exporting.ok());
    const Span span("last words", SpanKind::kInternal, NewTrace(true));
  }
  EXPECT_EQ(Dig(collector.WaitForBody(10s), {1, 2, 2, 5}), "last words");
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
