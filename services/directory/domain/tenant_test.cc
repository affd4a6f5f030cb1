#include "directory/domain/tenant.h"

#include <gmock/gmock.h>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

using ::testing::HasSubstr;

TEST(TenantRules, NameAndRegionAreChecked) {
  const Tenant good{.id = {"acme"}, .display_name = "Acme", .region = "DE"};
  EXPECT_TRUE(ValidateTenant(good, "tenant").ok());
  auto bad = good;
  bad.region = "XQ";
  EXPECT_THAT(MessageOf(ValidateTenant(bad, "tenant")), HasSubstr("tenant.region"));
  bad = good;
  bad.display_name = "";
  EXPECT_THAT(MessageOf(ValidateTenant(bad, "tenant")), HasSubstr("tenant.display_name"));
  bad.display_name = std::string(257, 'x');
  EXPECT_FALSE(ValidateTenant(bad, "tenant").ok());
  bad = good;
  bad.id.value = "_";
  EXPECT_THAT(MessageOf(ValidateTenant(bad, "tenant")), HasSubstr("tenant.name"));
}

}  // namespace
}  // namespace crosspoint::directory
