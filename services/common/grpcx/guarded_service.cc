#include "common/grpcx/guarded_service.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/impl/service_type.h>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "common/grpcx/forward_state.h"
#include "common/grpcx/guard_state.h"
#include "common/grpcx/stream_core.h"
#include "common/grpcx/unary.h"
#include "crosspoint/common/v1/options.pb.h"

namespace crosspoint::grpcx {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

void Require(bool fine, const std::string& otherwise) {
  if (fine) return;
  fmt::print(stderr, "guarded service: {}\n", otherwise);
  std::abort();
}

const google::protobuf::Message& Prototype(const google::protobuf::Descriptor& type) {
  const auto* const prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
  Require(prototype != nullptr, type.full_name() + " is not linked");
  return *prototype;
}

// Of a method whose handler is not written yet.
Methods::Method NotBuilt(const MethodDescriptor& method) {
  const auto refusal =
      Refusal(absl::StatusCode::kUnimplemented, "NOT_BUILT", fmt::format("{} is not built yet", method.full_name()));
  Methods::Method unbound{Methods::Kind::kQuick, &Prototype(*method.input_type()), &Prototype(*method.output_type()),
                          [refusal](const auto&, const auto&, auto&) { return refusal; },
                          [refusal](const auto&, const std::shared_ptr<StreamCore>& core) { core->Finish(refusal); }};
  if (method.client_streaming()) {
    unbound.kind = method.server_streaming() ? Methods::Kind::kBidi : Methods::Kind::kClientStream;
  } else if (method.server_streaming()) {
    unbound.kind = Methods::Kind::kServerStream;
  }
  return unbound;
}

// The same of a method that only services may call: they do so directly.
Methods::Method NotForwarded(const MethodDescriptor& method) {
  auto refused = NotBuilt(method);
  const auto refusal = Refusal(absl::StatusCode::kPermissionDenied, "SERVICE_NOT_ALLOWED",
                               fmt::format("{} is for services, which call it directly", method.full_name()));
  refused.unary = [refusal](const auto&, const auto&, auto&) { return refusal; };
  refused.stream = [refusal](const auto&, const std::shared_ptr<StreamCore>& core) { core->Finish(refusal); };
  return refused;
}

void CheckBound(const MethodDescriptor& method, const Methods::Method& bound) {
  using Kind = Methods::Kind;
  const bool client = bound.kind == Kind::kBidi || bound.kind == Kind::kClientStream;
  const bool server = bound.kind == Kind::kBidi || bound.kind == Kind::kServerStream;
  Require(client == method.client_streaming() && server == method.server_streaming(),
          method.full_name() + " is bound as another kind of call");
  Require(
      bound.request->GetDescriptor() == method.input_type() && bound.response->GetDescriptor() == method.output_type(),
      method.full_name() + " is bound with other message types");
}

}  // namespace

class GuardedService::Impl final : public grpc::Service, private CallSource {
 public:
  Impl(std::string_view full_name, const Methods& methods, Guard& guard) : full_name_(full_name) {
    const auto* const service = Descriptor();
    for (const auto& [name, bound] : methods.bound()) {
      Require(service->FindMethodByName(name) != nullptr, full_name_ + " has no method " + name);
    }
    for (int i = 0; i < service->method_count(); ++i) AddGuarded(*service->method(i), methods, guard.state());
  }

  Impl(std::string_view full_name, Forwarder& forwarder, const std::string& backend, Guard& guard)
      : full_name_(full_name) {
    const auto* const service = Descriptor();
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& descriptor = *service->method(i);
      const bool open = !descriptor.options().GetExtension(common::v1::policy).roles().empty();
      auto& method = AddMethodOf(descriptor, open ? NotBuilt(descriptor) : NotForwarded(descriptor), guard.state());
      if (open) method.forward = &forwarder.state();
      method.backend = backend;
    }
  }

  const std::string& full_name() const { return full_name_; }

  void Accept(CallQueue& queue) {
    queue_ = &queue;
    for (const auto& method : methods_) {
      if (Methods::IsStream(method->method.kind)) {
        StreamCore::Accept(*method);
      } else {
        method->forward != nullptr ? AcceptForwarded(*method) : AcceptUnary(*method);
      }
    }
  }

 private:
  using ByteBuffer = grpc::ByteBuffer;
  using Kind = Methods::Kind;

  CallQueue& queue() override { return *queue_; }
  void RequestUnary(int index, grpc::ServerContext* context, ByteBuffer* request,
                    grpc::ServerAsyncResponseWriter<ByteBuffer>* responder, void* tag) override {
    RequestAsyncUnary(index, context, request, responder, queue_->queue(), queue_->queue(), tag);
  }
  void RequestStream(int index, grpc::ServerContext* context,
                     grpc::ServerAsyncReaderWriter<ByteBuffer, ByteBuffer>* stream, void* tag) override {
    RequestAsyncBidiStreaming(index, context, stream, queue_->queue(), queue_->queue(), tag);
  }

  const ServiceDescriptor* Descriptor() const {
    const auto* const service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(full_name_);
    Require(service != nullptr, full_name_ + " is not linked");
    return service;
  }

  void AddGuarded(const MethodDescriptor& descriptor, const Methods& methods, Guard::State& guard) {
    const auto bound = methods.bound().find(descriptor.name());
    if (bound != methods.bound().end()) CheckBound(descriptor, bound->second);
    AddMethodOf(descriptor, bound != methods.bound().end() ? bound->second : NotBuilt(descriptor), guard);
  }

  GuardedMethod& AddMethodOf(const MethodDescriptor& descriptor, Methods::Method bound, Guard::State& guard) {
    auto owned = std::unique_ptr<GuardedMethod>(new GuardedMethod{
        guard, full_name_, descriptor.name(), fmt::format("/{}/{}", full_name_, descriptor.name()), Policy(descriptor),
        std::move(bound),
        guard.observer() != nullptr ? guard.observer()->ForMethod(full_name_, descriptor.name()) : nullptr});
    GuardedMethod& method = *methods_.emplace_back(std::move(owned));
    method.index = static_cast<int>(methods_.size()) - 1;
    method.source = this;
    const auto type = Methods::IsStream(method.method.kind) ? RpcMethod::BIDI_STREAMING : RpcMethod::NORMAL_RPC;
    AddMethod(new RpcServiceMethod(method.path.c_str(), type, nullptr));
    MarkMethodAsync(method.index);
    return method;
  }

  const std::string full_name_;
  std::vector<std::unique_ptr<GuardedMethod>> methods_;  // gRPC keeps pointers to the paths in them
  CallQueue* queue_ = nullptr;
};

GuardedService::GuardedService(std::string_view full_name, const Methods& methods, Guard& guard)
    : impl_(std::make_unique<Impl>(full_name, methods, guard)) {}
GuardedService::GuardedService(std::string_view full_name, Forwarder& forwarder, std::string backend, Guard& guard)
    : impl_(std::make_unique<Impl>(full_name, forwarder, backend, guard)) {}
GuardedService::~GuardedService() = default;

const std::string& GuardedService::full_name() const { return impl_->full_name(); }
grpc::Service& GuardedService::service() { return *impl_; }
void GuardedService::Accept(CallQueue& queue) { impl_->Accept(queue); }

}  // namespace crosspoint::grpcx
