#include "tests/support/refusals.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "crosspoint/common/v1/options.pb.h"

namespace crosspoint::testing {
namespace {

namespace v1 = crosspoint::common::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr const char* kResource = "tenants/acme/users/u42";

// Sets the string at a dotted path; repeated fields get one element.
void SetPath(Message& message, std::string_view path, const std::string& value) {
  const auto dot = path.find('.');
  const auto* const field = message.GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
  const auto* const reflection = message.GetReflection();
  if (dot == std::string_view::npos) {
    if (field->is_repeated()) {
      reflection->AddString(&message, field, value);
    } else {
      reflection->SetString(&message, field, value);
    }
    return;
  }
  Message* const inner =
      field->is_repeated() ? reflection->AddMessage(&message, field) : reflection->MutableMessage(&message, field);
  SetPath(*inner, path.substr(dot + 1), value);
}

std::string RequestFor(const MethodDescriptor& method, const v1::MethodPolicy& policy) {
  const auto* const prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.input_type());
  const std::unique_ptr<Message> request(prototype->New());
  if (!policy.resource_field().empty()) SetPath(*request, policy.resource_field(), kResource);
  return request->SerializeAsString();
}

const char* CodeName(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return code >= 0 && code <= 16 ? kNames[code] : "?";
}

// Any kind of call, with one message of the client.
grpc::StatusCode CallOnce(const std::shared_ptr<grpc::Channel>& channel, const MethodDescriptor& method,
                          const std::string& request, const std::string& token) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  const auto call = stub.PrepareCall(&context, "/" + method.service()->full_name() + "/" + method.name(), &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
  };
  call->StartCall(nullptr);
  wait();
  const grpc::Slice slice(request);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  wait();
  call->WritesDone(nullptr);
  wait();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  return status.error_code();
}

struct Case {
  std::string name;
  std::string token;
  std::string expected;
};

bool Has(const google::protobuf::RepeatedField<int>& roles, v1::Role role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

// The names that tokens use for the policy's roles, less those that may cross tenants.
std::vector<std::string> RoleNames(const v1::MethodPolicy& policy) {
  std::vector<std::string> names;
  if (Has(policy.roles(), v1::ROLE_USER)) names.emplace_back("user");
  if (Has(policy.roles(), v1::ROLE_DELEGATE)) names.emplace_back("delegate");
  if (Has(policy.roles(), v1::ROLE_INTEGRATOR)) names.emplace_back("integrator");
  if (Has(policy.roles(), v1::ROLE_TENANT_ADMIN)) names.emplace_back("tenant_admin");
  return names;
}

// Tokens that are bad whatever the method.
std::vector<Case> BadTokens(const Credentials& credentials) {
  const auto with = [&](auto change) {
    Credentials::Claims claims;
    claims.tenant = "acme";
    claims.user = "u42";
    claims.roles = {"user", "delegate", "integrator", "tenant_admin", "operator"};
    change(claims);
    return credentials.Token(claims);
  };
  std::string forged = with([](auto&) {});
  forged[forged.size() - 20] = forged[forged.size() - 20] == 'A' ? 'B' : 'A';
  return {{"rubbish", "rubbish", "UNAUTHENTICATED"},
          {"wrong signature", forged, "UNAUTHENTICATED"},
          {"expired", with([](auto& c) { c.ttl = std::chrono::seconds(-600); }), "UNAUTHENTICATED"},
          {"not yet valid", with([](auto& c) { c.not_before = std::chrono::seconds(600); }), "UNAUTHENTICATED"},
          {"another issuer", with([](auto& c) { c.issuer = "https://elsewhere.test"; }), "UNAUTHENTICATED"},
          {"another audience", with([](auto& c) { c.audience = "mail"; }), "UNAUTHENTICATED"},
          {"unknown key", with([](auto& c) { c.key_id = "made-up"; }), "UNAUTHENTICATED"}};
}

std::vector<Case> CasesOf(const v1::MethodPolicy& policy, std::string_view peer_service,
                          const Credentials& credentials) {
  auto cases = BadTokens(credentials);
  if (Has(policy.roles(), v1::ROLE_ANONYMOUS)) return cases;
  const bool peer_named =
      std::find(policy.services().begin(), policy.services().end(), peer_service) != policy.services().end();
  if (!peer_named) {
    const bool services_only = policy.roles().empty() && !peer_service.empty();
    cases.push_back({"none", "", services_only ? "PERMISSION_DENIED" : "UNAUTHENTICATED"});
  }
  cases.push_back({"no role", credentials.Token("acme", "u42", {}), "PERMISSION_DENIED"});
  const auto roles = RoleNames(policy);
  if (policy.roles().empty()) {
    cases.push_back({"all roles",
                     credentials.Token("acme", "u42", {"user", "delegate", "integrator", "tenant_admin", "operator"}),
                     "PERMISSION_DENIED"});
  }
  if (roles.empty() || policy.scope() == v1::SCOPE_NONE) return cases;
  cases.push_back({"foreign tenant", credentials.Token("globex", "u42", roles), "NOT_FOUND"});
  if (policy.scope() == v1::SCOPE_OWNER && Has(policy.roles(), v1::ROLE_USER) &&
      !Has(policy.owner_exempt(), v1::ROLE_USER)) {
    cases.push_back({"foreign user", credentials.Token("acme", "u43", {"user"}), "NOT_FOUND"});
  }
  return cases;
}

}  // namespace

std::vector<RefusedCall> CallWhatMustBeRefused(const std::shared_ptr<grpc::Channel>& channel, std::string_view service,
                                               std::string_view peer_service, const Credentials& credentials) {
  const auto* const descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(std::string(service));
  if (descriptor == nullptr) {
    std::fprintf(stderr, "refusals: %s is not linked\n", std::string(service).c_str());
    std::abort();
  }
  std::vector<RefusedCall> calls;
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const auto& method = *descriptor->method(i);
    const auto& policy = method.options().GetExtension(v1::policy);
    const auto request = RequestFor(method, policy);
    for (const auto& one : CasesOf(policy, peer_service, credentials)) {
      const auto code = CallOnce(channel, method, request, one.token);
      calls.push_back({method.full_name(), one.name, one.expected, CodeName(code)});
    }
  }
  return calls;
}

}  // namespace crosspoint::testing
