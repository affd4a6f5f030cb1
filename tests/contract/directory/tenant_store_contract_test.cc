// One suite for everything that calls itself a TenantStore or a ConnectorStore: the fakes, Redis and Valkey.
#include <gmock/gmock.h>

#include <functional>
#include <memory>

#include "common/redis/client.h"
#include "directory/adapters/redis_connector_store.h"
#include "directory/adapters/redis_tenant_store.h"
#include "tests/support/fake_tenant_store.h"
#include "tests/support/redis_server.h"

namespace crosspoint::directory {
namespace {

using crosspoint::testing::RedisServer;
using ::testing::ElementsAre;

const TenantId kAcme{"acme"};

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

class StoresUnderTest {
 public:
  virtual ~StoresUnderTest() = default;
  virtual TenantStore& tenants() = 0;
  virtual ConnectorStore& connectors() = 0;
};

class FakesUnderTest final : public StoresUnderTest {
 public:
  TenantStore& tenants() override { return tenants_; }
  ConnectorStore& connectors() override { return connectors_; }

 private:
  FakeTenantStore tenants_;
  FakeConnectorStore connectors_;
};

class RedisUnderTest final : public StoresUnderTest {
 public:
  explicit RedisUnderTest(RedisServer::Options::Kind kind) : server_({.kind = kind}), redis_(server_.config()) {}
  TenantStore& tenants() override { return tenants_; }
  ConnectorStore& connectors() override { return connectors_; }

 private:
  RedisServer server_;
  RedisClient redis_;
  RedisTenantStore tenants_{redis_};
  RedisConnectorStore connectors_{redis_};
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<StoresUnderTest>()> make;
};

class TenantStoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  Tenant Hosted(const std::string& id) {
    return {.id = {id},
            .display_name = "Name of " + id,
            .bridge_mode = BridgeMode::kHosted,
            .region = "DE",
            .default_mailbox_binding = MailboxBinding::kEws,
            .default_outlook_use = OutlookUse::kYes};
  }
  std::string ReasonOf(const absl::Status& status) {
    const auto info = GetErrorInfo(status);
    return info ? info->reason : status.ToString();
  }

  std::unique_ptr<StoresUnderTest> stores_ = GetParam().make();
  TenantStore& tenants_ = stores_->tenants();
  ConnectorStore& connectors_ = stores_->connectors();
};

TEST_P(TenantStoreContract, CreatedTenantIsReadBackWithAllItHas) {
  const auto created = tenants_.Create(Hosted("acme"), "", "", Soon());
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_NE(created->revision, 0u);
  EXPECT_EQ(*tenants_.Get(kAcme, Soon()), *created);
  EXPECT_EQ(created->region, "DE");
  EXPECT_EQ(created->bridge_mode, BridgeMode::kHosted);
  EXPECT_EQ(created->default_mailbox_binding, MailboxBinding::kEws);
  EXPECT_EQ(created->default_outlook_use, OutlookUse::kYes);
}

TEST_P(TenantStoreContract, ThereIsOneOfEachName) {
  ASSERT_TRUE(tenants_.Create(Hosted("acme"), "", "", Soon()).ok());
  EXPECT_EQ(ReasonOf(tenants_.Create(Hosted("acme"), "", "", Soon()).status()), "TENANT_EXISTS");
}

TEST_P(TenantStoreContract, RepeatedRequestGivesTheSameTenantAndOtherContentIsRefused) {
  const auto first = tenants_.Create(Hosted("acme"), "r1", "hash", Soon());
  const auto again = tenants_.Create(Hosted("acme"), "r1", "hash", Soon());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *first);
  EXPECT_EQ(ReasonOf(tenants_.Create(Hosted("other"), "r1", "another", Soon()).status()), "REQUEST_ID_REUSED");
}

TEST_P(TenantStoreContract, EnsuringLeavesWhatIsThereAlone) {
  ASSERT_TRUE(tenants_.Ensure(Hosted("acme"), Soon()).ok());
  auto changed = *tenants_.Get(kAcme, Soon());
  changed.display_name = "Another";
  ASSERT_TRUE(tenants_.Update(changed, 0, Soon()).ok());
  ASSERT_TRUE(tenants_.Ensure(Hosted("acme"), Soon()).ok());
  EXPECT_EQ(tenants_.Get(kAcme, Soon())->display_name, "Another");
}

TEST_P(TenantStoreContract, StaleUpdateIsAbortedAndTheSameAgainTakesNoRevision) {
  const auto created = tenants_.Create(Hosted("acme"), "", "", Soon());
  auto wanted = *created;
  wanted.region = "AT";
  const auto updated = tenants_.Update(wanted, created->revision, Soon());
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_GT(updated->revision, created->revision);
  EXPECT_EQ(ReasonOf(tenants_.Update(wanted, created->revision, Soon()).status()), "ETAG_STALE");
  EXPECT_EQ(tenants_.Update(wanted, updated->revision, Soon())->revision, updated->revision);
  EXPECT_EQ(ReasonOf(tenants_.Update(Hosted("nobody"), 0, Soon()).status()), "TENANT_UNKNOWN");
}

TEST_P(TenantStoreContract, ListComesInOrderPageByPage) {
  for (const char* id : {"c", "a", "b"}) ASSERT_TRUE(tenants_.Create(Hosted(id), "", "", Soon()).ok());
  const auto first = tenants_.List("", 2, Soon());
  ASSERT_TRUE(first.ok()) << first.status();
  const auto ids = [](const TenantPage& page) {
    std::vector<std::string> out;
    for (const auto& tenant : page.tenants) out.push_back(tenant.id.value);
    return out;
  };
  EXPECT_THAT(ids(*first), ElementsAre("a", "b"));
  const auto second = tenants_.List(first->last_id, 2, Soon());
  EXPECT_THAT(ids(*second), ElementsAre("c"));
  EXPECT_EQ(second->last_id, "");
}

TEST_P(TenantStoreContract, PageIsKeptAndFirstWriterWins) {
  EXPECT_EQ(*connectors_.Get(kAcme, Soon()), std::nullopt);
  const ConnectorPage page{.enabled = true,
                           .server_address = "mail.corp.example",
                           .username = "any\ntext",
                           .password = "'; DROP TABLE",
                           .credential_secret = "s1"};
  const auto stored = connectors_.Put(kAcme, page, kUnstoredPage, Soon());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->revision, kUnstoredPage + 1);
  EXPECT_EQ(**connectors_.Get(kAcme, Soon()), *stored);
  auto other = page;
  other.enabled = false;
  EXPECT_EQ(ReasonOf(connectors_.Put(kAcme, other, kUnstoredPage, Soon()).status()), "ETAG_STALE");
  EXPECT_EQ(connectors_.Put(kAcme, page, stored->revision, Soon())->revision, stored->revision);
  EXPECT_EQ(connectors_.Put(kAcme, other, stored->revision, Soon())->revision, stored->revision + 1);
  EXPECT_EQ(*connectors_.Get(TenantId{"other"}, Soon()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    Stores, TenantStoreContract,
    ::testing::Values(
        Kind{"Fake", [] { return std::make_unique<FakesUnderTest>(); }},
        Kind{"Redis", [] { return std::make_unique<RedisUnderTest>(RedisServer::Options::Kind::kRedis); }},
        Kind{"Valkey", [] { return std::make_unique<RedisUnderTest>(RedisServer::Options::Kind::kValkey); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace crosspoint::directory
