#include <fmt/format.h>

#include "connectors/ews/client.h"
#include "connectors/ews/properties.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "tests/story/call.h"
#include "tests/story/chapters.h"
#include "tests/story/presence_watcher.h"
#include "tests/support/stack/service_process.h"

namespace crosspoint::story {
namespace {

using namespace std::chrono_literals;
namespace meetings = ::crosspoint::meeting_sync::v1;
using Stub = meetings::MeetingService::Stub;

constexpr char kSubject[] = "Budget review";
constexpr char kRoom[] = "Room 4";
constexpr char kMovedTo[] = "Room 7";
constexpr char kChosenState[] = "do-not-disturb";

void ToTimestamp(TimePoint time, google::protobuf::Timestamp& result) {
  result.set_seconds(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

class MeetingChapter {
 public:
  explicit MeetingChapter(Stage& stage) : stage_(stage) {}

  bool Tell() {
    return stage_.Step("Watch the person's availability on every presence replica and through the gateway",
                       [this] { return Watch(); }) &&
           stage_.Step("Prepare an invitation with conference: nothing exists yet", [this] { return Prepare(); }) &&
           stage_.Step("Send it from the mailbox over EWS, starting in a few seconds", [this] { return Send(); }) &&
           stage_.Step("List the person's meetings, and take this one as a calendar file", [this] { return List(); }) &&
           stage_.Step("Change it in the mailbox: another room, and a little later", [this] { return Change(); }) &&
           stage_.Step("The meeting begins: every watcher sees it", [this] { return See(kChosenState, start_); }) &&
           stage_.Step("The meeting ends: they see that too", [this] { return See("available", end_); });
  }

 private:
  absl::Status Watch() {
    const auto add = [this](const std::string& name, const std::shared_ptr<grpc::Channel>& channel) -> absl::Status {
      watchers_.push_back(
          {name, std::make_unique<PresenceWatcher>(channel, stage_.As(stage_.anna), std::vector{stage_.anna.name})});
      const auto first = watchers_.back().stream->WaitFor(stage_.anna.name, "available", 0, 5s);
      if (!first) return absl::DeadlineExceededError(name + " told no state");
      stage_.Say(fmt::format("{}: {} ({})", name, first->state, first->color));
      return absl::OkStatus();
    };
    int replica = 0;
    for (const auto& channel : stage_.system().Presence()) {
      CROSSPOINT_RETURN_IF_ERROR(add(fmt::format("presence-{}", replica++), channel));
    }
    return add("gateway", stage_.gateway());
  }

  absl::Status Prepare() {
    // Exchange keeps whole seconds.
    start_ =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::floor<std::chrono::seconds>(Now())) + 7s;
    end_ = start_ + 4s;
    meetings::PrepareInviteRequest request;
    request.set_parent(stage_.anna.name);
    request.set_request_id("0b9d7a4c-1f62-4c8e-8a57-6f0f7d3b9e10");
    auto& meeting = *request.mutable_meeting();
    meeting.set_subject(kSubject);
    meeting.set_location(kRoom);
    meeting.set_availability_state(kChosenState);
    ToTimestamp(start_, *meeting.mutable_start_time());
    ToTimestamp(end_, *meeting.mutable_end_time());
    meeting.add_attendees()->set_email(stage_.other.email);
    const auto stub = meetings::MeetingService::NewStub(stage_.gateway());
    absl::Status prepared;
    // meeting-sync may still be learning of the users that were just imported.
    testing::Eventually([&] {
      prepared = Call(&Stub::PrepareInvite, *stub, stage_.As(stage_.anna), request, invite_);
      return !absl::IsUnavailable(prepared) && !absl::IsNotFound(prepared);
    });
    CROSSPOINT_RETURN_IF_ERROR(prepared);
    stage_.Say(fmt::format("correlation id {}, {} bytes of text for the invitation", invite_.meeting().correlation_id(),
                           invite_.body().size()));
    return absl::IsNotFound(Listed(kRoom).status()) ? absl::OkStatus()
                                                    : absl::InternalError("listed though it was not sent");
  }

  // What the mail program does with it: the item bears the correlation id and the chosen state, and is sent.
  absl::Status Send() {
    ews::CalendarDraft draft{.subject = kSubject, .location = kRoom, .start = start_, .end = end_};
    draft.body = ews::Body{.text = invite_.body()};
    draft.required_attendees = {stage_.other.email};
    draft.extended_properties = {{ews::CrosspointIdPath(), invite_.meeting().correlation_id()},
                                 {ews::CrosspointAvailabilityStatePath(), kChosenState}};
    CROSSPOINT_ASSIGN_OR_RETURN(item_, stage_.system().mailboxes().CreateCalendarItem(
                                           draft, ews::Invitations::kAndSaveCopy, {.mailbox = stage_.anna.email}));
    sent_ = Now();
    stage_.Say(fmt::format("\"{}\" from {} to {}, to {}, with the state {} chosen", kSubject, LocalTime(start_),
                           LocalTime(end_), stage_.other.display_name, kChosenState));
    return absl::OkStatus();
  }

  // The listed meeting at `location`; NotFound until it is there.
  absl::StatusOr<meetings::Meeting> Listed(const std::string& location) {
    const auto stub = meetings::MeetingService::NewStub(stage_.gateway());
    meetings::ListMeetingsRequest request;
    request.set_parent(stage_.anna.name);
    request.set_page_size(500);
    meetings::ListMeetingsResponse response;
    CROSSPOINT_RETURN_IF_ERROR(Call(&Stub::ListMeetings, *stub, stage_.As(stage_.anna), request, response));
    for (const auto& meeting : response.meetings()) {
      if (meeting.subject() == kSubject && meeting.location() == location) return meeting;
    }
    return absl::NotFoundError("the meeting is not listed");
  }

  absl::StatusOr<meetings::Meeting> WaitListed(const std::string& location) {
    absl::StatusOr<meetings::Meeting> listed;
    // The mailbox lists it at once, its conference once the sent item has been seen.
    testing::Eventually([&] { return (listed = Listed(location)).ok() && !listed->conference().url().empty(); }, 10s);
    return listed;
  }

  absl::Status List() {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto meeting, WaitListed(kRoom));
    const auto& conference = meeting.conference();
    stage_.Say(fmt::format("\"{}\" in {}, listed with its conference {} after it was sent", meeting.subject(),
                           meeting.location(), Since(sent_)));
    if (conference.url().empty() || conference.dial_in_numbers().empty()) {
      return absl::InternalError("listed without its conference");
    }
    stage_.Say(fmt::format("{}, or dial {} and the code {}", conference.url(), conference.dial_in_numbers(0),
                           conference.participant_code()));
    const auto stub = meetings::MeetingService::NewStub(stage_.gateway());
    meetings::DownloadIcsRequest download;
    download.set_name(meeting.name());
    meetings::IcsFile file;
    CROSSPOINT_RETURN_IF_ERROR(Call(&Stub::DownloadIcs, *stub, stage_.As(stage_.anna), download, file));
    stage_.Say(fmt::format("{}: {} bytes of {}", file.filename(), file.content().size(), file.content_type()));
    return absl::OkStatus();
  }

  absl::Status ChangeItem(const ews::CalendarUpdate& update) {
    const ews::EwsCall mailbox{.mailbox = stage_.anna.email};
    CROSSPOINT_ASSIGN_OR_RETURN(const auto item, stage_.system().mailboxes().GetCalendarItem(
                                                     ews::ItemId{item_.id, ""}, {}, ews::Detail::kFacts, mailbox));
    return stage_.system()
        .mailboxes()
        .UpdateCalendarItem(item.id, update, ews::Invitations::kToChangedAndSaveCopy, mailbox)
        .status();
  }

  absl::Status Change() {
    start_ += 1s;
    end_ += 1s;
    const ews::CalendarUpdate update{.location = kMovedTo, .start = start_, .end = end_};
    // Our own reader may have touched the item since it was sent; the mail program then shows the newer one.
    absl::Status changed;
    testing::Eventually([&] { return (changed = ChangeItem(update)).ok(); }, 5s);
    CROSSPOINT_RETURN_IF_ERROR(changed);
    const auto since = Now();
    CROSSPOINT_RETURN_IF_ERROR(WaitListed(kMovedTo).status());
    stage_.Say(fmt::format("listed in {} from {} to {}, {} after the change", kMovedTo, LocalTime(start_),
                           LocalTime(end_), Since(since)));
    return absl::OkStatus();
  }

  absl::Status See(const std::string& state, TimePoint due) {
    for (const auto& watcher : watchers_) {
      const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(due - Now()) + 3s;
      const auto seen = watcher.stream->WaitFor(stage_.anna.name, state, 1, wait);
      if (!seen) return absl::DeadlineExceededError(fmt::format("{} did not tell {}", watcher.name, state));
      stage_.Say(fmt::format("{}: {} ({}), {:+.1f} ms from its time", watcher.name, seen->state, seen->color,
                             Millis(seen->at - due)));
    }
    return absl::OkStatus();
  }

  struct Watcher {
    std::string name;
    std::unique_ptr<PresenceWatcher> stream;
  };

  Stage& stage_;
  std::vector<Watcher> watchers_;
  meetings::Invite invite_;
  ews::ItemId item_;
  TimePoint sent_;
  TimePoint start_;
  TimePoint end_;
};

}  // namespace

bool TellOfAMeeting(Stage& stage) { return MeetingChapter(stage).Tell(); }

}  // namespace crosspoint::story
