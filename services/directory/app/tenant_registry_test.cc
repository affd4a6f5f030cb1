#include "directory/app/tenant_registry.h"

#include <gmock/gmock.h>

#include "tests/support/fake_tenant_store.h"

namespace crosspoint::directory {
namespace {

using ::testing::ElementsAre;

const Deadline kLate = Deadline::max();

class NoAnnouncer final : public ChangeAnnouncer {
 public:
  void Announce(const TenantId&) override {}
};

class TenantRegistryTest : public ::testing::Test {
 protected:
  FakeTenantStore store_;
  NoAnnouncer announcer_;
  std::vector<std::string> found_;
  TenantRegistry registry_{
      store_, announcer_, {{.id = {"default"}, .display_name = "Default"}}, [this](const TenantId& tenant) {
        found_.push_back(tenant.value);
      }};
};

TEST_F(TenantRegistryTest, ConfiguredTenantsExistAtOnceAndAreStoredLater) {
  EXPECT_THAT(found_, ElementsAre("default"));
  store_.FailWith(absl::UnavailableError("away"));
  EXPECT_TRUE(registry_.Require({"default"}, kLate).ok());
  EXPECT_FALSE(registry_.Refresh(kLate).ok());
  EXPECT_FALSE(registry_.Loaded().ok());
  store_.FailWith(absl::OkStatus());
  EXPECT_TRUE(registry_.Refresh(kLate).ok());
  EXPECT_TRUE(registry_.Loaded().ok());
  EXPECT_EQ(registry_.Get({"default"}, kLate)->display_name, "Default");
}

TEST_F(TenantRegistryTest, TenantOfAnotherReplicaIsFoundWhenAskedForAndByRefreshing) {
  ASSERT_TRUE(store_.Create({.id = {"acme"}, .display_name = "Acme"}, "", "", kLate).ok());
  ASSERT_TRUE(store_.Create({.id = {"beta"}, .display_name = "Beta"}, "", "", kLate).ok());
  EXPECT_TRUE(registry_.Require({"acme"}, kLate).ok());
  EXPECT_THAT(found_, ElementsAre("default", "acme"));
  ASSERT_TRUE(registry_.Refresh(kLate).ok());
  EXPECT_THAT(found_, ElementsAre("default", "acme", "beta"));
  EXPECT_TRUE(absl::IsNotFound(registry_.Require({"nobody"}, kLate)));
}

TEST_F(TenantRegistryTest, WrongTenantIsRefusedBeforeItIsStored) {
  EXPECT_FALSE(registry_.Create({.id = {"acme"}, .display_name = ""}, "", "", kLate).ok());
  EXPECT_TRUE(absl::IsNotFound(store_.Get({"acme"}, kLate).status()));
}

TEST_F(TenantRegistryTest, UpdateWithoutEtagWritesOverWhateverIsThere) {
  ASSERT_TRUE(registry_.Refresh(kLate).ok());
  const auto to_region = [](const char* region) { return [region](Tenant& tenant) { tenant.region = region; }; };
  const auto first = registry_.Update({"default"}, 0, to_region("DE"), kLate);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(registry_.Update({"default"}, 0, to_region("AT"), kLate).ok());
  EXPECT_TRUE(absl::IsAborted(registry_.Update({"default"}, first->revision, to_region("CH"), kLate).status()));
  EXPECT_EQ(registry_.Get({"default"}, kLate)->region, "AT");
}

}  // namespace
}  // namespace crosspoint::directory
