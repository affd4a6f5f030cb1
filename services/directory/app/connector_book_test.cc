#include "directory/app/connector_book.h"

#include <gmock/gmock.h>

#include "tests/support/fake_tenant_store.h"

namespace crosspoint::directory {
namespace {

using ::testing::ElementsAre;

const TenantId kAcme{"acme"};
const Deadline kLate = Deadline::max();

class FakeAccess final : public ExchangeAccess {
 public:
  ConnectorPage Configured(const TenantId&) const override {
    return {.enabled = true, .server_address = "configured.example", .username = "unused", .password = "unused"};
  }
  absl::Status Check(const TenantId&, const ConnectorPage& page) const override {
    return page.server_address == "forbidden.example" ? DirectoryError(absl::StatusCode::kFailedPrecondition, "NO")
                                                      : absl::OkStatus();
  }
  void Apply(const TenantId&, const ConnectorPage& page) override {
    applied.push_back(page.enabled ? page.server_address : "");
  }
  std::vector<std::string> applied;
};

class NoAnnouncer final : public ChangeAnnouncer {
 public:
  void Announce(const TenantId&) override { ++announced; }
  int announced = 0;
};

class ConnectorBookTest : public ::testing::Test {
 protected:
  absl::StatusOr<ConnectorPage> SetServer(const std::string& address, uint64_t revision = 0) {
    return book_.Update(
        kAcme, revision, [&](ConnectorPage& page) { page.server_address = address; }, kLate);
  }

  FakeConnectorStore store_;
  FakeAccess access_;
  NoAnnouncer announcer_;
  ConnectorBook book_{store_, access_, announcer_};
};

TEST_F(ConnectorBookTest, ShowsTheConfigurationUntilSomethingIsStored) {
  EXPECT_EQ(book_.Get(kAcme, kLate)->server_address, "configured.example");
  EXPECT_EQ(book_.Current(kAcme), std::nullopt);
  ASSERT_TRUE(book_.Refresh(kAcme, kLate).ok());
  EXPECT_EQ(book_.Current(kAcme)->server_address, "configured.example");
  EXPECT_THAT(access_.applied, ElementsAre("configured.example"));
}

TEST_F(ConnectorBookTest, UpdateIsInEffectAtOnceAndTold) {
  ASSERT_TRUE(book_.Refresh(kAcme, kLate).ok());
  int told = 0;
  const auto subscription = book_.Subscribe(kAcme, [&] { ++told; });
  ASSERT_TRUE(SetServer("new.example").ok());
  EXPECT_THAT(access_.applied, ElementsAre("configured.example", "new.example"));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(announcer_.announced, 1);
  ASSERT_TRUE(book_.Refresh(kAcme, kLate).ok());
  EXPECT_EQ(told, 1) << "nothing new";
}

TEST_F(ConnectorBookTest, ChangeOfAnotherReplicaIsSeenByRefresh) {
  ASSERT_TRUE(book_.Refresh(kAcme, kLate).ok());
  auto page = access_.Configured(kAcme);
  page.enabled = false;
  ASSERT_TRUE(store_.Put(kAcme, page, 0, kLate).ok());
  ASSERT_TRUE(book_.Refresh(kAcme, kLate).ok());
  EXPECT_FALSE(book_.Current(kAcme)->enabled);
  EXPECT_THAT(access_.applied, ElementsAre("configured.example", ""));
}

TEST_F(ConnectorBookTest, ServerThatMayNotBeAskedIsRefusedUnlessDisabled) {
  EXPECT_EQ(SetServer("forbidden.example").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(*store_.Get(kAcme, kLate), std::nullopt);
  const auto disabled = book_.Update(
      kAcme, 0,
      [](ConnectorPage& page) {
        page.enabled = false;
        page.server_address = "forbidden.example";
      },
      kLate);
  EXPECT_TRUE(disabled.ok()) << disabled.status();
}

TEST_F(ConnectorBookTest, StaleUpdateIsAborted) {
  const auto first = SetServer("one.example", kUnstoredPage);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(absl::IsAborted(SetServer("two.example", kUnstoredPage).status()));
  EXPECT_TRUE(SetServer("two.example", first->revision).ok());
}

TEST_F(ConnectorBookTest, OutageOfTheStoreLeavesWhatIsInEffectAndEnds) {
  ASSERT_TRUE(book_.Refresh(kAcme, kLate).ok());
  store_.FailWith(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(book_.Refresh(kAcme, kLate)));
  EXPECT_TRUE(absl::IsUnavailable(SetServer("x.example").status()));
  EXPECT_EQ(book_.Current(kAcme)->server_address, "configured.example");
  store_.FailWith(absl::OkStatus());
  EXPECT_TRUE(SetServer("x.example").ok());
  EXPECT_EQ(book_.Current(kAcme)->server_address, "x.example");
}

}  // namespace
}  // namespace crosspoint::directory
