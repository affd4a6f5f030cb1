#include "tests/e2e/meeting_people.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <set>

#include "connectors/ews/properties.h"

namespace crosspoint::e2e {
namespace {

using google::protobuf::util::TimeUtil;
using namespace std::chrono_literals;

TimePoint TimeOf(const google::protobuf::Timestamp& time) {
  return TimePoint{std::chrono::microseconds{TimeUtil::TimestampToMicroseconds(time)}};
}

template <class Answer>
absl::StatusOr<Answer> Answered(const grpc::Status& status, Answer answer) {
  if (const auto outcome = Outcome(status); !outcome.ok()) return outcome;
  return answer;
}

const std::vector<ews::PropertyPath>& Ours() {
  static const std::vector<ews::PropertyPath> paths = {ews::CrosspointIdPath(), ews::CrosspointAvailabilityStatePath()};
  return paths;
}

}  // namespace

Person NewPersonOfMode(int mode) {
  const bool mailbox = mode == 1 || mode == 2;
  const bool outlook = mode == 1 || mode == 3;
  auto person = NewMailbox("Mode " + std::to_string(mode));
  directory::CreateUserRequest request;
  request.set_parent(testing::Stack::kTenant);
  auto& user = *request.mutable_user();
  user.set_display_name(person.display_name);
  user.set_email(person.email);
  user.set_extension(person.extension);
  user.set_mailbox_binding(mailbox ? directory::MAILBOX_BINDING_EWS : directory::MAILBOX_BINDING_NONE);
  user.set_outlook_use(outlook ? directory::OUTLOOK_USE_YES : directory::OUTLOOK_USE_NO);
  directory::User made;
  const auto context = TheStack().AsAdmin();
  context->set_wait_for_ready(true);
  const auto created = Outcome(Directory()->CreateUser(context.get(), request, &made));
  EXPECT_TRUE(created.ok()) << created;
  person.name = made.name();
  EXPECT_TRUE(testing::Eventually([&] { return ListAll(person).ok(); })) << ListAll(person).status();
  return person;
}

meetings::Meeting Form(const std::string& subject) {
  meetings::Meeting form;
  form.set_subject(subject);
  form.set_location("Room 7");
  const auto start = NextSecondAfter(24h);
  *form.mutable_start_time() = TimeUtil::MicrosecondsToTimestamp(start.time_since_epoch().count());
  *form.mutable_end_time() = TimeUtil::MicrosecondsToTimestamp((start + 30min).time_since_epoch().count());
  return form;
}

absl::StatusOr<meetings::Invite> Prepare(const Person& person, const meetings::Meeting& form) {
  meetings::PrepareInviteRequest request;
  request.set_parent(person.name);
  *request.mutable_meeting() = form;
  meetings::Invite invite;
  const auto status = Meetings()->PrepareInvite(TheStack().AsUser(person.name).get(), request, &invite);
  return Answered(status, invite);
}

absl::StatusOr<meetings::Meeting> Create(const Person& person, const meetings::Meeting& form) {
  meetings::CreateMeetingRequest request;
  request.set_parent(person.name);
  *request.mutable_meeting() = form;
  meetings::Meeting meeting;
  const auto status = Meetings()->CreateMeeting(TheStack().AsUser(person.name).get(), request, &meeting);
  return Answered(status, meeting);
}

absl::StatusOr<meetings::Meeting> Get(const Person& person, const std::string& name) {
  meetings::GetMeetingRequest request;
  request.set_name(name);
  meetings::Meeting meeting;
  const auto status = Meetings()->GetMeeting(TheStack().AsUser(person.name).get(), request, &meeting);
  return Answered(status, meeting);
}

absl::StatusOr<std::vector<meetings::Meeting>> ListAll(const Person& person) {
  meetings::ListMeetingsRequest request;
  request.set_parent(person.name);
  meetings::ListMeetingsResponse response;
  const auto status = Outcome(Meetings()->ListMeetings(TheStack().AsUser(person.name).get(), request, &response));
  if (!status.ok()) return status;
  return std::vector<meetings::Meeting>(response.meetings().begin(), response.meetings().end());
}

bool AwaitList(const Person& person, const std::vector<std::string>& subjects, std::chrono::milliseconds limit) {
  const std::multiset<std::string> wanted(subjects.begin(), subjects.end());
  return testing::Eventually(
      [&] {
        const auto list = ListAll(person);
        if (!list.ok()) return false;
        std::multiset<std::string> listed;
        for (const auto& meeting : *list) listed.insert(meeting.subject());
        return listed == wanted;
      },
      limit);
}

absl::StatusOr<meetings::Meeting> Update(const Person& person, const meetings::Meeting& meeting,
                                         const std::vector<std::string>& paths) {
  meetings::UpdateMeetingRequest request;
  *request.mutable_meeting() = meeting;
  for (const auto& path : paths) request.mutable_update_mask()->add_paths(path);
  meetings::Meeting updated;
  const auto status = Meetings()->UpdateMeeting(TheStack().AsUser(person.name).get(), request, &updated);
  return Answered(status, updated);
}

absl::StatusOr<meetings::Meeting> Cancel(const Person& person, const std::string& name) {
  meetings::CancelMeetingRequest request;
  request.set_name(name);
  meetings::Meeting cancelled;
  const auto status = Meetings()->CancelMeeting(TheStack().AsUser(person.name).get(), request, &cancelled);
  return Answered(status, cancelled);
}

std::vector<std::string> Explain(const Person& person, const std::string& name) {
  meetings::ExplainMeetingRequest request;
  request.set_name(name);
  meetings::ExplainMeetingResponse response;
  const auto status = Outcome(Meetings()->ExplainMeeting(TheStack().AsUser(person.name).get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return {response.steps().begin(), response.steps().end()};
}

ews::ItemId InOutlook(const Person& person, const meetings::Invite& invite, Outlook does) {
  const auto& meeting = invite.meeting();
  ews::CalendarDraft draft{.subject = meeting.subject(),
                           .location = meeting.location(),
                           .start = TimeOf(meeting.start_time()),
                           .end = TimeOf(meeting.end_time())};
  draft.body = ews::Body{.text = invite.body()};
  for (const auto& attendee : meeting.attendees()) draft.required_attendees.push_back(attendee.email());
  draft.extended_properties = {{ews::CrosspointIdPath(), meeting.correlation_id()}};
  if (!meeting.availability_state().empty()) {
    draft.extended_properties.push_back({ews::CrosspointAvailabilityStatePath(), meeting.availability_state()});
  }
  const auto made = TheStack().mailboxes().CreateCalendarItem(
      draft, does == Outlook::kSends ? ews::Invitations::kAndSaveCopy : ews::Invitations::kNone,
      {.mailbox = person.email});
  EXPECT_TRUE(made.ok()) << made.status();
  return made.value_or(ews::ItemId{});
}

std::optional<ews::CalendarItem> ItemAt(const Person& person, const ews::ItemId& id) {
  const auto item = TheStack().mailboxes().GetCalendarItem(ews::ItemId{id.id, ""}, Ours(), ews::Detail::kFactsAndBody,
                                                           {.mailbox = person.email});
  EXPECT_TRUE(item.ok() || absl::IsNotFound(item.status())) << item.status();
  return item.ok() ? std::optional(*item) : std::nullopt;
}

void ChangeItem(const Person& person, const ews::ItemId& id, const ews::CalendarUpdate& update) {
  // Somebody may be faster, as in Outlook, which then shows the newer version.
  EXPECT_TRUE(testing::Eventually([&] {
    const auto item = ItemAt(person, id);
    if (!item) return false;
    return TheStack()
        .mailboxes()
        .UpdateCalendarItem(item->id, update, ews::Invitations::kNone, {.mailbox = person.email})
        .ok();
  }));
}

void DeleteItem(const Person& person, const ews::ItemId& id) {
  const auto status = TheStack().mailboxes().DeleteCalendarItem(
      ews::ItemId{id.id, ""}, ews::DeleteType::kMoveToDeletedItems, ews::Invitations::kNone, {.mailbox = person.email});
  EXPECT_TRUE(status.ok()) << status;
}

SentMeeting Sent(const Person& person, const meetings::Meeting& form) {
  SentMeeting sent;
  const auto invite = Prepare(person, form);
  EXPECT_TRUE(invite.ok()) << invite.status();
  if (!invite.ok()) return sent;
  sent.invite = *invite;
  sent.item = InOutlook(person, *invite, Outlook::kSends);
  EXPECT_TRUE(testing::Eventually([&] { return Get(person, invite->name()).ok(); })) << "not committed";
  return sent;
}

}  // namespace crosspoint::e2e
