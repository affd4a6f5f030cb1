#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "gateway/adapters/redis_command_store.h"
#include "gateway/adapters/redis_session_store.h"
#include "tests/support/redis_server.h"

namespace crosspoint::gateway {

// One Redis for all tests of the program; each test has a user of its own.
class StoreTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<testing::RedisServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    static int next = 0;
    owner_ = UserId{TenantId{"acme"}, "u" + std::to_string(++next)};
    redis_ = std::make_unique<RedisClient>(server_->config());
    sessions_ = std::make_unique<RedisSessionStore>(*redis_);
    roles_ = std::make_unique<RedisRoleStore>(*redis_);
    commands_ = std::make_unique<RedisCommandStore>(*redis_);
  }

  static Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }
  SessionRecord Wish(const std::string& id, ProgramKind program = ProgramKind::kOutlookAddin,
                     const std::string& device = "pc") const {
    SessionRecord wish;
    wish.id = id;
    wish.owner = owner_;
    wish.program = program;
    wish.device = device;
    wish.channels = {Channel::kPresence, Channel::kCommands};
    wish.replica = "gw-1";
    return wish;
  }
  absl::StatusOr<SessionRecord> Open(const std::string& id, ProgramKind program = ProgramKind::kOutlookAddin,
                                     const std::string& device = "pc", milliseconds lease = kLong) {
    return sessions_->Open(Wish(id, program, device), "secret-" + id, lease, Soon());
  }
  static std::string Reason(const absl::Status& status) {
    return status.ok() ? "OK" : GetErrorInfo(status).value_or(ErrorInfo{}).reason;
  }
  // Leases end by Redis's clock: asks until `condition` holds.
  template <class Condition>
  static bool Eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }

  static constexpr milliseconds kLong{60'000};
  static inline std::unique_ptr<testing::RedisServer> server_;
  UserId owner_;
  std::unique_ptr<RedisClient> redis_;
  std::unique_ptr<RedisSessionStore> sessions_;
  std::unique_ptr<RedisRoleStore> roles_;
  std::unique_ptr<RedisCommandStore> commands_;
};

}  // namespace crosspoint::gateway
