#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/grpcx/status.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "tests/chaos/actor.h"

namespace crosspoint::chaos {
namespace {

namespace directory = ::crosspoint::directory::v1;

std::mt19937_64& Random() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return random;
}

}  // namespace

size_t Below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(Random()); }

std::string NewRequestId() {
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", Below(1ull << 32), Below(1 << 16), Below(1 << 12),
                     Below(1 << 12), Below(1ull << 48));
}

World::World(testing::Stack& stack, int people) : stack_(stack) {
  const auto stub = directory::DirectoryService::NewStub(stack.Channel("directory"));
  for (int i = 0; i < people; ++i) {
    const auto email = fmt::format("chaos{}@corp.example", i);
    stack.exchange().Post("/sim/mailboxes",
                          nlohmann::json{{"email", email}, {"display_name", fmt::format("Chaos {}", i)}}.dump());
    directory::CreateUserRequest request;
    request.set_parent(testing::Stack::kTenant);
    request.mutable_user()->set_display_name(fmt::format("Chaos {}", i));
    request.mutable_user()->set_email(email);
    request.mutable_user()->set_extension(std::to_string(90'000 + i));
    request.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_EWS);
    directory::User user;
    const auto created = grpcx::FromGrpc(stub->CreateUser(Patient(stack.AsAdmin()).get(), request, &user));
    if (!created.ok()) throw std::runtime_error(created.ToString());
    people_.push_back({user.name(), email});
  }
}

std::shared_ptr<grpc::Channel> World::Any(const std::string& service) {
  return stack_.Channel(service, static_cast<int>(Below(static_cast<size_t>(stack_.Replicas(service)))));
}

std::unique_ptr<grpc::ClientContext> World::Patient(std::unique_ptr<grpc::ClientContext> context) {
  context->set_wait_for_ready(true);
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  return context;
}

}  // namespace crosspoint::chaos
