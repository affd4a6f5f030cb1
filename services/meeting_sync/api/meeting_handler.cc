#include "meeting_sync/api/meeting_handler.h"

#include <algorithm>

#include "common/status/status.h"
#include "meeting_sync/api/convert.h"
#include "meeting_sync/api/viewer.h"
#include "meeting_sync/domain/meeting_ics.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 500;

absl::StatusOr<int> PageSize(int asked) {
  if (asked < 0) return InvalidField("page_size", "0 to 500");
  return asked == 0 ? kDefaultPage : std::min(asked, kLargestPage);
}

}  // namespace

void MeetingHandler::Bind(grpcx::Methods& methods) {
  methods.Waiting("ListMeetings", this, &MeetingHandler::ListMeetings);
  methods.Waiting("GetMeeting", this, &MeetingHandler::GetMeeting);
  methods.Waiting("DownloadIcs", this, &MeetingHandler::DownloadIcs);
  methods.Unary("ListMailboxSyncs", this, &MeetingHandler::ListMailboxSyncs);
  methods.Unary("ResyncMailbox", this, &MeetingHandler::ResyncMailbox);
}

absl::Status MeetingHandler::ListMeetings(const v1::ListMeetingsRequest& request, const grpcx::Call& call,
                                          v1::ListMeetingsResponse& response) {
  ListQuery query{.page_token = request.page_token()};
  CROSSPOINT_ASSIGN_OR_RETURN(query.user, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(query.page_size, PageSize(request.page_size()));
  if (request.has_start_time()) {
    CROSSPOINT_ASSIGN_OR_RETURN(query.start, FromProto(request.start_time(), "start_time"));
  }
  if (request.has_end_time()) {
    CROSSPOINT_ASSIGN_OR_RETURN(query.end, FromProto(request.end_time(), "end_time"));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page, book_.List(query, ViewerOf(call, query.user), call.steady_deadline));
  for (const auto& meeting : page.meetings) *response.add_meetings() = ToProto(query.user, meeting);
  response.set_next_page_token(page.next_page_token);
  return absl::OkStatus();
}

absl::StatusOr<Meeting> MeetingHandler::Find(const std::string& name, const grpcx::Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto parsed, MeetingName::Parse(name));
  return book_.Get(parsed, ViewerOf(call, parsed.user), call.steady_deadline);
}

absl::Status MeetingHandler::GetMeeting(const v1::GetMeetingRequest& request, const grpcx::Call& call,
                                        v1::Meeting& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto meeting, Find(request.name(), call));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, MeetingName::Parse(request.name()));
  response = ToProto(name.user, meeting);
  return absl::OkStatus();
}

absl::Status MeetingHandler::DownloadIcs(const v1::DownloadIcsRequest& request, const grpcx::Call& call,
                                         v1::IcsFile& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto meeting, Find(request.name(), call));
  response.set_content(MeetingToIcs(meeting, clock_.Now()));
  response.set_content_type("text/calendar; charset=utf-8");
  response.set_filename(IcsFileName(meeting));
  return absl::OkStatus();
}

absl::StatusOr<v1::MailboxSync> MeetingHandler::SyncOf(const UserId& user, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto point, store_.LoadPoint(user));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto holder, store_.Holder(user));
  v1::MailboxSync sync;
  sync.set_user(user.Name());
  sync.set_holder(holder);
  sync.set_fencing_token(static_cast<int64_t>(point.fence));
  if (point.sync_time != TimePoint{}) *sync.mutable_sync_time() = ToProto(point.sync_time);
  sync.set_linked_items(point.linked_items);
  sync.set_problem(point.problem);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto brake, bridge_.Brake(user, deadline));
  if (brake) sync.set_braked_removals(static_cast<int32_t>(brake->removed.size()));
  return sync;
}

absl::Status MeetingHandler::ListMailboxSyncs(const v1::ListMailboxSyncsRequest& request, const grpcx::Call& call,
                                              v1::ListMailboxSyncsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, TenantId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size()));
  if (!request.page_token().empty() && !IsValidSegment(request.page_token())) {
    return InvalidField("page_token", "next_page_token of the previous answer");
  }
  auto users = users_.ListMailboxes(tenant, request.page_token(), static_cast<size_t>(size) + 1);
  if (users.size() > static_cast<size_t>(size)) {
    users.pop_back();
    response.set_next_page_token(users.back().value);
  }
  for (const auto& user : users) {
    CROSSPOINT_ASSIGN_OR_RETURN(*response.add_syncs(), SyncOf(user, call.steady_deadline));
  }
  return absl::OkStatus();
}

absl::Status MeetingHandler::ResyncMailbox(const v1::ResyncMailboxRequest& request, const grpcx::Call& call,
                                           v1::ResyncMailboxResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.name()));
  CROSSPOINT_RETURN_IF_ERROR(users_.MailboxOf(user).status());
  CROSSPOINT_RETURN_IF_ERROR(store_.RequestResync(user));
  keeper_.Resync(user);
  CROSSPOINT_ASSIGN_OR_RETURN(*response.mutable_sync(), SyncOf(user, call.steady_deadline));
  return absl::OkStatus();
}

}  // namespace crosspoint::meeting_sync
