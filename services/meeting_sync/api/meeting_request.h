#pragma once

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// What a caller asks of a meeting.  kInvalidArgument names the field below "meeting".
absl::StatusOr<MeetingFields> FieldsFrom(const v1::Meeting& meeting);

// A change of the fields that `mask` names, all that a caller may set when it is empty.
absl::StatusOr<std::function<void(MeetingFields&)>> ChangeFrom(const v1::Meeting& meeting,
                                                               const google::protobuf::FieldMask& mask);

// The request's own id with a digest of the rest of it, the field `request_id` left out.
//   kInvalidArgument  no UUID
template <class Request>
absl::StatusOr<RequestKey> RequestKeyFrom(Request request);
absl::StatusOr<RequestKey> RequestKeyOf(const std::string& request_id, const google::protobuf::Message& rest);

template <class Request>
absl::StatusOr<RequestKey> RequestKeyFrom(Request request) {
  const auto id = request.request_id();
  request.clear_request_id();
  return RequestKeyOf(id, request);
}

}  // namespace crosspoint::meeting_sync
