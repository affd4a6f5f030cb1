#include "common/tracing/tracing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "common/tracing/open_span.h"
#include "common/tracing/span_record.h"

namespace crosspoint::tracing {
namespace {

class CollectingSink final : public SpanSink {
 public:
  void Take(SpanRecord span) override { spans.push_back(std::move(span)); }
  std::vector<SpanRecord> spans;
};

class SpanTest : public ::testing::Test {
 protected:
  void Export(double ratio) { InstallSink(sink_, ratio); }
  ~SpanTest() override { InstallSink(nullptr, 0); }

  std::shared_ptr<CollectingSink> sink_ = std::make_shared<CollectingSink>();
};

TEST_F(SpanTest, ScopeSetsContextAndLogIdsAndTakesThemBack) {
  const auto context = NewTrace(false);
  {
    const Scope scope(context, "r1");
    EXPECT_EQ(Current(), context);
    EXPECT_EQ(log::CurrentContext().request_id, "r1");
    EXPECT_EQ(log::CurrentContext().trace_id, context.TraceIdHex());
  }
  EXPECT_FALSE(Current().valid());
  EXPECT_EQ(log::CurrentContext().request_id, "");
}

TEST_F(SpanTest, ContextIsOfOneThread) {
  const Scope scope(NewTrace(false), "r1");
  bool valid_there = true;
  std::thread([&] { valid_there = Current().valid(); }).join();
  EXPECT_FALSE(valid_there);
}

TEST_F(SpanTest, OpenSpanContinuesWhatCameInAndEndsOnAnotherThread) {
  Export(1);
  const auto parent = NewTrace(true);
  OpenSpan span("call", SpanKind::kServer, FormatTraceparent(parent));
  EXPECT_FALSE(Current().valid());
  {
    const Scope scope(span.context(), "r1");
    const Span inner("inner");
  }
  std::thread([&] {
    span.SetStatus(absl::NotFoundError(""));
    span.End();
    span.End();
  }).join();
  ASSERT_EQ(sink_->spans.size(), 2u);
  EXPECT_EQ(sink_->spans[0].parent_span_id, span.context().span_id);
  EXPECT_EQ(sink_->spans[1].parent_span_id, parent.span_id);
  EXPECT_EQ(sink_->spans[1].context.trace_id, parent.trace_id);
  EXPECT_EQ(sink_->spans[1].error, "NOT_FOUND");
}

TEST_F(SpanTest, OpenSpanWithoutAUsableParentIsTheFirstOfItsTrace) {
  Export(1);
  const auto trace = OpenSpan("task", SpanKind::kInternal, "not a traceparent").context();
  ASSERT_EQ(sink_->spans.size(), 1u);
  EXPECT_EQ(sink_->spans[0].context.trace_id, trace.trace_id);
  EXPECT_EQ(sink_->spans[0].parent_span_id, decltype(sink_->spans[0].parent_span_id){});
}

TEST_F(SpanTest, OpenSpanOfATraceThatIsNotSampledIsNotExported) {
  Export(1);
  { const OpenSpan span("call", SpanKind::kServer, FormatTraceparent(NewTrace(false))); }
  EXPECT_TRUE(sink_->spans.empty());
}

TEST_F(SpanTest, SpanContinuesTheCurrentTraceAndIsTheParentOfTheNext) {
  Export(1);
  const auto context = NewTrace(true);
  const Scope scope(context, "");
  {
    const Span outer("outer", SpanKind::kServer);
    const Span inner("inner");
    EXPECT_EQ(Current(), inner.context());
  }
  EXPECT_EQ(Current(), context);
  ASSERT_EQ(sink_->spans.size(), 2u);
  const auto& inner = sink_->spans[0];
  const auto& outer = sink_->spans[1];
  EXPECT_EQ(inner.name, "inner");
  EXPECT_EQ(inner.parent_span_id, outer.context.span_id);
  EXPECT_EQ(outer.parent_span_id, context.span_id);
  EXPECT_EQ(outer.context.trace_id, context.trace_id);
}

TEST_F(SpanTest, SpanWithoutTraceBeginsOne) {
  Export(1);
  { const Span span("background"); }
  ASSERT_EQ(sink_->spans.size(), 1u);
  EXPECT_EQ(sink_->spans[0].parent_span_id, (std::array<uint8_t, 8>{}));
}

TEST_F(SpanTest, UnsampledTracesAreNotRecorded) {
  Export(1);
  Span span("quiet", SpanKind::kInternal, NewTrace(false));
  span.Set("key", "value");
  EXPECT_FALSE(span.recording());
}

TEST_F(SpanTest, NothingIsRecordedWhileExportIsOff) {
  const Span span("quiet", SpanKind::kInternal, NewTrace(true));
  EXPECT_FALSE(span.recording());
  EXPECT_TRUE(span.context().sampled);  // the decision of the beginner is passed on
}

TEST_F(SpanTest, FailureAndAttributesAreRecorded) {
  Export(1);
  {
    Span span("call", SpanKind::kClient);
    span.Set("operation", "GetItem");
    span.Set("items", 3);
    span.SetStatus(absl::UnavailableError("gone"));
  }
  const auto& span = sink_->spans.at(0);
  EXPECT_EQ(span.error, "UNAVAILABLE");
  EXPECT_EQ(std::get<std::string>(span.attributes.at(0).second), "GetItem");
  EXPECT_EQ(std::get<int64_t>(span.attributes.at(1).second), 3);
}

TEST_F(SpanTest, RatioDecidesForNewTracesOnly) {
  Export(0.25);
  int sampled = 0;
  for (int i = 0; i < 4000; ++i) sampled += Accept("").sampled ? 1 : 0;
  EXPECT_NEAR(sampled, 1000, 200);  // 7 standard deviations
  EXPECT_TRUE(Accept("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").sampled);
  EXPECT_FALSE(Accept("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").sampled);
}

TEST_F(SpanTest, WithoutExportNewTracesAreNotSampled) {
  EXPECT_FALSE(Accept("").sampled);
  EXPECT_TRUE(Accept("").valid());
}

}  // namespace
}  // namespace crosspoint::tracing
