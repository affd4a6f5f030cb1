#include "voicemail/domain/blob_key.h"

#include <vector>

#include "common/ids/digest.h"

namespace crosspoint::voicemail {
namespace {

constexpr std::string_view kSuffix = ".wav";
constexpr std::string_view kGreetings = "greetings";

std::vector<std::string> Parts(std::string_view key) {
  std::vector<std::string> parts;
  while (true) {
    const auto slash = key.find('/');
    parts.emplace_back(key.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    key.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string MessageBlob(const UserId& user, const VoicemailId& id) {
  const auto spread = Sha256Hex(id.value);
  return user.tenant.value + "/" + user.value + "/" + spread.substr(0, 2) + "/" + spread.substr(2, 2) + "/" + id.value +
         std::string(kSuffix);
}

std::string GreetingBlob(const UserId& user, const Greeting& greeting) {
  return user.tenant.value + "/" + user.value + "/" + std::string(kGreetings) + "/" + greeting.state + "/" +
         greeting.audio.sha256 + std::string(kSuffix);
}

std::optional<BlobOwner> OwnerOf(const std::string& key) {
  const auto parts = Parts(key);
  if (parts.size() != 5 || !parts[4].ends_with(kSuffix)) return std::nullopt;
  if (!IsValidSegment(parts[0]) || !IsValidSegment(parts[1])) return std::nullopt;
  BlobOwner owner{.user = {TenantId{parts[0]}, parts[1]}};
  const auto stem = parts[4].substr(0, parts[4].size() - kSuffix.size());
  if (parts[2] == kGreetings) {
    owner.greeting = parts[3];
    owner.sha256 = stem;
    return owner;
  }
  owner.message.value = stem;
  if (MessageBlob(owner.user, owner.message) != key) return std::nullopt;
  return owner;
}

}  // namespace crosspoint::voicemail
