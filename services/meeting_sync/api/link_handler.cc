#include "meeting_sync/api/link_handler.h"

#include <algorithm>

#include "common/status/status.h"
#include "meeting_sync/api/convert.h"
#include "meeting_sync/app/meeting_explain.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr size_t kDefaultPage = 50;
constexpr size_t kLargestPage = 500;
constexpr size_t kLongestToken = 40;

// As Redis names an entry: digits, a dash, digits.
bool IsToken(std::string_view token) {
  return token.size() <= kLongestToken &&
         std::all_of(token.begin(), token.end(), [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

void LinkHandler::Bind(grpcx::Methods& methods) {
  methods.Unary("ListConflicts", this, &LinkHandler::ListConflicts);
  methods.Waiting("ExplainMeeting", this, &LinkHandler::ExplainMeeting);
  methods.Unary("ResolveBrake", this, &LinkHandler::ResolveBrake);
}

absl::Status LinkHandler::ListConflicts(const v1::ListConflictsRequest& request, const grpcx::Call& call,
                                        v1::ListConflictsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  if (request.page_size() < 0) return InvalidField("page_size", "0 to 500");
  if (!IsToken(request.page_token())) return InvalidField("page_token", "next_page_token of the previous answer");
  const auto size =
      request.page_size() == 0 ? kDefaultPage : std::min(static_cast<size_t>(request.page_size()), kLargestPage);
  CROSSPOINT_ASSIGN_OR_RETURN(auto conflicts,
                              store_.ListConflicts(owner, request.page_token(), size + 1, call.steady_deadline));
  if (conflicts.size() > size) {
    conflicts.resize(size);
    response.set_next_page_token(conflicts.back().id);
  }
  for (const auto& conflict : conflicts) {
    auto& shown = *response.add_conflicts();
    shown.set_meeting(NameOfMeeting(owner, conflict.meeting));
    shown.set_field(std::string(NameOf(conflict.field.field)));
    shown.set_mailbox_value(conflict.field.mailbox);
    shown.set_bridge_value(conflict.field.bridge);
    shown.set_kept_value(conflict.field.kept());
    *shown.mutable_time() = ToProto(conflict.time);
  }
  return absl::OkStatus();
}

absl::Status LinkHandler::ExplainMeeting(const v1::ExplainMeetingRequest& request, const grpcx::Call& call,
                                         v1::ExplainMeetingResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, MeetingName::Parse(request.name()));
  std::vector<std::string> steps;
  if (name.bridge_id) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto record, store_.Get(name.user, *name.bridge_id, call.steady_deadline));
    if (!record) return NotThere("no such meeting");
    steps = Explain(*record, book_.ItemOf(*record, call.steady_deadline));
  } else {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto item, book_.Get(name, Viewer::kOwner, call.steady_deadline));
    steps = ExplainItem(item);
  }
  for (auto& step : steps) response.add_steps(std::move(step));
  return absl::OkStatus();
}

absl::Status LinkHandler::ResolveBrake(const v1::ResolveBrakeRequest& request, const grpcx::Call& call,
                                       v1::ResolveBrakeResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.name()));
  CROSSPOINT_RETURN_IF_ERROR(users_.Find(user).status());
  CROSSPOINT_ASSIGN_OR_RETURN(const bool braked, link_.Resolve(user, request.proceed(), call.steady_deadline));
  if (!braked) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_BRAKE", "no run of deletions waits for a word");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(*response.mutable_sync(), sync_of_(user, call.steady_deadline));
  return absl::OkStatus();
}

}  // namespace crosspoint::meeting_sync
