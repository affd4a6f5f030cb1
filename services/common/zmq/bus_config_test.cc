#include "common/zmq/bus_config.h"

#include <gtest/gtest.h>

#include "common/config/binder.h"

namespace crosspoint {
namespace {

TEST(BusConfig, AdvertisesWhatIsBound) {
  EXPECT_EQ(*AdvertisedEndpoint("tcp://127.0.0.1:5555", ""), "tcp://127.0.0.1:5555");
  EXPECT_EQ(*AdvertisedEndpoint("ipc:///run/bus", "ignored"), "ipc:///run/bus");
}

TEST(BusConfig, AdvertisesTheGivenHostWithTheBoundPort) {
  EXPECT_EQ(*AdvertisedEndpoint("tcp://0.0.0.0:5555", "10.1.2.3"), "tcp://10.1.2.3:5555");
  EXPECT_EQ(*AdvertisedEndpoint("tcp://[::]:5555", "fd00::1"), "tcp://[fd00::1]:5555");
}

TEST(BusConfig, EveryAddressIsNoAddressToAdvertise) {
  EXPECT_EQ(AdvertisedEndpoint("tcp://0.0.0.0:5555", "").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(AdvertisedEndpoint("tcp://[::]:5555", "").status().code(), absl::StatusCode::kInvalidArgument);
}

absl::Status Load(BusConfig& config, const config::Environment& environment) {
  config::Binder binder;
  binder.Block("bus", config);
  return binder.Load({}, "CROSSPOINT_X_", environment);
}

TEST(BusConfig, IsReadFromVariables) {
  BusConfig config;
  ASSERT_TRUE(Load(config, {{"CROSSPOINT_X_BUS_BIND", "tcp://0.0.0.0:7000"}, {"CROSSPOINT_X_BUS_LEASE", "9s"}}).ok());
  EXPECT_EQ(config.bind, "tcp://0.0.0.0:7000");
  EXPECT_EQ(config.lease, std::chrono::seconds(9));
}

TEST(BusConfig, LeaseMustOutliveALostRenewal) {
  BusConfig config;
  const auto status = Load(config, {{"CROSSPOINT_X_BUS_LEASE", "1500ms"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("twice peer_poll"), std::string::npos) << status;
}

}  // namespace
}  // namespace crosspoint
