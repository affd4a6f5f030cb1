#include "common/grpcx/policy.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "common/status/status.h"
#include "crosspoint/common/v1/options.pb.h"

namespace crosspoint::grpcx {
namespace {

namespace v1 = crosspoint::common::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(code, message, {.reason = std::string(reason), .domain = "crosspoint", .metadata = {}});
}

absl::Status NotFound(std::string_view field) {
  return ErrorWithInfo(
      absl::StatusCode::kNotFound, fmt::format("{}: not found", field),
      {.reason = "RESOURCE_NOT_FOUND", .domain = "crosspoint", .metadata = {{"field", std::string(field)}}});
}

RoleSet ToRoleSet(const google::protobuf::RepeatedField<int>& roles) {
  RoleSet set;
  for (const int role : roles) {
    switch (role) {
      case v1::ROLE_ANONYMOUS:
        set.Add(Role::kAnonymous);
        break;
      case v1::ROLE_USER:
        set.Add(Role::kUser);
        break;
      case v1::ROLE_DELEGATE:
        set.Add(Role::kDelegate);
        break;
      case v1::ROLE_INTEGRATOR:
        set.Add(Role::kIntegrator);
        break;
      case v1::ROLE_TENANT_ADMIN:
        set.Add(Role::kTenantAdmin);
        break;
      case v1::ROLE_OPERATOR:
        set.Add(Role::kOperator);
        break;
      default:
        break;
    }
  }
  return set;
}

// The fields along a dotted path; nullopt when there is no such path to a string.
std::optional<std::vector<const FieldDescriptor*>> Resolve(const google::protobuf::Descriptor& message,
                                                           std::string_view path) {
  std::vector<const FieldDescriptor*> fields;
  const google::protobuf::Descriptor* at = &message;
  while (true) {
    const auto dot = path.find('.');
    const auto* const field = at->FindFieldByName(std::string(path.substr(0, dot)));
    if (field == nullptr || field->is_map()) return std::nullopt;
    fields.push_back(field);
    if (dot == std::string_view::npos) break;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return std::nullopt;
    at = field->message_type();
    path.remove_prefix(dot + 1);
  }
  if (fields.back()->type() != FieldDescriptor::TYPE_STRING) return std::nullopt;
  return fields;
}

bool Contains(const google::protobuf::RepeatedField<int>& roles, int role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

void CheckRoles(const v1::MethodPolicy& policy, std::vector<std::string>& problems) {
  const auto* const known = google::protobuf::GetEnumDescriptor<v1::Role>();
  for (const int role : policy.roles()) {
    if (role == v1::ROLE_UNSPECIFIED || known->FindValueByNumber(role) == nullptr) {
      problems.push_back(fmt::format("role {} is none", role));
    }
  }
  for (const int role : policy.owner_exempt()) {
    if (!Contains(policy.roles(), role)) problems.emplace_back("owner_exempt has a role that `roles` has not");
  }
  if (policy.roles().empty() && policy.services().empty()) problems.emplace_back("nobody may call it");
  for (const auto& service : policy.services()) {
    if (!IsValidSegment(service)) problems.push_back(fmt::format("\"{}\" is no service name", service));
  }
}

// Name and what follows "tenants/" and "/users/"; the rest is the handler's to parse.
struct Owner {
  std::string_view tenant;
  std::string_view user;  // empty when the name is not below a user
};

std::optional<Owner> OwnerOf(std::string_view name) {
  constexpr std::string_view kTenants = "tenants/";
  constexpr std::string_view kUsers = "users/";
  if (!name.starts_with(kTenants)) return std::nullopt;
  name.remove_prefix(kTenants.size());
  Owner owner{name.substr(0, name.find('/')), {}};
  if (!IsValidSegment(owner.tenant)) return std::nullopt;
  name.remove_prefix(std::min(name.size(), owner.tenant.size() + 1));
  if (!name.starts_with(kUsers)) return owner;
  name.remove_prefix(kUsers.size());
  owner.user = name.substr(0, name.find('/'));
  if (!IsValidSegment(owner.user)) return std::nullopt;
  return owner;
}

}  // namespace

std::vector<std::string> Policy::Problems(const MethodDescriptor& method) {
  if (!method.options().HasExtension(v1::policy)) return {"has no policy"};
  const auto& policy = method.options().GetExtension(v1::policy);
  std::vector<std::string> problems;
  CheckRoles(policy, problems);
  switch (policy.scope()) {
    case v1::SCOPE_NONE:
      if (!policy.resource_field().empty()) problems.emplace_back("SCOPE_NONE with a resource_field");
      break;
    case v1::SCOPE_TENANT:
    case v1::SCOPE_OWNER:
      if (!Resolve(*method.input_type(), policy.resource_field())) {
        problems.push_back(fmt::format("resource_field \"{}\" is no string field of {}", policy.resource_field(),
                                       method.input_type()->full_name()));
      }
      if (Contains(policy.roles(), v1::ROLE_ANONYMOUS)) {
        problems.emplace_back("an anonymous caller has no tenant: ROLE_ANONYMOUS needs SCOPE_NONE");
      }
      break;
    default:
      problems.emplace_back("has no scope");
  }
  if (policy.scope() != v1::SCOPE_OWNER && !policy.owner_exempt().empty()) {
    problems.emplace_back("owner_exempt without SCOPE_OWNER");
  }
  return problems;
}

Policy::Policy(const MethodDescriptor& method) {
  for (const auto& problem : Problems(method)) {
    std::fprintf(stderr, "policy of %s: %s\n", method.full_name().c_str(), problem.c_str());
    std::abort();
  }
  const auto& policy = method.options().GetExtension(v1::policy);
  roles_ = ToRoleSet(policy.roles());
  owner_exempt_ = ToRoleSet(policy.owner_exempt());
  services_.assign(policy.services().begin(), policy.services().end());
  if (policy.scope() == v1::SCOPE_NONE) return;
  scope_ = policy.scope() == v1::SCOPE_TENANT ? Scope::kTenant : Scope::kOwner;
  field_ = policy.resource_field();
  path_ = *Resolve(*method.input_type(), field_);
}

absl::StatusOr<Principal::Kind> Policy::WithoutToken(std::string_view service) const {
  if (!service.empty() && std::find(services_.begin(), services_.end(), service) != services_.end()) {
    return Principal::Kind::kService;
  }
  if (roles_.Has(Role::kAnonymous)) return Principal::Kind::kAnonymous;
  if (roles_.empty() && !service.empty()) {
    return Refused(absl::StatusCode::kPermissionDenied, "SERVICE_NOT_ALLOWED",
                   fmt::format("service {} may not call this method", service));
  }
  return Refused(absl::StatusCode::kUnauthenticated, "NO_CREDENTIALS",
                 service.empty()
                     ? std::string("a bearer token is needed")
                     : fmt::format("a bearer token is needed: service {} may not call this by itself", service));
}

absl::Status Policy::CheckRole(const Principal& principal) const {
  if (principal.kind != Principal::Kind::kUser || roles_.Has(Role::kAnonymous)) return absl::OkStatus();
  if (!(principal.roles & roles_).empty()) return absl::OkStatus();
  return Refused(absl::StatusCode::kPermissionDenied, "ROLE_REQUIRED", "the caller's role may not call this method");
}

absl::Status Policy::CheckResource(const Principal& principal, const Message& message, Position position,
                                   const DelegateGrants& grants) const {
  if (path_.empty()) return absl::OkStatus();
  switch (principal.kind) {
    case Principal::Kind::kService:    // trusted for all tenants
    case Principal::Kind::kUnchecked:  // authentication is off
      return absl::OkStatus();
    case Principal::Kind::kAnonymous:
      return NotFound(field_);
    case Principal::Kind::kUser:
      return CheckAt(principal, message, 0, position, grants);
  }
  return NotFound(field_);
}

absl::Status Policy::CheckAt(const Principal& principal, const Message& message, size_t depth, Position position,
                             const DelegateGrants& grants) const {
  const auto* const field = path_[depth];
  const auto* const reflection = message.GetReflection();
  const bool last = depth + 1 == path_.size();
  if (field->is_repeated()) {
    const int count = reflection->FieldSize(message, field);
    for (int i = 0; i < count; ++i) {
      std::string scratch;
      const auto status =
          last ? CheckName(principal, reflection->GetRepeatedStringReference(message, field, i, &scratch), position,
                           grants)
               : CheckAt(principal, reflection->GetRepeatedMessage(message, field, i), depth + 1, position, grants);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  if (last) {
    std::string scratch;
    return CheckName(principal, reflection->GetStringReference(message, field, &scratch), position, grants);
  }
  return CheckAt(principal, reflection->GetMessage(message, field), depth + 1, position, grants);
}

absl::Status Policy::CheckName(const Principal& principal, std::string_view name, Position position,
                               const DelegateGrants& grants) const {
  if (name.empty() && position == Position::kLater) return absl::OkStatus();
  const auto owner = OwnerOf(name);
  if (!owner) return InvalidField(field_, "must be a resource name that begins with tenants/{tenant}");
  if (scope_ == Scope::kOwner && owner->user.empty()) {
    return InvalidField(field_, "must be a resource name that begins with tenants/{tenant}/users/{user}");
  }
  const RoleSet roles = principal.roles & roles_;
  const bool own_tenant = !principal.tenant().value.empty() && principal.tenant().value == owner->tenant;
  if (scope_ == Scope::kTenant) {
    return own_tenant || roles.Has(Role::kOperator) ? absl::OkStatus() : NotFound(field_);
  }
  const RoleSet exempt = roles & owner_exempt_;
  if (exempt.Has(Role::kOperator)) return absl::OkStatus();
  if (!own_tenant) return NotFound(field_);
  if (!exempt.empty()) return absl::OkStatus();
  if (!principal.user.value.empty() && roles.Has(Role::kUser) && principal.user.value == owner->user) {
    return absl::OkStatus();
  }
  if (roles.Has(Role::kDelegate) && grants &&
      grants(UserId{principal.tenant(), std::string(owner->user)}, principal.user)) {
    return absl::OkStatus();
  }
  return NotFound(field_);
}

}  // namespace crosspoint::grpcx
