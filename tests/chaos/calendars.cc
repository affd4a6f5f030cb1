#include "tests/chaos/calendars.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include "common/clock/clock.h"
#include "common/grpcx/status.h"
#include "connectors/ews/client.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"

namespace crosspoint::chaos {

namespace meetings = ::crosspoint::meeting_sync::v1;
namespace presence = ::crosspoint::presence::v1;
using google::protobuf::util::TimeUtil;

namespace {

// Of one person; beyond it meetings go as they come.
constexpr size_t kMeetings = 60;

}  // namespace

Calendars::Calendars(World& world)
    : world_(world),
      first_(std::chrono::time_point_cast<TimePoint::duration>(
          std::chrono::ceil<std::chrono::hours>(SystemClock().Now()) + std::chrono::hours(24))) {}

std::optional<ews::ItemId> Calendars::Find(const World::Person& person, const std::string& subject) {
  for (;;) {
    const auto page = world_.stack().mailboxes().FindCalendarItems(
        {.start = first_, .end = first_ + std::chrono::hours(24 * 28)}, {.mailbox = person.email});
    if (!page.ok()) {
      testing::Pause(std::chrono::milliseconds(20));
      continue;
    }
    for (const auto& item : page->items) {
      if (item.subject == subject) return item.id;
    }
    return std::nullopt;
  }
}

void Calendars::Act(const std::atomic<bool>& stop) {
  const auto& person = world_.people()[Below(world_.people().size())];
  made_[person.email].size() < kMeetings ? Make(person, stop) : Remove(person, stop);
}

void Calendars::Make(const World::Person& person, const std::atomic<bool>& stop) {
  const auto subject = fmt::format("meeting {}", next_++);
  const auto start = first_ + std::chrono::minutes(30 * Below(48 * 27));
  const ews::CalendarDraft draft{.subject = subject, .start = start, .end = start + std::chrono::minutes(30)};
  bool there = false;
  do {
    const auto made =
        world_.stack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email});
    there = made.ok() || Find(person, subject).has_value();
  } while (!there && !stop);
  if (!there) return;
  made_[person.email].insert(subject);
  ++acknowledged_;
}

void Calendars::Remove(const World::Person& person, const std::atomic<bool>& stop) {
  auto& subjects = made_[person.email];
  const auto subject = *std::next(subjects.begin(), static_cast<std::ptrdiff_t>(Below(subjects.size())));
  while (const auto item = Find(person, subject)) {
    const auto gone = world_.stack().mailboxes().DeleteCalendarItem(*item, ews::DeleteType::kMoveToDeletedItems,
                                                                    ews::Invitations::kNone, {.mailbox = person.email});
    if (gone.ok()) break;
    if (stop && Find(person, subject)) return;
  }
  subjects.erase(subject);
  ++acknowledged_;
}

Difference Calendars::CheckList(const World::Person& person, const std::set<std::string>& subjects) {
  const auto stub = meetings::MeetingService::NewStub(world_.Any("meeting-sync"));
  meetings::ListMeetingsRequest request;
  request.set_parent(person.name);
  request.set_page_size(500);
  *request.mutable_start_time() =
      TimeUtil::SecondsToTimestamp(std::chrono::duration_cast<std::chrono::seconds>(first_.time_since_epoch()).count());
  meetings::ListMeetingsResponse answer;
  const auto listed =
      grpcx::FromGrpc(stub->ListMeetings(World::Patient(world_.stack().AsUser(person.name)).get(), request, &answer));
  if (!listed.ok()) return {static_cast<int>(subjects.size()), 0, "meetings cannot be listed: " + listed.ToString()};
  std::map<std::string, int> found;
  for (const auto& meeting : answer.meetings()) ++found[meeting.subject()];
  Difference difference;
  for (const auto& [subject, count] : found) {
    if (!subjects.contains(subject))
      difference.Add({0, count, subject + " of " + person.email + " is listed, but gone"});
  }
  for (const auto& subject : subjects) {
    if (found[subject] == 0) difference.Add({1, 0, subject + " of " + person.email + " is not listed"});
    if (found[subject] > 1) difference.Add({0, 1, subject + " of " + person.email + " is listed twice"});
  }
  return difference;
}

Difference Calendars::CheckClaims(const World::Person& person, size_t count) {
  const auto stub = presence::PresenceService::NewStub(world_.Any("presence"));
  presence::ListClaimsRequest request;
  request.set_parent(person.name);
  request.set_page_size(500);
  presence::ListClaimsResponse answer;
  const auto listed =
      grpcx::FromGrpc(stub->ListClaims(World::Patient(world_.stack().AsUser(person.name)).get(), request, &answer));
  if (!listed.ok()) return {static_cast<int>(count), 0, "claims cannot be listed: " + listed.ToString()};
  size_t found = 0;
  for (const auto& claim : answer.claims()) found += claim.source() == "meeting-sync" ? 1 : 0;
  const auto example = fmt::format("{} has {} claims of {} meetings", person.email, found, count);
  if (found < count) return {static_cast<int>(count - found), 0, example};
  if (found > count) return {0, static_cast<int>(found - count), example};
  return {};
}

Difference Calendars::Check() {
  Difference difference;
  for (const auto& person : world_.people()) {
    const auto& subjects = made_[person.email];
    difference.Add(CheckList(person, subjects));
    difference.Add(CheckClaims(person, subjects.size()));
  }
  return difference;
}

}  // namespace crosspoint::chaos
