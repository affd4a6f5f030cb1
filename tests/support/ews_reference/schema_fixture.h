#pragma once

#include <gtest/gtest.h>

#include <string>

#include "connectors/ews/codec/requests.h"
#include "tests/support/ews_reference/reference.h"

namespace crosspoint::ews {

inline const RequestHeader kFullHeader{.server_version = "Exchange2016",
                                       .impersonate = "anna.schmidt@example.org",
                                       .time_zone = "W. Europe Standard Time"};

// Every request passes Microsoft's schema.
class RequestSchema : public ::testing::Test {
 protected:
  void SetUp() override {
    reference_ = testing::EwsReference::Find();
    if (reference_ == nullptr) GTEST_SKIP() << "no EWS reference material";
  }
  void ExpectValid(const std::string& xml) const { EXPECT_EQ(reference_->Violations(xml), "") << xml; }

  const testing::EwsReference* reference_ = nullptr;
};

}  // namespace crosspoint::ews
