// Tenants that are created while two replicas run.
#include "tests/component/directory/directory_fixture.h"

namespace crosspoint::directory {
namespace {

using ::testing::HasSubstr;

class TenantsOfTwo : public DirectoryProcesses {
 protected:
  static v1::Tenant Hosted(const std::string& id) {
    v1::Tenant tenant;
    tenant.set_name("tenants/" + id);
    tenant.set_display_name("Name of " + id);
    tenant.set_bridge_mode(v1::BRIDGE_MODE_HOSTED);
    tenant.set_region("DE");
    return tenant;
  }
  static absl::Status Create(const v1::Tenant& tenant, const std::string& request_id = "",
                             v1::Tenant* created = nullptr) {
    v1::CreateTenantRequest request;
    *request.mutable_tenant() = tenant;
    request.set_request_id(request_id);
    v1::Tenant answer;
    const auto status = grpcx::FromGrpc(Tenants()->CreateTenant(Operator().get(), request, &answer));
    if (created != nullptr) *created = answer;
    return status;
  }
  static absl::Status CreateUser(const std::string& tenant, const std::string& email, int replica) {
    v1::CreateUserRequest request;
    request.set_parent("tenants/" + tenant);
    request.mutable_user()->set_display_name((email.starts_with("eve") ? "Eve of " : "Ada of ") + tenant);
    request.mutable_user()->set_email(email);
    v1::User user;
    return grpcx::FromGrpc(People(replica)->CreateUser(Admin(tenant).get(), request, &user));
  }
  static absl::StatusOr<int> Found(const std::string& tenant, const std::string& query, int replica) {
    v1::SearchPeopleRequest request;
    request.set_parent("tenants/" + tenant);
    request.set_query(query);
    v1::SearchPeopleResponse response;
    const auto context = Patient(stack_->AsUser("tenants/" + tenant + "/users/u1"));
    const auto status = grpcx::FromGrpc(People(replica)->SearchPeople(context.get(), request, &response));
    if (!status.ok()) return status;
    return response.people_size();
  }
};

TEST_F(TenantsOfTwo, NewTenantIsServedAtEveryReplicaAtOnceAndApartFromOthers) {
  ASSERT_TRUE(Create(Hosted("north")).ok());
  ASSERT_TRUE(Create(Hosted("south")).ok());
  // At once: the other replica looks for a tenant it has not heard of.
  ASSERT_TRUE(CreateUser("north", "ada@corp.example", 1).ok());
  ASSERT_TRUE(CreateUser("south", "ada@corp.example", 0).ok()) << "addresses are unique within a tenant only";
  for (int replica : {0, 1}) {
    for (const char* tenant : {"north", "south"}) {
      EXPECT_TRUE(testing::Eventually([&] { return Found(tenant, "ada of", replica).value_or(-1) == 1; }));
      EXPECT_TRUE(
          testing::Eventually([&] { return Found(tenant, std::string("ada ") + tenant, replica).value_or(-1) == 1; }));
    }
    EXPECT_EQ(Found("north", "south", replica).value_or(-1), 0);
  }
  EXPECT_EQ(ReasonOf(Create(Hosted("north"))), "TENANT_EXISTS");
}

TEST_F(TenantsOfTwo, TenantsOutliveTheProcesses) {
  ASSERT_TRUE(Create(Hosted("lasting")).ok());
  ASSERT_TRUE(CreateUser("lasting", "eve@corp.example", 0).ok());
  stack_->directory(0).Kill();
  stack_->directory(0).Start();
  stack_->directory(0).WaitReady();
  // The first call may meet the connection to the process that is gone.
  ASSERT_TRUE(testing::Eventually([] { return Found("lasting", "eve", 0).ok(); }));
  EXPECT_EQ(*Found("lasting", "eve", 0), 1);
}

TEST_F(TenantsOfTwo, RepeatedRequestCreatesOnce) {
  const std::string id = "4f1c1d0e-9f0b-4c52-8f8e-0a8f7c1d2e3f";
  v1::Tenant first;
  v1::Tenant second;
  ASSERT_TRUE(Create(Hosted("once"), id, &first).ok());
  ASSERT_TRUE(Create(Hosted("once"), id, &second).ok());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(ReasonOf(Create(Hosted("twice"), id)), "REQUEST_ID_REUSED");
  EXPECT_THAT(MessageOf(Create(Hosted("third"), "no uuid")), HasSubstr("request_id"));
}

TEST_F(TenantsOfTwo, AdministratorChangesTheOwnTenantByEtagAndMask) {
  ASSERT_TRUE(Create(Hosted("changing")).ok());
  v1::GetTenantRequest get;
  get.set_name("tenants/changing");
  v1::Tenant tenant;
  ASSERT_TRUE(Tenants(1)->GetTenant(Admin("changing").get(), get, &tenant).ok());
  EXPECT_EQ(tenant.default_outlook_use(), v1::OUTLOOK_USE_AUTO);
  v1::UpdateTenantRequest update;
  *update.mutable_tenant() = tenant;
  update.mutable_tenant()->set_region("AT");
  update.mutable_tenant()->set_display_name("left alone");
  update.mutable_update_mask()->add_paths("region");
  v1::Tenant answer;
  ASSERT_TRUE(Tenants(0)->UpdateTenant(Admin("changing").get(), update, &answer).ok());
  EXPECT_EQ(answer.region(), "AT");
  EXPECT_EQ(answer.display_name(), "Name of changing");
  EXPECT_EQ(ReasonOf(grpcx::FromGrpc(Tenants(1)->UpdateTenant(Admin("changing").get(), update, &answer))),
            "ETAG_STALE");
  EXPECT_EQ(grpcx::FromGrpc(Tenants()->GetTenant(Admin("default").get(), get, &answer)).code(),
            absl::StatusCode::kNotFound)
      << "another tenant's administrator does not learn that it exists";
}

TEST_F(TenantsOfTwo, ListTellsThoseOfTheConfigurationToo) {
  ASSERT_TRUE(Create(Hosted("zz-last")).ok());
  std::vector<std::string> names;
  v1::ListTenantsRequest request;
  request.set_page_size(2);
  do {
    v1::ListTenantsResponse response;
    ASSERT_TRUE(Tenants()->ListTenants(Operator().get(), request, &response).ok());
    for (const auto& tenant : response.tenants()) names.push_back(tenant.name());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ::testing::IsSupersetOf({"tenants/default", "tenants/zz-last"}));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST_F(TenantsOfTwo, WrongTenantsAreRefusedNamingTheField) {
  auto tenant = Hosted("wrong");
  tenant.set_region("XQ");
  EXPECT_THAT(MessageOf(Create(tenant)), HasSubstr("tenant.region"));
  tenant = Hosted("wrong");
  tenant.set_name("tenants/No Good");
  EXPECT_THAT(MessageOf(Create(tenant)), HasSubstr("tenant.name"));
  tenant = Hosted("wrong");
  tenant.clear_display_name();
  EXPECT_THAT(MessageOf(Create(tenant)), HasSubstr("tenant.display_name"));
}

}  // namespace
}  // namespace crosspoint::directory
