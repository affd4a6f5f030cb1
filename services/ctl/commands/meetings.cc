#include <fmt/format.h>

#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "ctl/commands/call.h"
#include "ctl/input/times.h"
#include "ctl/output/text.h"

namespace crosspoint::ctl {
namespace {

namespace v1 = ::crosspoint::meeting_sync::v1;
using Stub = v1::MeetingService::Stub;

constexpr char kCollection[] = "meetings";

struct ListOptions {
  std::string from;
  std::string to;
  size_t limit = 0;
};

struct PrepareOptions {
  std::string subject;
  std::string start;
  std::string duration = "30m";
  std::string location;
  std::vector<std::string> attendees;
  std::vector<std::string> presenters;
  std::string state;
};

struct IcsOptions {
  std::string meeting;
  std::string file;
};

struct ExplainOptions {
  std::string meeting;
};

absl::Status TimeOption(const std::string& flag, const std::string& text, google::protobuf::Timestamp& result) {
  const auto time = ParseTime(text, Now());
  if (!time.ok()) return UsageError(flag + ": " + MessageOf(time.status()));
  ToTimestamp(*time, result);
  return absl::OkStatus();
}

std::string DialIn(const v1::Conference& conference) {
  if (conference.dial_in_numbers().empty()) return "";
  return fmt::format("{} code {}", conference.dial_in_numbers(0), conference.participant_code());
}

absl::Status RunList(Session& session, const ListOptions& options) {
  v1::ListMeetingsRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_parent(), session.User(""));
  if (!options.from.empty()) {
    CROSSPOINT_RETURN_IF_ERROR(TimeOption("--from", options.from, *request.mutable_start_time()));
  }
  if (!options.to.empty()) {
    CROSSPOINT_RETURN_IF_ERROR(TimeOption("--to", options.to, *request.mutable_end_time()));
  }
  request.set_page_size(500);
  Table table({"ID", "START", "END", "SUBJECT", "LOCATION", "URL", "DIAL-IN"});
  size_t shown = 0;
  const auto stub = v1::MeetingService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR((EachPage<Stub, v1::ListMeetingsRequest, v1::ListMeetingsResponse>(
      session, *stub, &Stub::ListMeetings, request, [&](const auto& page) {
        for (const auto& meeting : page.meetings()) {
          if (options.limit != 0 && shown == options.limit) return false;
          ++shown;
          session.out().Json(meeting);
          table.Add(
              {IdOf(meeting.name()), ShortTime(FromTimestamp(meeting.start_time()), Now()),
               ShortTime(FromTimestamp(meeting.end_time()), Now()),
               meeting.status() == v1::MEETING_STATUS_CANCELLED ? "cancelled: " + meeting.subject() : meeting.subject(),
               meeting.location(), meeting.conference().url(), DialIn(meeting.conference())});
        }
        return true;
      })));
  session.out().Print(table);
  return absl::OkStatus();
}

absl::Status FillMeeting(const PrepareOptions& options, v1::Meeting& meeting) {
  CROSSPOINT_RETURN_IF_ERROR(TimeOption("--start", options.start, *meeting.mutable_start_time()));
  const auto duration = ParseDuration(options.duration);
  if (!duration.ok()) return UsageError("--duration: " + MessageOf(duration.status()));
  ToTimestamp(FromTimestamp(meeting.start_time()) + *duration, *meeting.mutable_end_time());
  meeting.set_subject(options.subject);
  meeting.set_location(options.location);
  meeting.set_availability_state(options.state);
  for (const auto& email : options.attendees) {
    meeting.add_attendees()->set_email(email);
  }
  for (const auto& email : options.presenters) {
    auto& attendee = *meeting.add_attendees();
    attendee.set_email(email);
    attendee.set_role(v1::ATTENDEE_ROLE_PRESENTER);
  }
  return absl::OkStatus();
}

absl::Status RunPrepare(Session& session, const PrepareOptions& options) {
  v1::PrepareInviteRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_parent(), session.User(""));
  CROSSPOINT_RETURN_IF_ERROR(FillMeeting(options, *request.mutable_meeting()));
  request.set_request_id(NewRequestId());
  v1::Invite invite;
  const auto stub = v1::MeetingService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::PrepareInvite, request, invite));
  session.out().Json(invite);
  const auto& meeting = invite.meeting();
  const auto& conference = meeting.conference();
  auto& out = session.out();
  out.Line("meeting      " + IdOf(invite.name()));
  out.Line(fmt::format("time         {} to {}", ShortTime(FromTimestamp(meeting.start_time()), Now()),
                       ShortTime(FromTimestamp(meeting.end_time()), Now())));
  out.Line("url          " + Printable(conference.url()));
  for (const auto& number : conference.dial_in_numbers()) out.Line("dial-in      " + Printable(number));
  out.Line("code         " + Printable(conference.participant_code()));
  if (!conference.host_code().empty()) out.Line("host code    " + Printable(conference.host_code()));
  if (!conference.password().empty()) out.Line("password     " + Printable(conference.password()));
  out.Line("correlation  " + Printable(meeting.correlation_id()));
  out.Remark("nothing exists until the invitation is sent from the mailbox");
  return absl::OkStatus();
}

absl::Status RunIcs(Session& session, const IcsOptions& options) {
  v1::DownloadIcsRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.meeting, kCollection));
  v1::IcsFile file;
  const auto stub = v1::MeetingService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::DownloadIcs, request, file));
  if (session.out().json()) {
    session.out().Json(file);
    return absl::OkStatus();
  }
  CROSSPOINT_RETURN_IF_ERROR(WriteOutput(session, options.file.empty() ? "-" : options.file, file.content()));
  if (!options.file.empty() && options.file != "-") {
    session.out().Remark(fmt::format("{}: {} bytes", options.file, file.content().size()));
  }
  return absl::OkStatus();
}

absl::Status RunExplain(Session& session, const ExplainOptions& options) {
  v1::ExplainMeetingRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.meeting, kCollection));
  v1::ExplainMeetingResponse response;
  const auto stub = v1::MeetingService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::ExplainMeeting, request, response));
  session.out().Json(response);
  for (const auto& step : response.steps()) session.out().Line(Printable(step));
  return absl::OkStatus();
}

}  // namespace

void AddMeetings(CLI::App& app, Chosen& chosen) {
  auto& group = AddGroup(app, "meetings", "Meetings and conferences");
  AddCommand<ListOptions>(
      group, "list", "List past and upcoming meetings", chosen,
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--from", options.from, "meetings that end after this; default 30 days ago");
        command.add_option("--to", options.to, "meetings that begin before this; default in 180 days");
        command.add_option("--limit", options.limit, "at most so many; 0 means all")->capture_default_str();
      },
      &RunList);
  AddCommand<PrepareOptions>(
      group, "prepare", "Make an invitation with conference, for the mail program to send", chosen,
      [](CLI::App& command, PrepareOptions& options) {
        command.add_option("subject", options.subject, "what the meeting is called")->required();
        command.add_option("--start", options.start, "14:30, +90m, 2026-11-24T10:00")->required();
        command.add_option("--duration", options.duration, "15m, 2h")->capture_default_str();
        command.add_option("--location", options.location, "where");
        command.add_option("--attendee", options.attendees, "address of an invitee; repeatable");
        command.add_option("--presenter", options.presenters, "address of a presenter; repeatable");
        command.add_option("--state", options.state, "availability while it runs, as do-not-disturb");
      },
      &RunPrepare);
  AddCommand<IcsOptions>(
      group, "ics", "Take a meeting as iCalendar file", chosen,
      [](CLI::App& command, IcsOptions& options) {
        command.add_option("meeting", options.meeting, "id or full name")->required();
        command.add_option("-o,--output", options.file, "file to write; default standard output");
      },
      &RunIcs);
  AddCommand<ExplainOptions>(
      group, "explain", "Say why a meeting looks as it does", chosen,
      [](CLI::App& command, ExplainOptions& options) {
        command.add_option("meeting", options.meeting, "id or full name")->required();
      },
      &RunExplain);
}

}  // namespace crosspoint::ctl
