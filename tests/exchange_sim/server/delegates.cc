#include "exchange_sim/server/delegates.h"

#include <nlohmann/json.hpp>

namespace crosspoint::exchange_sim {
namespace {

using nlohmann::json;

bool Flag(const json& in, const char* name, bool otherwise) {
  const auto found = in.find(name);
  return found == in.end() || !found->is_boolean() ? otherwise : found->get<bool>();
}

std::string Text(const json& in, const char* name) {
  const auto found = in.find(name);
  return found == in.end() || !found->is_string() ? "" : found->get<std::string>();
}

}  // namespace

// {"owner", "delegate", "folder", "present", "write", "view_private"}
void ShareFolder(Store& store, const HttpRequest& request, HttpResponse& response) {
  const json in = json::parse(request.body, nullptr, false);
  if (!in.is_object()) {
    response.status = 400;
    response.body = "the body must be a JSON object\n";
    return;
  }
  std::lock_guard lock(store.mu);
  Mailbox* const owner = store.FindMailbox(Text(in, "owner"));
  const Mailbox* const delegate = store.FindMailbox(Text(in, "delegate"));
  if (owner == nullptr || delegate == nullptr || FindFolder(*owner, Text(in, "folder")) == nullptr) {
    response.status = 404;
    response.body = "owner, delegate and folder must exist\n";
    return;
  }
  auto& grants = FolderNamed(*owner, Text(in, "folder")).grants;
  grants.erase(delegate->number);
  if (Flag(in, "present", true)) {
    grants[delegate->number] = {Flag(in, "write", true), Flag(in, "view_private", false)};
  }
}

}  // namespace crosspoint::exchange_sim
