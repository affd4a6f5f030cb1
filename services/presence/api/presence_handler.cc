#include "presence/api/presence_handler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "presence/api/convert.h"
#include "presence/api/convert_schedule.h"
#include "presence/api/email_owners.h"
#include "presence/api/line_stream.h"
#include "presence/api/shard_stream.h"
#include "presence/api/view.h"
#include "presence/api/watch_stream.h"

namespace crosspoint::presence {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 500;

}  // namespace

void PresenceHandler::Bind(grpcx::Methods& methods) {
  methods.Quick("GetPresence", this, &PresenceHandler::GetPresence);
  methods.Unary("BatchGetPresence", this, &PresenceHandler::BatchGetPresence);
  methods.Unary("SetAvailability", this, &PresenceHandler::SetAvailability);
  methods.Unary("ClearAvailability", this, &PresenceHandler::ClearAvailability);
  methods.Unary("PutClaim", this, &PresenceHandler::PutClaim);
  methods.Unary("DeleteClaim", this, &PresenceHandler::DeleteClaim);
  methods.Unary("ListClaims", this, &PresenceHandler::ListClaims);
  methods.Quick("GetAvailabilityTable", this, &PresenceHandler::GetAvailabilityTable);
  methods.Unary("UpdateAvailabilityTable", this, &PresenceHandler::UpdateAvailabilityTable);
  methods.Unary("GetSchedule", this, &PresenceHandler::GetSchedule);
  methods.Unary("UpdateSchedule", this, &PresenceHandler::UpdateSchedule);
  methods.Unary("GetHolidayCalendar", this, &PresenceHandler::GetHolidayCalendar);
  methods.Unary("UpdateHolidayCalendar", this, &PresenceHandler::UpdateHolidayCalendar);
  methods.Unary("GetViewerPolicy", this, &PresenceHandler::GetViewerPolicy);
  methods.Unary("UpdateViewerPolicy", this, &PresenceHandler::UpdateViewerPolicy);
  methods.Bidi("WatchPresence", this, &PresenceHandler::WatchPresence);
  methods.Bidi("ReportLineState", this, &PresenceHandler::ReportLineState);
  methods.Unary("ReportImState", this, &PresenceHandler::ReportImState);
  methods.ServerStream("SnapshotShards", this, &PresenceHandler::SnapshotShards);
}

absl::Status PresenceHandler::CheckLoaded() const {
  if (table_.complete()) return absl::OkStatus();
  return ErrorWithInfo(absl::StatusCode::kUnavailable, "presence is still being read from Redis",
                       {"PRESENCE_LOADING", "presence.crosspoint", {}});
}

absl::Status PresenceHandler::GetPresence(const v1::GetPresenceRequest& request, const grpcx::Call& call,
                                          v1::Presence& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.user(), "user"));
  CROSSPOINT_RETURN_IF_ERROR(CheckLoaded());
  View(tables_, *call.principal).Render(PresenceOf(user, table_.Get(KeyOf(user))), response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::BatchGetPresence(const v1::BatchGetPresenceRequest& request, const grpcx::Call& call,
                                               v1::BatchGetPresenceResponse& response) {
  const int wanted = request.users_size() + request.emails_size();
  if (wanted == 0 || wanted > static_cast<int>(kMaxUsersPerMessage)) {
    return InvalidField(request.emails().empty() ? "users" : "emails", "must be 1 to 1,000, together with users");
  }
  std::vector<UserId> users;
  for (const auto& name : request.users()) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto user, UserId::Parse(name, "users"));
    if (!users.empty() && user.tenant != users.front().tenant) return InvalidField("users", "must be of one tenant");
    users.push_back(std::move(user));
  }
  CROSSPOINT_RETURN_IF_ERROR(CheckLoaded());
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owners, OwnersOf(people_, *call.principal, request.emails(), "emails"));
  for (const auto& [email, user] : owners) {
    ToProto(email, user, *response.add_owners());
    if (user) users.push_back(*user);
  }
  View view(tables_, *call.principal);
  for (const auto& user : users) {
    view.Render(PresenceOf(user, table_.Get(KeyOf(user))), *response.add_presences());
  }
  return absl::OkStatus();
}

absl::Status PresenceHandler::SetAvailability(const v1::SetAvailabilityRequest& request, const grpcx::Call& call,
                                              v1::Presence& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.user(), "user"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto word, FromProto(request, *tables_.Of(user.tenant)));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto request_id, ParseRequestId(request.request_id()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto presence, keeper_.Say(user, word, request_id, call.steady_deadline));
  ToProto(presence, tables_, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::ClearAvailability(const v1::ClearAvailabilityRequest& request, const grpcx::Call& call,
                                                v1::Presence& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.user(), "user"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto presence, keeper_.Clear(user, call.steady_deadline));
  ToProto(presence, tables_, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::PutClaim(const v1::PutClaimRequest& request, const grpcx::Call& call,
                                       v1::PutClaimResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto named, FromProto(request.claim(), tables_));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto put, keeper_.Put(named.user, named.wish, call.steady_deadline));
  ToProto(named.user, put.claim, *response.mutable_claim());
  ToProto(put.presence, tables_, *response.mutable_presence());
  return absl::OkStatus();
}

absl::Status PresenceHandler::DeleteClaim(const v1::DeleteClaimRequest& request, const grpcx::Call& call,
                                          v1::DeleteClaimResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, ClaimName::Parse(request.name()));
  if (IsByHand(name.claim)) return InvalidField("name", "is kept for the user's own hand: call ClearAvailability");
  if (IsOfSchedule(name.claim)) return InvalidField("name", "is made of the user's schedule: call UpdateSchedule");
  CROSSPOINT_ASSIGN_OR_RETURN(const auto presence, keeper_.Delete(name.user, name.claim, call.steady_deadline));
  ToProto(presence, tables_, *response.mutable_presence());
  return absl::OkStatus();
}

absl::Status PresenceHandler::ListClaims(const v1::ListClaimsRequest& request, const grpcx::Call& call,
                                         v1::ListClaimsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.parent(), "parent"));
  if (request.page_size() < 0) return InvalidField("page_size", "must not be negative");
  const int size = request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
  std::optional<Claim> behind;
  if (!request.page_token().empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(behind, FromPageToken(request.page_token()));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto claims, keeper_.List(user, call.steady_deadline));
  const Claim* last = nullptr;
  for (const auto& claim : claims) {
    if (behind && !Beats(*behind, claim)) continue;
    if (response.claims_size() == size) {
      response.set_next_page_token(ToPageToken(*last));
      break;
    }
    ToProto(user, claim, *response.add_claims());
    last = &claim;
  }
  return absl::OkStatus();
}

absl::Status PresenceHandler::GetAvailabilityTable(const v1::GetAvailabilityTableRequest& request, const grpcx::Call&,
                                                   v1::AvailabilityTable& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, ParseTenantPart(request.name(), kTablePart, "name"));
  ToProto(*tables_.Of(tenant), tenant, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::UpdateAvailabilityTable(const v1::UpdateAvailabilityTableRequest& request,
                                                      const grpcx::Call& call, v1::AvailabilityTable& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, ParseTenantPart(request.table().name(), kTablePart, "table.name"));
  for (const auto& path : request.update_mask().paths()) {
    if (path != "states" && path != "*") return InvalidField("update_mask", "may name states");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto table, table_keeper_.Update(tenant, StatesOf(request.table()),
                                                                     request.table().etag(), call.steady_deadline));
  ToProto(*table, tenant, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::GetSchedule(const v1::GetScheduleRequest& request, const grpcx::Call& call,
                                          v1::Schedule& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, ParseScheduleName(request.name(), "name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto stored, schedules_.Read(user, call.steady_deadline));
  ToProto(user, stored, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::UpdateSchedule(const v1::UpdateScheduleRequest& request, const grpcx::Call& call,
                                             v1::Schedule& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, ParseScheduleName(request.schedule().name(), "schedule.name"));
  CROSSPOINT_ASSIGN_OR_RETURN(auto schedule, FromProto(request.schedule()));
  auto etag = request.schedule().etag();
  bool zone = request.update_mask().paths().empty();
  bool entries = zone;
  for (const auto& path : request.update_mask().paths()) {
    if (path != "time_zone" && path != "entries" && path != "*") {
      return InvalidField("update_mask", "may name time_zone and entries");
    }
    zone = zone || path != "entries";
    entries = entries || path != "time_zone";
  }
  if (!zone || !entries) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto before, schedules_.Read(user, call.steady_deadline));
    if (!zone) schedule.time_zone = before.schedule.time_zone;
    if (!entries) schedule.entries = std::move(before.schedule.entries);
    if (etag.empty()) etag = before.etag;
  }
  CROSSPOINT_RETURN_IF_ERROR(ValidateSchedule(schedule, *tables_.Of(user.tenant)));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto stored, schedules_.Update(user, schedule, etag, call.steady_deadline));
  ToProto(user, stored, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::GetHolidayCalendar(const v1::GetHolidayCalendarRequest& request, const grpcx::Call& call,
                                                 v1::HolidayCalendar& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, ParseTenantPart(request.name(), kHolidaysPart, "name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto stored, schedules_.ReadHolidays(tenant, call.steady_deadline));
  ToProto(tenant, stored, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::UpdateHolidayCalendar(const v1::UpdateHolidayCalendarRequest& request,
                                                    const grpcx::Call& call, v1::HolidayCalendar& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant,
                              ParseTenantPart(request.calendar().name(), kHolidaysPart, "calendar.name"));
  for (const auto& path : request.update_mask().paths()) {
    if (path != "holidays" && path != "*") return InvalidField("update_mask", "may name holidays");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto holidays, FromProto(request.calendar()));
  CROSSPOINT_RETURN_IF_ERROR(ValidateHolidays(holidays, *tables_.Of(tenant)));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto stored,
      schedules_.UpdateHolidays(tenant, std::move(holidays), request.calendar().etag(), call.steady_deadline));
  ToProto(tenant, stored, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::GetViewerPolicy(const v1::GetViewerPolicyRequest& request, const grpcx::Call& call,
                                              v1::ViewerPolicy& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, ParseTenantPart(request.name(), kPolicyPart, "name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto policy, table_keeper_.ReadPolicy(tenant, call.steady_deadline));
  ToProto(policy, tenant, response);
  return absl::OkStatus();
}

absl::Status PresenceHandler::UpdateViewerPolicy(const v1::UpdateViewerPolicyRequest& request, const grpcx::Call& call,
                                                 v1::ViewerPolicy& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, ParseTenantPart(request.policy().name(), kPolicyPart, "policy.name"));
  for (const auto& path : request.update_mask().paths()) {
    if (path != "show_detail" && path != "*") return InvalidField("update_mask", "may name show_detail");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto policy, table_keeper_.UpdatePolicy(tenant, {request.policy().show_detail()}, request.policy().etag(),
                                                    call.steady_deadline));
  ToProto(policy, tenant, response);
  return absl::OkStatus();
}

void PresenceHandler::WatchPresence(
    const grpcx::Call&,
    std::shared_ptr<grpcx::BidiStream<v1::WatchPresenceRequest, v1::WatchPresenceResponse>> stream) {
  if (const auto status = CheckLoaded(); !status.ok()) return stream->Finish(status);
  WatchStream::Begin(hub_, people_, tables_, std::move(stream));
}

void PresenceHandler::ReportLineState(
    const grpcx::Call&,
    std::shared_ptr<grpcx::BidiStream<v1::ReportLineStateRequest, v1::ReportLineStateResponse>> stream) {
  LineStream::Begin(signals_, leases_.line, std::move(stream));
}

absl::Status PresenceHandler::ReportImState(const v1::ReportImStateRequest& request, const grpcx::Call& call,
                                            v1::ReportImStateResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.user(), "user"));
  SignalReport report;
  CROSSPOINT_ASSIGN_OR_RETURN(report.im, FromProto(request.im_state(), "im_state"));
  CROSSPOINT_RETURN_IF_ERROR(signals_.ReportAndWait(user, report, call.steady_deadline).status());
  ToProto(leases_.im, *response.mutable_lease());
  return absl::OkStatus();
}

void PresenceHandler::SnapshotShards(const v1::SnapshotShardsRequest& request, const grpcx::Call&,
                                     std::shared_ptr<grpcx::ServerStream<v1::SnapshotShardsResponse>> stream) {
  std::vector<uint8_t> shards;
  for (const int shard : request.shards()) {
    if (shard < 0 || shard >= static_cast<int>(kShards)) {
      return stream->Finish(InvalidField("shards", "must be 0 to 255 each"));
    }
    if (std::find(shards.begin(), shards.end(), shard) == shards.end()) shards.push_back(static_cast<uint8_t>(shard));
  }
  if (const auto status = CheckLoaded(); !status.ok()) return stream->Finish(status);
  ShardStream::Begin(table_, tables_, std::move(shards), std::move(stream));
}

}  // namespace crosspoint::presence
