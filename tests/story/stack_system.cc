#include "tests/story/stack_system.h"

#include <fmt/format.h>

namespace crosspoint::story {

absl::StatusOr<std::vector<std::string>> StackSystem::Start() {
  stack_.Start();
  std::vector<std::string> parts;
  for (auto* process : stack_.processes()) {
    parts.push_back(fmt::format("{:<15} pid {:<7} resident {:>5.1f} MB", process->label(), process->pid(),
                                static_cast<double>(process->MemoryKb("Rss")) / 1024));
  }
  return parts;
}

std::vector<std::shared_ptr<grpc::Channel>> StackSystem::Presence() {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int replica = 0; replica < stack_.Replicas("presence"); ++replica) {
    channels.push_back(stack_.Channel("presence", replica));
  }
  return channels;
}

absl::StatusOr<std::string> StackSystem::Exchange(std::string_view path, std::string_view json) {
  return json.empty() ? stack_.exchange().Get(path) : stack_.exchange().Post(path, json);
}

}  // namespace crosspoint::story
