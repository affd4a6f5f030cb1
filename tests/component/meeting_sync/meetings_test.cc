#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "common/calendar/ics.h"
#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/mailbox_feed_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "tests/component/meeting_sync/world.h"

// What callers of the service see.
namespace crosspoint::testing {
namespace {

namespace v1 = meeting_sync::v1;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Meetings : public MeetingSyncWorld {
 protected:
  Meetings() : service_(StartSettled()), stub_(v1::MeetingService::NewStub(service_->channel())) {}

  template <class Request, class Response>
  grpc::Status Call(grpc::Status (v1::MeetingService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + seconds(10));
    return (stub_.get()->*method)(&context, request, &response);
  }
  v1::ListMeetingsResponse List(v1::ListMeetingsRequest request) {
    if (request.parent().empty()) request.set_parent(kAda);
    v1::ListMeetingsResponse response;
    const auto status = Call(&v1::MeetingService::Stub::ListMeetings, request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  std::unique_ptr<ServiceProcess> service_;
  std::unique_ptr<v1::MeetingService::Stub> stub_;
};

TEST_F(Meetings, ListsTheMailboxInOrderPageByPage) {
  std::vector<std::string> expected;
  for (int i = 12; i >= 1; --i) Create(Meeting(fmt::format("meeting {:02}", i), In(hours{i * 30})));
  for (int i = 1; i <= 12; ++i) expected.push_back(fmt::format("meeting {:02}", i));
  std::vector<std::string> seen;
  v1::ListMeetingsRequest request;
  request.set_page_size(5);
  int pages = 0;
  do {
    const auto page = List(request);
    for (const auto& meeting : page.meetings()) seen.push_back(meeting.subject());
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(pages, 3);
}

TEST_F(Meetings, ShowsWhatTheItemSays) {
  auto draft = Meeting("Planning", In(hours{5}));
  draft.location = "Room 1";
  draft.required_attendees = {kBobAddress};
  draft.sensitivity = ews::Sensitivity::kPrivate;
  draft.time_zone = "W. Europe Standard Time";
  draft.extended_properties = {{ews::CrosspointAvailabilityStatePath(), "vacation"},
                               {ews::CrosspointIdPath(), "correlation-1"}};
  Create(draft);
  const auto meetings = List({}).meetings();
  ASSERT_EQ(meetings.size(), 1);
  const auto& meeting = meetings[0];
  EXPECT_EQ(meeting.subject(), "Planning");
  EXPECT_EQ(meeting.location(), "Room 1");
  EXPECT_EQ(meeting.organizer(), kAdaAddress);
  ASSERT_EQ(meeting.attendees_size(), 1);
  EXPECT_EQ(meeting.attendees(0).email(), kBobAddress);
  EXPECT_EQ(meeting.show_as(), v1::SHOW_AS_BUSY);
  EXPECT_EQ(meeting.availability_state(), "vacation");
  EXPECT_EQ(meeting.correlation_id(), "correlation-1");
  EXPECT_EQ(meeting.time_zone(), "Europe/Berlin");
  EXPECT_TRUE(meeting.is_private());
  EXPECT_FALSE(meeting.ical_uid().empty());
  EXPECT_FALSE(meeting.etag().empty());
  EXPECT_EQ(meeting.start_time().seconds(), std::chrono::floor<seconds>(In(hours{5})).time_since_epoch() / seconds{1});

  v1::GetMeetingRequest request;
  request.set_name(meeting.name());
  v1::Meeting again;
  ASSERT_TRUE(Call(&v1::MeetingService::Stub::GetMeeting, request, again).ok());
  EXPECT_EQ(again.SerializeAsString(), meeting.SerializeAsString());
}

TEST_F(Meetings, NameStaysWhenTheMeetingMovesAndEndsWithIt) {
  const auto id = Create(Meeting("moves", In(hours{5})));
  const auto name = List({}).meetings(0).name();
  const auto moved = Update(id, {.start = In(hours{50}), .end = In(hours{51})});
  v1::GetMeetingRequest request;
  request.set_name(name);
  v1::Meeting meeting;
  ASSERT_TRUE(Call(&v1::MeetingService::Stub::GetMeeting, request, meeting).ok());
  EXPECT_EQ(List({}).meetings(0).name(), name);
  Delete(moved);
  EXPECT_TRUE(Eventually([&] {
    return Call(&v1::MeetingService::Stub::GetMeeting, request, meeting).error_code() == grpc::StatusCode::NOT_FOUND;
  }));
}

TEST_F(Meetings, IcsIsAValidCalendarOfTheMeeting) {
  auto draft = Meeting("Ümläute; und, Kommas", In(hours{5}));
  draft.required_attendees = {kBobAddress};
  draft.time_zone = "W. Europe Standard Time";
  Create(draft);
  const auto meeting = List({}).meetings(0);
  v1::DownloadIcsRequest request;
  request.set_name(meeting.name());
  v1::IcsFile file;
  ASSERT_TRUE(Call(&v1::MeetingService::Stub::DownloadIcs, request, file).ok());
  EXPECT_EQ(file.content_type(), "text/calendar; charset=utf-8");
  EXPECT_NE(file.content().find("BEGIN:VTIMEZONE\r\n"), std::string::npos) << file.content();
  const auto parsed = calendar::ParseIcs(file.content());
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->events.size(), 1u);
  EXPECT_EQ(parsed->events[0].uid, meeting.ical_uid());
  EXPECT_EQ(parsed->events[0].summary, draft.subject);
  EXPECT_EQ(parsed->events[0].start, draft.start);
  EXPECT_EQ(parsed->events[0].organizer->email, kAdaAddress);
  EXPECT_EQ(parsed->events[0].attendees.size(), 1u);
}

TEST_F(Meetings, WrongRequestsAreRefusedWithTheField) {
  v1::ListMeetingsRequest request;
  request.set_parent(kAda);
  v1::ListMeetingsResponse response;
  const auto refused = [&](const v1::ListMeetingsRequest& wrong) {
    return Call(&v1::MeetingService::Stub::ListMeetings, wrong, response).error_code();
  };
  auto wrong = request;
  wrong.mutable_start_time()->set_seconds(0);
  wrong.mutable_end_time()->set_seconds(3 * 366 * 86400);
  EXPECT_EQ(refused(wrong), grpc::StatusCode::INVALID_ARGUMENT);
  wrong = request;
  wrong.set_page_token("nonsense");
  EXPECT_EQ(refused(wrong), grpc::StatusCode::INVALID_ARGUMENT);
  wrong = request;
  wrong.set_page_size(-1);
  EXPECT_EQ(refused(wrong), grpc::StatusCode::INVALID_ARGUMENT);
  wrong = request;
  wrong.mutable_start_time()->set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(refused(wrong), grpc::StatusCode::INVALID_ARGUMENT);
  wrong.set_parent("tenants/acme/users/nobody");
  wrong.clear_start_time();
  EXPECT_EQ(refused(wrong), grpc::StatusCode::NOT_FOUND);
  v1::GetMeetingRequest get;
  get.set_name("tenants/acme/users/ada/meetings/mnothere");
  v1::Meeting meeting;
  EXPECT_EQ(Call(&v1::MeetingService::Stub::GetMeeting, get, meeting).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::CancelMeetingRequest cancel;
  cancel.set_name(get.name());
  EXPECT_EQ(Call(&v1::MeetingService::Stub::CancelMeeting, cancel, meeting).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::UndoSyncRequest undo;
  undo.set_name(get.name());
  EXPECT_EQ(Call(&v1::MeetingService::Stub::UndoSync, undo, meeting).error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(Meetings, UserWithoutMailboxHasAnEmptyList) {
  directory_.Put("bob", "", directory::v1::MAILBOX_BINDING_NONE);
  v1::ListMeetingsRequest request;
  request.set_parent(kBob);
  v1::ListMeetingsResponse response;
  ASSERT_TRUE(Eventually([&] { return Call(&v1::MeetingService::Stub::ListMeetings, request, response).ok(); }));
  EXPECT_EQ(response.meetings_size(), 0);
}

TEST_F(Meetings, ExchangeAwayIsUnavailableAndServedAgain) {
  gate_.Cut();
  v1::ListMeetingsRequest request;
  request.set_parent(kAda);
  v1::ListMeetingsResponse response;
  EXPECT_EQ(Call(&v1::MeetingService::Stub::ListMeetings, request, response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  gate_.Restore();
  EXPECT_TRUE(Eventually([&] { return Call(&v1::MeetingService::Stub::ListMeetings, request, response).ok(); }));
}

TEST_F(Meetings, AdministratorSeesHowTheReadingStands) {
  Create(Meeting("one", In(hours{1})));
  ASSERT_TRUE(presence_.AwaitCount(kAda, 1));
  v1::ListMailboxSyncsRequest request;
  request.set_parent("tenants/acme");
  v1::ListMailboxSyncsResponse response;
  ASSERT_TRUE(Call(&v1::MeetingService::Stub::ListMailboxSyncs, request, response).ok());
  ASSERT_EQ(response.syncs_size(), 1);
  EXPECT_EQ(response.syncs(0).user(), kAda);
  EXPECT_FALSE(response.syncs(0).holder().empty());
  EXPECT_GT(response.syncs(0).fencing_token(), 0);
  EXPECT_EQ(response.syncs(0).linked_items(), 1);
  EXPECT_TRUE(response.syncs(0).has_sync_time());
  EXPECT_EQ(response.syncs(0).problem(), "");
}

TEST_F(Meetings, ResyncSaysEverythingAnew) {
  Create(Meeting("one", In(hours{1})));
  ASSERT_TRUE(presence_.AwaitCount(kAda, 1));
  const auto puts = presence_.puts();
  v1::ResyncMailboxRequest request;
  request.set_name(kAda);
  v1::ResyncMailboxResponse response;
  ASSERT_TRUE(Call(&v1::MeetingService::Stub::ResyncMailbox, request, response).ok());
  EXPECT_TRUE(Eventually([&] { return presence_.puts() > puts; }));
  EXPECT_EQ(presence_.deletes(), 0);
}

TEST_F(Meetings, FeedTellsChangedFoldersAndResumes) {
  const auto feed = v1::MailboxFeedService::NewStub(service_->channel());
  grpc::ClientContext context;
  v1::WatchChangesRequest request;
  request.set_parent("tenants/acme");
  request.set_watermark("0-0");
  const auto reader = feed->WatchChanges(&context, request);
  v1::WatchChangesResponse change;
  std::vector<std::string> watermarks;
  for (int i = 0; i < 4; ++i) {  // each kind of folder is told of when the feed is opened
    ASSERT_TRUE(reader->Read(&change));
    EXPECT_EQ(change.user(), kAda);
    EXPECT_FALSE(change.gap());
    watermarks.push_back(change.watermark());
  }
  Create(Meeting("one", In(hours{1})));
  ASSERT_TRUE(reader->Read(&change));
  EXPECT_EQ(change.folder(), v1::MAILBOX_FOLDER_CALENDAR);
  const auto newest = change.watermark();
  context.TryCancel();
  reader->Finish();

  grpc::ClientContext again;
  request.set_watermark(watermarks.back());
  const auto resumed = feed->WatchChanges(&again, request);
  ASSERT_TRUE(resumed->Read(&change));
  EXPECT_EQ(change.watermark(), newest);
  again.TryCancel();
  resumed->Finish();

  grpc::ClientContext wrong;
  request.set_watermark("yesterday");
  const auto refused = feed->WatchChanges(&wrong, request);
  EXPECT_FALSE(refused->Read(&change));
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);

  grpc::ClientContext old;
  request.set_watermark("1-1");
  const auto gap = feed->WatchChanges(&old, request);
  ASSERT_TRUE(gap->Read(&change));
  EXPECT_TRUE(change.gap());
  old.TryCancel();
  gap->Finish();
}

TEST_F(Meetings, DeadLettersAreListed) {
  const auto operations = admin::v1::OperationsService::NewStub(service_->channel());
  grpc::ClientContext context;
  admin::v1::ListDeadLettersResponse response;
  ASSERT_TRUE(operations->ListDeadLetters(&context, {}, &response).ok());
  EXPECT_EQ(response.dead_letters_size(), 0);
  grpc::ClientContext second;
  admin::v1::ReplayDeadLetterRequest request;
  request.set_name("cp:{presence:acme:1}:outbox/1-1");
  admin::v1::ReplayDeadLetterResponse nothing;
  EXPECT_EQ(operations->ReplayDeadLetter(&second, request, &nothing).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace crosspoint::testing
