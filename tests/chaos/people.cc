#include "tests/chaos/people.h"

#include <fmt/format.h>

#include <set>

#include "common/grpcx/status.h"

namespace crosspoint::chaos {

namespace v1 = ::crosspoint::directory::v1;

void People::Act(const std::atomic<bool>& stop) {
  if (open_.request_id().empty()) {
    open_.set_parent(testing::Stack::kTenant);
    open_.set_request_id(NewRequestId());
    open_.mutable_user()->set_display_name(fmt::format("Newcomer {}", next_));
    open_.mutable_user()->set_extension(std::to_string(50'000 + next_));
    open_.mutable_user()->set_mailbox_binding(v1::MAILBOX_BINDING_NONE);
    ++next_;
  }
  while (!stop) {
    const auto stub = v1::DirectoryService::NewStub(world_.Any("directory"));
    v1::User user;
    if (!stub->CreateUser(World::Patient(world_.stack().AsAdmin()).get(), open_, &user).ok()) continue;
    created_[user.name()] = user.extension();
    ++acknowledged_;
    open_.Clear();
    return;
  }
}

Difference People::Check() {
  Difference difference;
  for (int replica = 0; replica < world_.stack().Replicas("directory"); ++replica) {
    std::map<std::string, int> found;  // extensions
    std::set<std::string> names;
    const auto stub = v1::DirectoryService::NewStub(world_.stack().Channel("directory", replica));
    v1::ListUsersRequest request;
    request.set_parent(testing::Stack::kTenant);
    request.set_page_size(500);
    do {
      v1::ListUsersResponse page;
      const auto listed =
          grpcx::FromGrpc(stub->ListUsers(World::Patient(world_.stack().AsAdmin()).get(), request, &page));
      if (!listed.ok()) return {static_cast<int>(created_.size()), 0, "users cannot be listed: " + listed.ToString()};
      for (const auto& user : page.users()) {
        names.insert(user.name());
        ++found[user.extension()];
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    for (const auto& [name, extension] : created_) {
      if (!names.contains(name)) difference.Add({1, 0, name + " is not on directory " + std::to_string(replica)});
      if (found[extension] > 1) difference.Add({0, 1, "extension " + extension + " is there twice"});
    }
  }
  return difference;
}

}  // namespace crosspoint::chaos
