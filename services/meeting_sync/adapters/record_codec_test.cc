#include "meeting_sync/adapters/record_codec.h"

#include <gtest/gtest.h>

#include <random>

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::microseconds;

TEST(RecordCodec, LinksComeBackAsTheyWere) {
  const ItemLink link{.key = KeyOf("AAMk=="),
                      .item = {"AAMk==", "CQAAABYA"},
                      .kind = EntryKind::kOccurrence,
                      .start = TimePoint{microseconds{-5}},
                      .end = TimePoint{microseconds{1'782'900'000'000'001}},
                      .show_as = ShowAs::kWorkingElsewhere,
                      .silent = true,
                      .chosen_state = "do-not-disturb"};
  EXPECT_EQ(DecodeLink(link.key.value, EncodeLink(link)), link);
  EXPECT_LE(EncodeLink(link).size(), 100u) << "without the ids a link is small";
}

TEST(RecordCodec, SeparatorsInValuesCannotShiftFields) {
  ItemLink link{.key = KeyOf("x"),
                .item = {"a\x1f"
                         "b",
                         "c"},
                .chosen_state = "d\x1f"};
  const auto back = DecodeLink(link.key.value, EncodeLink(link));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->item.id, "ab");
  EXPECT_EQ(back->item.change_key, "c");
}

TEST(RecordCodec, OrdersComeBackAsTheyWere) {
  ClaimOrder order{.user = {TenantId{"acme"}, "u42"},
                   .claim = {.id = "m1",
                             .claim_class = ClaimClass::kOwnWord,
                             .state = "vacation",
                             .start = TimePoint{microseconds{1}},
                             .end = TimePoint{microseconds{2}}}};
  const auto put = DecodeOrder(kPutClaimType, EncodeOrder(order));
  ASSERT_TRUE(put);
  EXPECT_EQ(put->user, order.user);
  EXPECT_EQ(put->claim, order.claim);
  order.kind = ClaimOrder::Kind::kDelete;
  const auto deleted = DecodeOrder(kDeleteClaimType, EncodeOrder(order));
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->kind, ClaimOrder::Kind::kDelete);
  EXPECT_EQ(deleted->claim.id, "m1");
}

TEST(RecordCodec, WhatIsNotOursIsRefused) {
  const auto good = EncodeLink({.key = KeyOf("x"), .item = {"x", ""}});
  EXPECT_TRUE(DecodeLink("k", good));
  for (const auto& bad : {std::string(), std::string("2") + good.substr(1), good + "\x1fmore",
                          good.substr(0, good.rfind('\x1f')), std::string("junk")}) {
    EXPECT_FALSE(DecodeLink("k", bad)) << bad;
  }
  EXPECT_FALSE(DecodeOrder("something.else", EncodeOrder({.user = {TenantId{"a"}, "b"}, .claim = {.id = "m"}})));
  EXPECT_FALSE(DecodeOrder(kPutClaimType, "x\n"));
}

TEST(RecordCodec, DamagedRecordsNeverCrash) {
  std::mt19937 random(1);
  const auto good = EncodeClaim({.id = "m", .state = "s", .start = TimePoint::max(), .end = TimePoint::min()});
  for (int i = 0; i < 5000; ++i) {
    auto bad = good;
    bad[random() % bad.size()] = static_cast<char>(random());
    DecodeClaim("m", bad);
    DecodeLink("m", bad);
    DecodeOrder(kPutClaimType, bad + "\n" + bad);
  }
}

}  // namespace
}  // namespace crosspoint::meeting_sync
