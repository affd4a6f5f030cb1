#include "connectors/ews/search_types.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace crosspoint::ews {
namespace {

const FieldName kSubject{"item:Subject"};

TEST(Restriction, TooManyNodesAreRefused) {
  std::vector<Restriction> terms(kMaxRestrictionNodes - 1, Exists(kSubject));
  EXPECT_TRUE(And(terms).Validate().ok());
  terms.push_back(Exists(kSubject));
  EXPECT_EQ(And(terms).Validate().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Restriction, DepthCountsToo) {
  Restriction deep = Exists(kSubject);
  for (int i = 1; i < kMaxRestrictionNodes; ++i) deep = Not(std::move(deep));
  EXPECT_TRUE(deep.Validate().ok());
  EXPECT_FALSE(Not(std::move(deep)).Validate().ok());
}

TEST(Restriction, PartsWithoutTermsOrFieldsAreRefused) {
  EXPECT_FALSE(And({}).Validate().ok());
  EXPECT_FALSE(Restriction{.kind = Restriction::Kind::kNot}.Validate().ok());
  EXPECT_FALSE(IsEqualTo(FieldName{}, "x").Validate().ok());
  EXPECT_FALSE(Or({Exists(kSubject), And({Exists(FieldName{})})}).Validate().ok());
  EXPECT_TRUE(IsEqualTo(PropertyPath{.property_set = "s", .name = "n"}, "x").Validate().ok());
}

TEST(SearchValue, SpellsWhatEwsCompares) {
  EXPECT_EQ(SearchValue("text").text(), "text");
  EXPECT_EQ(SearchValue(true).text(), "true");
  EXPECT_EQ(SearchValue(-5).text(), "-5");
  EXPECT_EQ(SearchValue(TimePoint{}).text(), "1970-01-01T00:00:00Z");
}

TEST(Page, BoundsAreChecked) {
  EXPECT_TRUE(PageQuery{}.Validate().ok());
  EXPECT_FALSE(PageQuery{.offset = -1}.Validate().ok());
  EXPECT_FALSE(PageQuery{.max_entries = 0}.Validate().ok());
  EXPECT_FALSE(PageQuery{.max_entries = 1001}.Validate().ok());
  EXPECT_FALSE((FindItemsQuery{.sort = {{FieldName{}, false}}}.Validate().ok()));
}

TEST(PageEnd, OffsetThatTheServerLeavesOutIsCounted) {
  PageEnd end{.includes_last = false};
  EXPECT_TRUE(CompletePageEnd({.offset = 10}, 5, end).ok());
  EXPECT_EQ(end.next_offset, 15);
  end = {.includes_last = false, .next_offset = 40};
  EXPECT_TRUE(CompletePageEnd({.offset = 10}, 0, end).ok());
  EXPECT_EQ(end.next_offset, 40);
}

TEST(PageEnd, EmptyPageThatIsNotTheLastIsNoEndlessLoop) {
  PageEnd end{.includes_last = false};
  EXPECT_EQ(CompletePageEnd({.offset = 10}, 0, end).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace crosspoint::ews
