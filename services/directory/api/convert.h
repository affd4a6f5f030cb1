#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crosspoint/directory/v1/directory_service.pb.h"
#include "directory/app/contact_cards.h"
#include "directory/domain/person.h"
#include "directory/domain/user.h"

namespace crosspoint::directory {

namespace v1 = ::crosspoint::directory::v1;

v1::User ToProto(const User& user);
v1::Person ToProto(const Person& person);
v1::ContactCard ToProto(const ContactCard& card);

// The fields a caller may set; ids, times and etag are left alone. kInvalidArgument names an enum value that does not
// exist, below `prefix`.
absl::StatusOr<User> FromProto(const v1::User& user, std::string_view prefix);

// "" is 0 (do not check); else what ToProto gave.  kInvalidArgument names `field`.
absl::StatusOr<uint64_t> ParseEtag(const std::string& etag, std::string_view field);

}  // namespace crosspoint::directory
