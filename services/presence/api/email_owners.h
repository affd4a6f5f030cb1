#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/grpcx/principal.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "presence/app/email_book.h"

namespace crosspoint::presence {

using EmailOwners = std::vector<std::pair<std::string, std::optional<UserId>>>;

// Whose the addresses are in the caller's tenant, in their order.
//   kInvalidArgument  naming `field`: an address is too long, or the caller has no tenant
//   kUnavailable      USERS_UNKNOWN
absl::StatusOr<EmailOwners> OwnersOf(PeopleFinder& people, const grpcx::Principal& caller,
                                     const google::protobuf::RepeatedPtrField<std::string>& emails,
                                     std::string_view field);

void ToProto(const std::string& email, const std::optional<UserId>& user, v1::EmailOwner& out);

}  // namespace crosspoint::presence
