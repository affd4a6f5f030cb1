#include "meeting_sync/adapters/configured_bridge.h"

#include <gtest/gtest.h>

#include <set>

#include "common/config/binder.h"
#include "common/ids/random_digits.h"
#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"
#include "meeting_sync/domain/conference_codes.h"

namespace crosspoint::meeting_sync {
namespace {

BridgeSettings Settings(BridgeMode mode) {
  return {.mode = mode,
          .on_site_url = "https://bridge.acme.test/join/{code}?x=1",
          .hosted_url = "https://meet.hosted.test/c",
          .dial_in_numbers = {"+15550100", "+442079460000"}};
}

ConferenceOrder Order(const std::string& tenant) { return {.owner = {TenantId{tenant}, "ada"}, .meeting = {"c1"}}; }

std::string System(size_t count) { return RandomDigits(count); }

TEST(ConfiguredBridge, AddressIsThatOfTheTenantsBridge) {
  ConfiguredBridge bridge(
      {{TenantId{"acme"}, Settings(BridgeMode::kOnSite)}, {TenantId{"beta"}, Settings(BridgeMode::kHosted)}}, System);
  const auto on_site = bridge.CreateConference(Order("acme"), {});
  const auto hosted = bridge.CreateConference(Order("beta"), {});
  ASSERT_TRUE(on_site.ok() && hosted.ok());
  EXPECT_EQ(on_site->url, "https://bridge.acme.test/join/" + on_site->participant_code + "?x=1");
  EXPECT_EQ(hosted->url, "https://meet.hosted.test/c/" + hosted->participant_code);
  EXPECT_EQ(on_site->dial_in_numbers, (std::vector<std::string>{"+15550100", "+442079460000"}));
}

TEST(ConfiguredBridge, TenantWithoutOneIsToldSo) {
  ConfiguredBridge bridge({{TenantId{"acme"}, Settings(BridgeMode::kNone)}}, System);
  for (const auto* tenant : {"acme", "nobody"}) {
    const auto status = bridge.CreateConference(Order(tenant), {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(HasReason(status, "NO_BRIDGE"));
  }
}

TEST(ConfiguredBridge, CodesAreApartAndOfTheirLength) {
  auto settings = Settings(BridgeMode::kHosted);
  settings.code_digits = 8;
  settings.password_digits = 0;
  ConfiguredBridge bridge({{TenantId{"acme"}, settings}}, System);
  std::set<std::string> codes;
  for (int i = 0; i < 200; ++i) {
    const auto conference = bridge.CreateConference(Order("acme"), {});
    ASSERT_TRUE(conference.ok());
    EXPECT_EQ(conference->participant_code.size(), 8u);
    EXPECT_EQ(conference->host_code.size(), 8u);
    EXPECT_NE(conference->host_code, conference->participant_code);
    EXPECT_NE(conference->participant_code.front(), '0');
    EXPECT_EQ(conference->password, "");
    codes.insert(conference->participant_code);
  }
  EXPECT_GT(codes.size(), 195u);
}

TEST(ConfiguredBridge, WhatPeopleTryFirstIsNotGiven) {
  const std::vector<std::string> drawn{"000000001", "111111111", "123456789", "473920174", "473920174",
                                       "987654321", "582047193", "222222",    "012345",    "730184"};
  size_t next = 0;
  ConfiguredBridge bridge({{TenantId{"acme"}, Settings(BridgeMode::kHosted)}},
                          [&](size_t) { return drawn.at(next++); });
  const auto conference = bridge.CreateConference(Order("acme"), {});
  ASSERT_TRUE(conference.ok());
  EXPECT_EQ(conference->participant_code, "473920174");
  EXPECT_EQ(conference->host_code, "582047193");
  EXPECT_EQ(conference->password, "730184");
}

TEST(IsEasilyGuessed, RepeatsAndRuns) {
  for (const auto* code : {"1111", "123456", "987654", "8901", ""}) EXPECT_TRUE(IsEasilyGuessed(code)) << code;
  for (const auto* code : {"1112", "135790", "473920174"}) EXPECT_FALSE(IsEasilyGuessed(code)) << code;
}

struct Loaded {
  BridgeSettings settings;
};
void BindConfig(config::Binder& binder, Loaded& loaded) { binder.Block("bridge", loaded.settings); }

absl::Status Load(const config::Environment& environment) {
  Loaded loaded;
  config::Binder binder;
  BindConfig(binder, loaded);
  return binder.Load("", "X_", environment);
}

TEST(BridgeSettings, WrongOnesAreRefusedWithTheirKey) {
  EXPECT_TRUE(Load({}).ok());
  EXPECT_TRUE(Load({{"X_BRIDGE_MODE", "hosted"}, {"X_BRIDGE_HOSTED_URL", "https://meet.test/{code}"}}).ok());
  const std::pair<config::Environment, std::string> kWrong[] = {
      {{{"X_BRIDGE_MODE", "hosted"}}, "bridge.hosted_url"},
      {{{"X_BRIDGE_MODE", "on_site"}, {"X_BRIDGE_HOSTED_URL", "https://meet.test"}}, "bridge.on_site_url"},
      {{{"X_BRIDGE_HOSTED_URL", "http://meet.test"}}, "HOSTED_URL"},
      {{{"X_BRIDGE_ON_SITE_URL", "https://meet.test/\nx"}}, "ON_SITE_URL"},
      {{{"X_BRIDGE_DIAL_IN_NUMBERS", "+15550100,0800 1"}}, "DIAL_IN_NUMBERS"},
      {{{"X_BRIDGE_PASSWORD_DIGITS", "3"}}, "PASSWORD_DIGITS"},
      {{{"X_BRIDGE_CODE_DIGITS", "4"}}, "CODE_DIGITS"},
  };
  for (const auto& [environment, key] : kWrong) {
    const auto status = Load(environment);
    EXPECT_FALSE(status.ok()) << key;
    EXPECT_NE(MessageOf(status).find(key), std::string::npos) << status;
  }
}

}  // namespace
}  // namespace crosspoint::meeting_sync
