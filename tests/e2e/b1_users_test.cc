// B1: users and extensions, scoped by tenant.
#include <gmock/gmock.h>

#include <set>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

TEST(B1, AUserIsCreatedReadUpdatedDeletedAndRestored) {
  const auto person = NewPerson();
  directory::GetUserRequest get;
  get.set_name(person.name);
  directory::User user;
  ASSERT_TRUE(Outcome(Directory()->GetUser(TheStack().AsAdmin().get(), get, &user)).ok());
  EXPECT_EQ(user.email(), person.email);
  EXPECT_EQ(user.extension(), person.extension);

  directory::UpdateUserRequest update;
  *update.mutable_user() = user;
  update.mutable_user()->set_display_name("Renamed");
  update.mutable_update_mask()->add_paths("display_name");
  directory::User renamed;
  ASSERT_TRUE(Outcome(Directory()->UpdateUser(TheStack().AsAdmin().get(), update, &renamed)).ok());
  EXPECT_EQ(renamed.display_name(), "Renamed");
  EXPECT_EQ(renamed.email(), person.email);
  // The etag of before is stale now.
  EXPECT_TRUE(absl::IsAborted(Outcome(Directory()->UpdateUser(TheStack().AsAdmin().get(), update, &renamed))));

  directory::DeleteUserRequest remove;
  remove.set_name(person.name);
  ASSERT_TRUE(Outcome(Directory()->DeleteUser(TheStack().AsAdmin().get(), remove, &user)).ok());
  EXPECT_TRUE(absl::IsNotFound(Outcome(Directory()->GetUser(TheStack().AsAdmin().get(), get, &user))));
  directory::UndeleteUserRequest restore;
  restore.set_name(person.name);
  ASSERT_TRUE(Outcome(Directory()->UndeleteUser(TheStack().AsAdmin().get(), restore, &user)).ok());
  EXPECT_TRUE(Outcome(Directory()->GetUser(TheStack().AsAdmin().get(), get, &user)).ok());
}

TEST(B1, AddressAndExtensionAreUniqueAndTheErrorNamesWhatCollides) {
  const auto person = NewPerson();
  directory::CreateUserRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.mutable_user()->set_display_name("Twin");
  request.mutable_user()->set_email("E2E" + person.email.substr(3));
  directory::User user;
  auto info = GetErrorInfo(Outcome(Directory()->CreateUser(TheStack().AsAdmin().get(), request, &user)));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "EMAIL_TAKEN");
  request.mutable_user()->set_email("twin-of-" + person.email);
  request.mutable_user()->set_extension(person.extension);
  info = GetErrorInfo(Outcome(Directory()->CreateUser(TheStack().AsAdmin().get(), request, &user)));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "EXTENSION_TAKEN");
}

TEST(B1, ARepeatedRequestGivesTheSameUser) {
  directory::CreateUserRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_request_id("0a9f8f5e-70b5-4d6e-a5a2-6b2f3a7f6c11");
  request.mutable_user()->set_display_name("Only Once");
  directory::User first;
  directory::User second;
  ASSERT_TRUE(Outcome(Directory()->CreateUser(TheStack().AsAdmin().get(), request, &first)).ok());
  ASSERT_TRUE(Outcome(Directory()->CreateUser(TheStack().AsAdmin().get(), request, &second)).ok());
  EXPECT_EQ(first.name(), second.name());
  request.mutable_user()->set_display_name("Somebody Else");
  EXPECT_TRUE(absl::IsInvalidArgument(Outcome(Directory()->CreateUser(TheStack().AsAdmin().get(), request, &second))));
}

TEST(B1, BadFieldsAreNamed) {
  directory::CreateUserRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.mutable_user()->set_display_name("Ada");
  request.mutable_user()->set_email("a@b\r\nBcc: everybody@corp.example");
  directory::User user;
  const auto status = Outcome(Directory()->CreateUser(TheStack().AsAdmin().get(), request, &user));
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  ASSERT_TRUE(GetErrorInfo(status).has_value());
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("field"), "user.email");
}

TEST(B1, TenThousandAreImportedAndListedEachOnce) {
  constexpr int kBatches = 10;
  constexpr int kPerBatch = 1000;
  std::set<std::string> created;
  for (int batch = 0; batch < kBatches; ++batch) {
    directory::BatchCreateUsersRequest request;
    request.set_parent(testing::Stack::kTenant);
    for (int i = 0; i < kPerBatch; ++i) {
      const auto number = std::to_string(batch * kPerBatch + i);
      auto& user = *request.add_requests()->mutable_user();
      user.set_display_name("Import " + number);
      user.set_email("import" + number + "@import.example");
      user.set_mailbox_binding(directory::MAILBOX_BINDING_NONE);
    }
    directory::BatchCreateUsersResponse response;
    ASSERT_TRUE(Outcome(Directory()->BatchCreateUsers(TheStack().AsAdmin().get(), request, &response)).ok());
    for (const auto& result : response.results()) {
      ASSERT_TRUE(result.has_user()) << result.error().message();
      created.insert(result.user().name());
    }
  }
  ASSERT_EQ(created.size(), static_cast<size_t>(kBatches * kPerBatch));

  std::set<std::string> listed;
  directory::ListUsersRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_page_size(1000);
  directory::ListUsersResponse response;
  do {
    request.set_page_token(response.next_page_token());
    ASSERT_TRUE(Outcome(Directory()->ListUsers(TheStack().AsAdmin().get(), request, &response)).ok());
    for (const auto& user : response.users()) EXPECT_TRUE(listed.insert(user.name()).second) << "twice " << user.name();
  } while (!response.next_page_token().empty());
  for (const auto& name : created) EXPECT_TRUE(listed.contains(name)) << "missing " << name;
}

}  // namespace
}  // namespace crosspoint::e2e
