#include "connectors/ews/property_path.h"

#include <gtest/gtest.h>

namespace crosspoint::ews {
namespace {

TEST(PropertyPath, GuidsAreComparedWithoutCaseAndNamesWithCase) {
  const PropertyPath path{.property_set = "6f1e7c52-0b0e-4d5f-9a53-1f3c7f1d8a64", .name = "CrosspointId"};
  EXPECT_EQ(path, (PropertyPath{.property_set = "6F1E7C52-0B0E-4D5F-9A53-1F3C7F1D8A64", .name = "CrosspointId"}));
  EXPECT_NE(path, (PropertyPath{.property_set = path.property_set, .name = "crosspointid"}));
  EXPECT_NE(path, (PropertyPath{.property_set = "00000000-0b0e-4d5f-9a53-1f3c7f1d8a64", .name = "CrosspointId"}));
}

TEST(PropertyPath, WellKnownSetEqualsItsGuid) {
  EXPECT_EQ((PropertyPath{.property_set = "PublicStrings", .name = "a"}),
            (PropertyPath{.property_set = "00020329-0000-0000-C000-000000000046", .name = "a"}));
  EXPECT_NE((PropertyPath{.property_set = "PublicStrings", .name = "a"}),
            (PropertyPath{.property_set = "Common", .name = "a"}));
}

TEST(PropertyPath, HeadersAreComparedWithoutCase) {
  EXPECT_EQ(PropertyPath::Header("X-Voicemail-Length"), PropertyPath::Header("x-voicemail-length"));
  EXPECT_EQ(PropertyPath::Header("X-A"),
            (PropertyPath{.property_set = "00020386-0000-0000-c000-000000000046", .name = "x-a"}));
}

TEST(PropertyPath, TagNumberAndTypeTellPropertiesApart) {
  const auto flags = PropertyPath::Tag(0x0e07, PropertyType::kInteger);
  EXPECT_EQ(flags, PropertyPath::Tag(0x0e07, PropertyType::kInteger));
  EXPECT_NE(flags, PropertyPath::Tag(0x0e08, PropertyType::kInteger));
  EXPECT_NE(flags, PropertyPath::Tag(0x0e07, PropertyType::kString));
  EXPECT_NE((PropertyPath{.property_set = "Common", .id = 0x8502}), (PropertyPath{.property_set = "Common", .id = 1}));
}

TEST(FindProperty, FirstOfThatPathOrNothing) {
  const std::vector<ExtendedProperty> properties = {{.path = PropertyPath::Header("X-A"), .value = "1"},
                                                    {.path = PropertyPath::Header("x-a"), .value = "2"}};
  ASSERT_NE(FindProperty(properties, PropertyPath::Header("X-a")), nullptr);
  EXPECT_EQ(FindProperty(properties, PropertyPath::Header("X-a"))->value, "1");
  EXPECT_EQ(FindProperty(properties, PropertyPath::Header("X-B")), nullptr);
}

}  // namespace
}  // namespace crosspoint::ews
