#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "presence/app/ports.h"
#include "presence/app/table_keeper.h"
#include "presence/domain/availability_table.h"
#include "presence/domain/own_word.h"

namespace crosspoint::presence {

// Names of fields in errors are those of the request: "claim.state".

// kInvalidArgument: not a moment from 1970 to kLatestTime.
absl::StatusOr<TimePoint> FromProto(const google::protobuf::Timestamp& time, std::string_view field);

// The wish in a PutClaimRequest and whose it is.
struct NamedWish {
  UserId user;
  ClaimWish wish;
};
absl::StatusOr<NamedWish> FromProto(const v1::Claim& claim, const TableBook& tables);
absl::StatusOr<OwnWord> FromProto(const v1::SetAvailabilityRequest& request, const AvailabilityTable& table);
// Lower case; empty stays empty.  kInvalidArgument: not a UUID.
absl::StatusOr<std::string> ParseRequestId(const std::string& id);

// 1 to 63 of a-z, 0-9, -.
absl::StatusOr<DeviceId> ParseDevice(const std::string& device, std::string_view field);
absl::StatusOr<LineState> FromProto(v1::LineState state, std::string_view field);
absl::StatusOr<ImState> FromProto(v1::ImState state, std::string_view field);

void ToProto(std::chrono::milliseconds duration, google::protobuf::Duration& out);
// The ErrorInfo of a failed status; one without has its code for a reason.
void ToProto(const absl::Status& error, common::v1::ErrorInfo& out);
// In the wording and colours of the user's tenant.
void ToProto(const Presence& presence, const TableBook& tables, v1::Presence& out);
void ToProto(const Presence& presence, const AvailabilityTable& table, v1::Presence& out);
void ToProto(const UserId& user, const Claim& claim, v1::Claim& out);
// `tenants/{tenant}/{part}`.
inline constexpr char kTablePart[] = "availabilityTable";
inline constexpr char kPolicyPart[] = "viewerPolicy";
absl::StatusOr<TenantId> ParseTenantPart(std::string_view name, std::string_view part, std::string_view field);
void ToProto(const TableKeeper::ViewerPolicy& policy, const TenantId& tenant, v1::ViewerPolicy& out);
// As they were sent, without old names.
std::vector<AvailabilityState> StatesOf(const v1::AvailabilityTable& table);
void ToProto(const AvailabilityTable& table, const TenantId& tenant, v1::AvailabilityTable& out);

// Where a list of claims, strongest first, goes on: behind this claim.
std::string ToPageToken(const Claim& last);
absl::StatusOr<Claim> FromPageToken(const std::string& token);

}  // namespace crosspoint::presence
