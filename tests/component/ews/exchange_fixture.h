#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "connectors/ews/properties.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/exchange_process/exchange_process.h"

namespace crosspoint::ews {

// One simulated Exchange for the whole suite, with mailboxes of the tests' own. At the end it must have seen nothing
// that breaks the schema.
class WithExchange : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    exchange_ = new testing::ExchangeProcess({"--people", "40", "--heartbeat-ms", "200"});
    for (const std::string person : {"anna", "bo", "cleo"}) {
      exchange_->Post("/sim/mailboxes",
                      fmt::format(R"({{"email": "{0}@corp.example", "display_name": "Test {0}", "given_name": "{0}",
                                       "surname": "Tester", "aliases": ["{0}.alias@corp.example"], "department": "Tests & more",
                                       "job_title": "Tester", "office": "T1", "business_phone": "+49 30 23125 1",
                                       "mobile_phone": "+49 171 39200 1"}})",
                                  person));
    }
  }
  static void TearDownTestSuite() {
    const std::string stats = exchange_->Get("/sim/stats");
    EXPECT_NE(stats.find("\"request_schema_violations\": 0"), std::string::npos) << stats;
    EXPECT_NE(stats.find("\"answer_schema_violations\": 0"), std::string::npos) << stats;
    delete exchange_;
    exchange_ = nullptr;
  }

  static EwsConfig Config() {
    return {.url = exchange_->ews_url(),
            .auth = BasicAuth{"svc", exchange_->password_file()},
            .allow_loopback = true,
            .server_version = "Exchange2016"};
  }
  static std::unique_ptr<EwsClient> Make(const EwsConfig& config) {
    auto client = EwsClient::Create(config);
    EXPECT_TRUE(client.ok()) << client.status();
    return client.ok() ? *std::move(client) : nullptr;
  }
  // The next full hour, so that nothing depends on the part of an hour a test runs in.
  static TimePoint NextHour() {
    return std::chrono::ceil<std::chrono::hours>(SystemClock().Now()) + std::chrono::microseconds(0);
  }

  static inline testing::ExchangeProcess* exchange_ = nullptr;
  const std::unique_ptr<EwsClient> client_ = Make(Config());
  const EwsCall anna_{.mailbox = "anna@corp.example"};
  const EwsCall bo_{.mailbox = "bo@corp.example"};
};

// A habit of another server, for the life of this object.
class WithQuirk {
 public:
  WithQuirk(testing::ExchangeProcess* exchange, const std::string& name) : exchange_(exchange), name_(name) {
    exchange_->Post("/sim/quirks", fmt::format(R"({{"on": ["{}"]}})", name_));
  }
  ~WithQuirk() { exchange_->Post("/sim/quirks", fmt::format(R"({{"off": ["{}"]}})", name_)); }
  WithQuirk(const WithQuirk&) = delete;
  WithQuirk& operator=(const WithQuirk&) = delete;

 private:
  testing::ExchangeProcess* const exchange_;
  const std::string name_;
};

// The tests of `Suite`, each under the habit that is its parameter.
template <class Suite>
class UnderQuirk : public Suite, public ::testing::WithParamInterface<const char*> {
 private:
  const WithQuirk quirk_{Suite::exchange_, this->GetParam()};
};

}  // namespace crosspoint::ews
