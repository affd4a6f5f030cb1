#include "common/tracing/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace crosspoint::tracing {
namespace {

constexpr char kHeader[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Traceparent, ReadsAndWritesVersionZero) {
  const auto context = ParseTraceparent(kHeader);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->TraceIdHex(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(context->SpanIdHex(), "b7ad6b7169203331");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(FormatTraceparent(*context), kHeader);
}

TEST(Traceparent, OnlyTheLowestFlagMeansSampled) {
  EXPECT_FALSE(ParseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")->sampled);
  EXPECT_FALSE(ParseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe")->sampled);
  EXPECT_TRUE(ParseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff")->sampled);
}

TEST(Traceparent, LaterVersionsAreReadAsFarAsKnown) {
  EXPECT_TRUE(ParseTraceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  EXPECT_TRUE(ParseTraceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes"));
  EXPECT_FALSE(ParseTraceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what"));
}

TEST(Traceparent, MalformedOnesAreIgnored) {
  for (const auto* header : {"", "00",
                             "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",       // forbidden version
                             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",  // version 00 has no more
                             "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",       // capitals
                             "00-00000000000000000000000000000000-b7ad6b7169203331-01",       // no trace id
                             "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",       // no parent id
                             "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",        // too short
                             "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",       // not hex
                             "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",       // wrong separators
                             "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                             " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    EXPECT_FALSE(ParseTraceparent(header)) << header;
  }
}

TEST(Traceparent, NothingIsWrittenForAnInvalidContext) { EXPECT_EQ(FormatTraceparent({}), ""); }

TEST(TraceContext, ChildKeepsTraceAndDecision) {
  const auto parent = NewTrace(true);
  const auto child = NewChild(parent);
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_TRUE(child.sampled);
}

TEST(TraceContext, NewTracesDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(NewTrace(false).TraceIdHex());
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(RequestId, IsAVersion4Uuid) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto id = NewRequestId();
    EXPECT_THAT(id, ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_TRUE(IsUsableRequestId(id));
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(RequestId, FromOutsideMustBeHarmless) {
  EXPECT_TRUE(IsUsableRequestId("abc-DEF_1.2"));
  for (const std::string& id :
       {std::string(), std::string("a b"), std::string("a\nb"), std::string("ü"), std::string(65, 'a')}) {
    EXPECT_FALSE(IsUsableRequestId(id)) << id;
  }
}

}  // namespace
}  // namespace crosspoint::tracing
