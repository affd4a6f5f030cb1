#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "directory/domain/user.h"

namespace crosspoint::directory {

// Which fields an update sets.
class UserMask {
 public:
  // An empty mask means all a caller may set.  kInvalidArgument names a path that is none of them.
  static absl::StatusOr<UserMask> Parse(const google::protobuf::FieldMask& mask);
  void Apply(const User& wanted, User& user) const;

 private:
  std::vector<std::string> paths_;
};

}  // namespace crosspoint::directory
