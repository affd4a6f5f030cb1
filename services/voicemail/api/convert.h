#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crosspoint/voicemail/v1/voicemail_service.pb.h"
#include "voicemail/app/ports.h"
#include "voicemail/domain/voicemail.h"

namespace crosspoint::voicemail {

v1::Voicemail ToProto(const UserId& owner, const Voicemail& message);
v1::MailboxSummary ToProto(const MailboxSummary& summary);
v1::DeliverySettings ToProto(const UserId& owner, const DeliverySettings& settings);
v1::Greeting ToProto(const UserId& owner, const Greeting& greeting);

absl::StatusOr<DeliveryType> FromProto(v1::DeliveryType type);
// "tenants/{tenant}/users/{user}/deliverySettings".
absl::StatusOr<UserId> ParseSettingsName(std::string_view name, std::string_view field);
struct GreetingName {
  UserId user;
  std::string state;
};
absl::StatusOr<GreetingName> ParseGreetingName(std::string_view name, std::string_view field);

// All of them return kInvalidArgument naming `field`.
absl::StatusOr<std::string> ParseRequestId(const std::string& id, std::string_view field);
absl::StatusOr<size_t> ParsePageSize(int asked);
absl::StatusOr<std::optional<MessageCursor>> ParsePageToken(const std::string& token);
std::string PageToken(const Voicemail& last);
// Empty or digits.
absl::Status CheckEtag(const std::string& etag, std::string_view field);
absl::StatusOr<uint64_t> ParseRevision(const std::string& text, std::string_view field);

}  // namespace crosspoint::voicemail
