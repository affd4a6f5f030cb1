#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "presence/app/schedule_keeper.h"

namespace crosspoint::presence {

inline constexpr char kSchedulePart[] = "schedule";
inline constexpr char kHolidaysPart[] = "holidayCalendar";

// `tenants/{tenant}/users/{user}/schedule`. kInvalidArgument names `field`.
absl::StatusOr<UserId> ParseScheduleName(std::string_view name, std::string_view field);
// kInvalidArgument for what no schedule could say; see ValidateSchedule for the rest.
absl::StatusOr<Schedule> FromProto(const v1::Schedule& schedule);
absl::StatusOr<std::vector<Holiday>> FromProto(const v1::HolidayCalendar& calendar);
void ToProto(const UserId& user, const StoredSchedule& stored, v1::Schedule& out);
void ToProto(const TenantId& tenant, const StoredHolidays& stored, v1::HolidayCalendar& out);

}  // namespace crosspoint::presence
