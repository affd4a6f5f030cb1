#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "connectors/ews/errors.h"
#include "tests/component/ews/exchange_fixture.h"
#include "tests/component/ews/stream_recorder.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;

// Each fault is followed by the proof that the next call works again.
class ExchangeTrouble : public WithExchange {
 protected:
  absl::Status Call(std::optional<milliseconds> within = std::nullopt) const {
    EwsCall call = anna_;
    if (within) call.deadline = std::chrono::steady_clock::now() + *within;
    return client_->GetFolder(FolderRef::Calendar(), call).status();
  }
  static void Order(const std::string& json) { exchange_->Post("/sim/faults", json); }
};

TEST_F(ExchangeTrouble, BusyServerTellsItsBackOffInFaultsOfBothKinds) {
  for (const std::string kind : {"server_busy", "http200_fault"}) {
    Order(R"({"operation": "GetFolder", "kind": ")" + kind + R"(", "back_off_ms": 1234})");
    const absl::Status status = Call();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_EQ(BackOffOf(status), milliseconds(1234)) << kind;
    EXPECT_TRUE(Call().ok());
  }
}

TEST_F(ExchangeTrouble, HttpErrorsWithoutSoap) {
  Order(R"({"operation": "*", "kind": "http_503"})");
  EXPECT_EQ(ReactionOf(Call()), Reaction::kBackOff);
  Order(R"({"operation": "*", "kind": "http_500"})");
  EXPECT_EQ(ReactionOf(Call()), Reaction::kRetry);
  EXPECT_TRUE(Call().ok());
}

TEST_F(ExchangeTrouble, SlowServerRunsIntoTheDeadline) {
  Order(R"({"operation": "GetFolder", "kind": "delay", "delay_ms": 1000})");
  EXPECT_EQ(Call(milliseconds(60)).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(Call().ok());
}

TEST_F(ExchangeTrouble, DroppedConnectionIsUnavailable) {
  Order(R"({"operation": "GetFolder", "kind": "drop_connection"})");
  EXPECT_EQ(Call().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Call().ok());
}

TEST_F(ExchangeTrouble, KilledServerIsUnavailableAndComesBack) {
  StreamRecorder recorder;
  testing::ExchangeProcess server({"--people", "3"});
  const auto client =
      Make({.url = server.ews_url(), .auth = BasicAuth{"svc", server.password_file()}, .allow_loopback = true});
  ASSERT_TRUE(client->ResolveNames({.text = "a"}).ok());
  const auto own = client->Subscribe({}, {.mailbox = "svc@corp.example"});
  ASSERT_TRUE(own.ok()) << own.status();
  const auto stream = client->OpenStream({own->id}, std::chrono::minutes(1), recorder.Callbacks());
  recorder.WaitForAlive(1);
  server.Kill();
  EXPECT_EQ(recorder.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client->ResolveNames({.text = "a"}).status().code(), absl::StatusCode::kUnavailable);
  server.Restart();
  EXPECT_TRUE(client->ResolveNames({.text = "a"}).ok());
}

TEST_F(ExchangeTrouble, ManyThreadsShareOneClient) {
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        if (Call().ok()) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
}

}  // namespace
}  // namespace crosspoint::ews
