#pragma once

#include <memory>

#include "common/grpcx/methods.h"
#include "crosspoint/directory/v1/directory_service.pb.h"
#include "directory/app/contact_cards.h"
#include "directory/app/corporate_lists.h"
#include "directory/app/people_search.h"
#include "directory/app/photo_library.h"
#include "directory/app/tenant_registry.h"
#include "directory/app/user_feed.h"
#include "directory/app/user_registry.h"

namespace crosspoint::directory {

namespace v1 = ::crosspoint::directory::v1;

// crosspoint.directory.v1.DirectoryService. Reached only through the Guard. Thread-safe.
class DirectoryHandler {
 public:
  DirectoryHandler(TenantRegistry& tenants, UserRegistry& registry, UserFeed& feed, PeopleSearch& search,
                   PhotoLibrary& photos, CorporateLists& lists, ContactCards& cards);

  void Bind(grpcx::Methods& methods);

  absl::Status CreateUser(const v1::CreateUserRequest& request, const grpcx::Call& call, v1::User& response);
  absl::Status GetUser(const v1::GetUserRequest& request, const grpcx::Call& call, v1::User& response);
  absl::Status ListUsers(const v1::ListUsersRequest& request, const grpcx::Call& call, v1::ListUsersResponse& response);
  absl::Status UpdateUser(const v1::UpdateUserRequest& request, const grpcx::Call& call, v1::User& response);
  absl::Status DeleteUser(const v1::DeleteUserRequest& request, const grpcx::Call& call, v1::User& response);
  absl::Status UndeleteUser(const v1::UndeleteUserRequest& request, const grpcx::Call& call, v1::User& response);
  absl::Status BatchCreateUsers(const v1::BatchCreateUsersRequest& request, const grpcx::Call& call,
                                v1::BatchCreateUsersResponse& response);
  void WatchUsers(const v1::WatchUsersRequest& request, const grpcx::Call& call,
                  std::shared_ptr<grpcx::ServerStream<v1::WatchUsersResponse>> stream);
  absl::Status SearchPeople(const v1::SearchPeopleRequest& request, const grpcx::Call& call,
                            v1::SearchPeopleResponse& response);
  absl::Status ListCorporateDirectory(const v1::ListCorporateDirectoryRequest& request, const grpcx::Call& call,
                                      v1::ListCorporateDirectoryResponse& response);
  absl::Status GetPhoto(const v1::GetPhotoRequest& request, const grpcx::Call& call, v1::Photo& response);
  absl::Status GetContactCard(const v1::GetContactCardRequest& request, const grpcx::Call& call,
                              v1::ContactCard& response);

 private:
  // A tenant this installation serves.  kNotFound TENANT_UNKNOWN
  absl::StatusOr<TenantId> KnownTenant(const std::string& name, Deadline deadline) const;
  absl::StatusOr<UserRegistry::Request> ToRequest(const v1::CreateUserRequest& request, const std::string& field) const;

  TenantRegistry& tenants_;
  UserRegistry& registry_;
  UserFeed& feed_;
  PeopleSearch& search_;
  PhotoLibrary& photos_;
  CorporateLists& lists_;
  ContactCards& cards_;
};

}  // namespace crosspoint::directory
