#include "directory/api/directory_handler.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "common/status/status.h"
#include "common/text/fold.h"
#include "directory/api/convert.h"
#include "directory/api/request_parts.h"
#include "directory/api/user_mask.h"
#include "directory/api/user_watch.h"

namespace crosspoint::directory {
namespace {

constexpr int kMaxBatch = 1000;
constexpr size_t kDefaultPage = 50;
constexpr size_t kMaxPage = 1000;
constexpr size_t kMaxPeoplePage = 500;
constexpr std::chrono::seconds kLookLimit{5};  // for a stream, which has no deadline

}  // namespace

DirectoryHandler::DirectoryHandler(TenantRegistry& tenants, UserRegistry& registry, UserFeed& feed,
                                   PeopleSearch& search, PhotoLibrary& photos, CorporateLists& lists,
                                   ContactCards& cards)
    : tenants_(tenants),
      registry_(registry),
      feed_(feed),
      search_(search),
      photos_(photos),
      lists_(lists),
      cards_(cards) {}

void DirectoryHandler::Bind(grpcx::Methods& methods) {
  methods.Unary("CreateUser", this, &DirectoryHandler::CreateUser);
  methods.Unary("GetUser", this, &DirectoryHandler::GetUser);
  methods.Unary("ListUsers", this, &DirectoryHandler::ListUsers);
  methods.Unary("UpdateUser", this, &DirectoryHandler::UpdateUser);
  methods.Unary("DeleteUser", this, &DirectoryHandler::DeleteUser);
  methods.Unary("UndeleteUser", this, &DirectoryHandler::UndeleteUser);
  methods.Unary("BatchCreateUsers", this, &DirectoryHandler::BatchCreateUsers);
  methods.ServerStream("WatchUsers", this, &DirectoryHandler::WatchUsers);
  methods.Waiting("SearchPeople", this, &DirectoryHandler::SearchPeople);
  methods.Waiting("ListCorporateDirectory", this, &DirectoryHandler::ListCorporateDirectory);
  methods.Waiting("GetPhoto", this, &DirectoryHandler::GetPhoto);
  methods.Waiting("GetContactCard", this, &DirectoryHandler::GetContactCard);
}

absl::StatusOr<TenantId> DirectoryHandler::KnownTenant(const std::string& name, Deadline deadline) const {
  CROSSPOINT_ASSIGN_OR_RETURN(auto tenant, TenantId::Parse(name, "parent"));
  CROSSPOINT_RETURN_IF_ERROR(tenants_.Require(tenant, deadline));
  return tenant;
}

absl::StatusOr<UserRegistry::Request> DirectoryHandler::ToRequest(const v1::CreateUserRequest& request,
                                                                  const std::string& field) const {
  CROSSPOINT_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (!request.user().name().empty()) return InvalidField(field + ".name", "must be empty: the server assigns it");
  CROSSPOINT_ASSIGN_OR_RETURN(auto user, FromProto(request.user(), field));
  return UserRegistry::Request{
      {std::move(user), request.request_id(), request.request_id().empty() ? "" : Fingerprint(request)}, field};
}

absl::Status DirectoryHandler::CreateUser(const v1::CreateUserRequest& request, const grpcx::Call& call,
                                          v1::User& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, KnownTenant(request.parent(), call.steady_deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(auto wanted, ToRequest(request, "user"));
  auto created = registry_.Create(tenant, {std::move(wanted)}, call.steady_deadline);
  if (!created[0].ok()) return created[0].status();
  response = ToProto(*created[0]);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::GetUser(const v1::GetUserRequest& request, const grpcx::Call& call, v1::User& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, UserId::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, registry_.Get(id, call.steady_deadline));
  response = ToProto(user);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::ListUsers(const v1::ListUsersRequest& request, const grpcx::Call& call,
                                         v1::ListUsersResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, KnownTenant(request.parent(), call.steady_deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), kDefaultPage, kMaxPage));
  if (!request.page_token().empty() && !IsValidSegment(request.page_token())) {
    return InvalidField("page_token", "must be the next_page_token of an earlier answer, or empty");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page, registry_.List(tenant, request.page_token(), size,
                                                              request.show_deleted(), call.steady_deadline));
  for (const auto& user : page.users) *response.add_users() = ToProto(user);
  response.set_next_page_token(page.last_id);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::UpdateUser(const v1::UpdateUserRequest& request, const grpcx::Call& call,
                                          v1::User& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, UserId::Parse(request.user().name(), "user.name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, ParseEtag(request.user().etag(), "user.etag"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto wanted, FromProto(request.user(), "user"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mask, UserMask::Parse(request.update_mask()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user,
                              registry_.Update(
                                  id, revision, [&](User& user) { mask.Apply(wanted, user); }, call.steady_deadline));
  response = ToProto(user);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::DeleteUser(const v1::DeleteUserRequest& request, const grpcx::Call& call,
                                          v1::User& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, UserId::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, ParseEtag(request.etag(), "etag"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, registry_.Delete(id, revision, call.steady_deadline));
  response = ToProto(user);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::UndeleteUser(const v1::UndeleteUserRequest& request, const grpcx::Call& call,
                                            v1::User& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, UserId::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, registry_.Undelete(id, call.steady_deadline));
  response = ToProto(user);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::BatchCreateUsers(const v1::BatchCreateUsersRequest& request, const grpcx::Call& call,
                                                v1::BatchCreateUsersResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, KnownTenant(request.parent(), call.steady_deadline));
  if (request.requests().empty() || request.requests_size() > kMaxBatch) {
    return InvalidField("requests", "must be 1 to 1000");
  }
  std::vector<absl::Status> refused(request.requests_size());
  std::vector<UserRegistry::Request> wanted;
  for (int i = 0; i < request.requests_size(); ++i) {
    const auto field = "requests[" + std::to_string(i) + "]";
    const auto& each = request.requests(i);
    if (!each.parent().empty() && each.parent() != request.parent()) {
      return InvalidField(field + ".parent", "must be empty or equal to parent");
    }
    auto converted = ToRequest(each, field + ".user");
    refused[i] = converted.status();
    if (converted.ok()) wanted.push_back(std::move(converted).value());
  }
  auto created = registry_.Create(tenant, std::move(wanted), call.steady_deadline);
  size_t next = 0;
  for (const auto& refusal : refused) {
    auto& result = *response.add_results();
    const absl::Status status = refusal.ok() ? created[next].status() : refusal;
    if (status.ok()) {
      *result.mutable_user() = ToProto(*created[next]);
    } else {
      result.mutable_error()->set_code(static_cast<int>(status.code()));
      result.mutable_error()->set_message(MessageOf(status));
      if (const auto info = GetErrorInfo(status)) result.mutable_error()->set_reason(info->reason);
    }
    if (refusal.ok()) ++next;
  }
  return absl::OkStatus();
}

void DirectoryHandler::WatchUsers(const v1::WatchUsersRequest& request, const grpcx::Call& call,
                                  std::shared_ptr<grpcx::ServerStream<v1::WatchUsersResponse>> stream) {
  const auto tenant =
      KnownTenant(request.parent(), std::min(call.steady_deadline, std::chrono::steady_clock::now() + kLookLimit));
  if (!tenant.ok()) return stream->Finish(tenant.status());
  const auto position = FeedPosition::Parse(request.resume_token());
  if (!position.ok()) return stream->Finish(position.status());
  UserWatch::Start(feed_, *tenant, *position, std::move(stream));
}

absl::Status DirectoryHandler::SearchPeople(const v1::SearchPeopleRequest& request, const grpcx::Call& call,
                                            v1::SearchPeopleResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, KnownTenant(request.parent(), call.steady_deadline));
  if (request.query().size() > 256 || !IsCleanUtf8(request.query()) ||
      WordsOf(FoldForSearch(request.query())).empty()) {
    return InvalidField("query", "must be 1 to 256 bytes of text with at least one letter or digit");
  }
  if (request.page_size() < 0) return InvalidField("page_size", "must not be negative");
  CROSSPOINT_RETURN_IF_ERROR(feed_.Loaded(tenant));
  const size_t limit = request.page_size() == 0 ? kMaxPeople : static_cast<size_t>(request.page_size());
  const auto result = search_.Search(tenant, request.query(), limit, call.steady_deadline);
  for (const auto& person : result.people) *response.add_people() = ToProto(person);
  response.set_partial(result.partial);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::ListCorporateDirectory(const v1::ListCorporateDirectoryRequest& request,
                                                      const grpcx::Call& call,
                                                      v1::ListCorporateDirectoryResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, KnownTenant(request.parent(), call.steady_deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), kDefaultPage, kMaxPeoplePage));
  CROSSPOINT_RETURN_IF_ERROR(feed_.Loaded(tenant));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page, lists_.Read(tenant, request.page_token(), size, call.steady_deadline));
  for (const auto& person : page.people) *response.add_people() = ToProto(person);
  response.set_next_page_token(page.next_token);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::GetPhoto(const v1::GetPhotoRequest& request, const grpcx::Call& call,
                                        v1::Photo& response) {
  static constexpr std::array kSizes = {48, 64, 96, 120, 240, 360, 432, 504, 648};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, KnownTenant(request.parent(), call.steady_deadline));
  if (!IsEmail(request.email())) return InvalidField("email", "must be an address such as ada@corp.example");
  const int size = request.size() == 0 ? 96 : request.size();
  if (std::ranges::find(kSizes, size) == kSizes.end()) {
    return InvalidField("size", "must be 48, 64, 96, 120, 240, 360, 432, 504 or 648");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto picture, photos_.Get(tenant, request.email(), size, call.steady_deadline));
  response.set_etag(picture.etag);
  response.set_content_type(picture.content_type);
  response.set_not_modified(!request.if_none_match().empty() && request.if_none_match() == picture.etag);
  if (!response.not_modified()) response.set_content(picture.bytes);
  return absl::OkStatus();
}

absl::Status DirectoryHandler::GetContactCard(const v1::GetContactCardRequest& request, const grpcx::Call& call,
                                              v1::ContactCard& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, KnownTenant(request.parent(), call.steady_deadline));
  if (!IsEmail(request.email())) return InvalidField("email", "must be an address such as ada@corp.example");
  CROSSPOINT_RETURN_IF_ERROR(feed_.Loaded(tenant));
  const auto& caller = call.principal->user;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto card,
                              cards_.Get(tenant, request.email(), caller.value.empty() ? "" : caller.Name(),
                                         {call.propagation.token, call.request_id()}, call.steady_deadline));
  response = ToProto(card);
  return absl::OkStatus();
}

}  // namespace crosspoint::directory
