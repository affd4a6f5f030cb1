#include "meeting_sync/adapters/written_items.h"

#include <gtest/gtest.h>

#include "common/tracing/tracing.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::seconds;

TEST(WrittenItems, TraceOfAWriteIsKnownForAWhile) {
  WrittenItems items;
  const auto now = WrittenItems::Time() + seconds(100);
  const auto trace = tracing::NewTrace(true);
  {
    const tracing::Scope scope(trace, "r1");
    items.Note("a", now);
  }
  EXPECT_EQ(items.TraceOf("a", now + seconds(5)), trace);
  EXPECT_EQ(items.TraceOf("b", now + seconds(5)), std::nullopt);
  EXPECT_EQ(items.TraceOf("a", now + seconds(31)), std::nullopt);
}

TEST(WrittenItems, LastWriteCounts) {
  WrittenItems items;
  const auto now = WrittenItems::Time() + seconds(100);
  const auto trace = tracing::NewTrace(true);
  for (const auto& one : {tracing::NewTrace(true), trace}) {
    const tracing::Scope scope(one, "r1");
    items.Note("a", now);
  }
  EXPECT_EQ(items.TraceOf("a", now), trace);
}

TEST(WrittenItems, NothingIsKeptOfTracesThatAreNotSampled) {
  WrittenItems items;
  const auto now = WrittenItems::Time() + seconds(100);
  const tracing::Scope scope(tracing::NewTrace(false), "r1");
  items.Note("a", now);
  EXPECT_EQ(items.TraceOf("a", now), std::nullopt);
}

TEST(WrittenItems, ManyWritesDoNotGrowItWithoutBound) {
  WrittenItems items;
  const auto now = WrittenItems::Time() + seconds(100);
  const tracing::Scope scope(tracing::NewTrace(true), "r1");
  for (int i = 0; i < 12'000; ++i) items.Note(std::to_string(i), now);
  EXPECT_EQ(items.TraceOf("11999", now), std::nullopt);
  items.Note("later", now + seconds(31));
  EXPECT_TRUE(items.TraceOf("later", now + seconds(31)).has_value());
}

}  // namespace
}  // namespace crosspoint::meeting_sync
