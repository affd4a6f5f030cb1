#include "common/ids/ids.h"

#include <gtest/gtest.h>

#include <set>

#include "common/ids/digest.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

TEST(UserId, NameAndParseAreInverse) {
  const auto id = UserId::Parse("tenants/acme/users/u42");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->Name(), "tenants/acme/users/u42");
}

TEST(UserId, BadNamesAreRefusedAndNameTheField) {
  for (const char* bad :
       {"", "tenants/acme", "tenants/acme/users/", "tenants/acme/users/U42", "tenants/a}c/users/u",
        "tenants/acme/users/u42/x", "tenants//users/u", "tenants/acme/users/-u", "/tenants/a/users/u"}) {
    const auto id = UserId::Parse(bad, "claim.user");
    ASSERT_FALSE(id.ok()) << bad;
    EXPECT_EQ(GetErrorInfo(id.status())->metadata.at("field"), "claim.user");
  }
}

TEST(UserId, SegmentsLongerThanSixtyThreeAreRefused) {
  EXPECT_TRUE(IsValidSegment(std::string(63, 'a')));
  EXPECT_FALSE(IsValidSegment(std::string(64, 'a')));
}

TEST(RandomIdSource, IdsAreValidSegmentsAndDiffer) {
  RandomIdSource ids;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto id = ids.NewId("u");
    EXPECT_TRUE(IsValidSegment(id)) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(Sha256Hex, GivesThePublishedValueForAbc) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace crosspoint
