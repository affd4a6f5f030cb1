#include "common/grpcx/policy.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "crosspoint/testing/v1/testing_service.pb.h"

namespace crosspoint::testing {
namespace {

using grpcx::DelegateGrants;
using grpcx::Policy;
using grpcx::Principal;
using grpcx::Role;
using grpcx::RoleSet;

Policy PolicyOf(const std::string& method) {
  const auto* const service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("crosspoint.testing.v1.TestingService");
  return Policy(*service->FindMethodByName(method));
}

Principal User(const std::string& tenant, const std::string& user, RoleSet roles) {
  Principal principal;
  principal.kind = Principal::Kind::kUser;
  principal.user = UserId{TenantId{tenant}, user};
  principal.roles = roles;
  return principal;
}

v1::EchoRequest Named(const std::string& name) {
  v1::EchoRequest request;
  request.set_name(name);
  return request;
}

TEST(Policy, ADelegateReachesWhatTheOwnerGranted) {
  const auto policy = PolicyOf("Echo");
  const DelegateGrants grants = [](const UserId& owner, const UserId& delegate) {
    return owner.Name() == "tenants/acme/users/boss" && delegate.Name() == "tenants/acme/users/u1";
  };
  const auto check = [&](const Principal& principal, const char* name) {
    return policy.CheckResource(principal, Named(name), Policy::Position::kFirst, grants).ok();
  };
  const auto delegate = User("acme", "u1", {Role::kUser, Role::kDelegate});
  EXPECT_TRUE(check(delegate, "tenants/acme/users/boss"));
  EXPECT_FALSE(check(delegate, "tenants/acme/users/other"));
  EXPECT_FALSE(check(delegate, "tenants/globex/users/boss"));
  EXPECT_FALSE(check(User("acme", "u1", {Role::kUser}), "tenants/acme/users/boss")) << "the role is needed";
  EXPECT_FALSE(check(User("acme", "u2", {Role::kUser, Role::kDelegate}), "tenants/acme/users/boss"));
}

TEST(Policy, LaterMessagesMayLeaveTheNameOutButNotForgeIt) {
  const auto policy = PolicyOf("Upload");
  const auto user = User("acme", "u1", {Role::kUser});
  const auto check = [&](const char* name, Policy::Position position) {
    return policy.CheckResource(user, Named(name), position, {}).code();
  };
  EXPECT_EQ(check("", Policy::Position::kFirst), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(check("", Policy::Position::kLater), absl::StatusCode::kOk);
  EXPECT_EQ(check("tenants/acme/users/u2", Policy::Position::kLater), absl::StatusCode::kNotFound);
}

TEST(Policy, ServicesAndAnonymousCallersWithoutToken) {
  EXPECT_EQ(*PolicyOf("Echo").WithoutToken("presence"), Principal::Kind::kService);
  EXPECT_EQ(PolicyOf("Echo").WithoutToken("voicemail").status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(PolicyOf("Echo").WithoutToken("").status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(*PolicyOf("EchoAnyone").WithoutToken(""), Principal::Kind::kAnonymous);
  EXPECT_EQ(PolicyOf("EchoServices").WithoutToken("voicemail").status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(PolicyOf("EchoServices").WithoutToken("").status().code(), absl::StatusCode::kUnauthenticated);
}

TEST(Policy, EmptyTenantsNeverMatch) {
  const auto policy = PolicyOf("EchoInTenant");
  const auto nobody = User("", "", {Role::kUser});
  EXPECT_FALSE(policy.CheckResource(nobody, Named("tenants//x"), Policy::Position::kFirst, {}).ok());
  EXPECT_FALSE(policy.CheckResource(nobody, Named("tenants/acme"), Policy::Position::kFirst, {}).ok());
}

TEST(Policy, NotFoundSaysTheSameWhateverTheReason) {
  const auto policy = PolicyOf("Echo");
  const auto user = User("acme", "u1", {Role::kUser});
  const auto other_user = policy.CheckResource(user, Named("tenants/acme/users/u2"), Policy::Position::kFirst, {});
  const auto other_tenant = policy.CheckResource(user, Named("tenants/x/users/u1"), Policy::Position::kFirst, {});
  EXPECT_EQ(other_user, other_tenant);
}

}  // namespace
}  // namespace crosspoint::testing
