#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "meeting_sync/domain/meeting.h"

namespace crosspoint::meeting_sync {

google::protobuf::Timestamp ToProto(TimePoint time);
// kInvalidArgument names `field`: outside of the years 1 to 9999.
absl::StatusOr<TimePoint> FromProto(const google::protobuf::Timestamp& time, std::string_view field);

v1::Conference ToProto(const Conference& conference);
v1::Meeting ToProto(const UserId& owner, const Meeting& meeting);

}  // namespace crosspoint::meeting_sync
