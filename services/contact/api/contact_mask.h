#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "contact/domain/contact.h"

namespace crosspoint::contact {

// Which facts an update sets.
class ContactMask {
 public:
  // Empty: all that a caller may set.  kInvalidArgument: a path that cannot be set
  static absl::StatusOr<ContactMask> Parse(const google::protobuf::FieldMask& mask);
  void Apply(const Facts& wanted, Facts& facts) const;

 private:
  std::vector<std::string> paths_;
};

}  // namespace crosspoint::contact
