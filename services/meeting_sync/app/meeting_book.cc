#include "meeting_sync/app/meeting_book.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"
#include "meeting_sync/domain/ical_uid.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
constexpr hours kDay{24};
constexpr hours kLongestWindow = 2 * 366 * kDay;
// One reading of the calendar covers this much at first and doubles, so that a page of a full calendar is one call and
// an empty one takes few.
constexpr hours kFirstStretch = 31 * kDay;
// A time this short that still holds too many items is given up.
constexpr hours kShortestStretch{1};

auto Order(const Meeting& meeting) { return std::tie(meeting.start, meeting.key); }

std::string Micros(TimePoint time) { return std::to_string(time.time_since_epoch().count()); }

absl::Status NoSuchMeeting() { return NotThere("no such meeting"); }

// The host code is the host's alone.
Meeting ForOthers(const Meeting& meeting) {
  auto shown = HidePrivate(meeting);
  if (shown.conference) shown.conference = ForRole(*shown.conference, ConferenceRole::kPresenter);
  return shown;
}

}  // namespace

// Where a listing stands. The window is part of it, because "now" has moved on when the next page is asked for.
struct MeetingBook::Cursor {
  TimePoint start;
  TimePoint end;
  TimePoint last_start = TimePoint::min();
  ItemKey last_key;

  static std::string Fingerprint(const ListQuery& query) {
    return KeyOf(query.user.Name() + "\n" + (query.start ? Micros(*query.start) : "-") + "\n" +
                 (query.end ? Micros(*query.end) : "-"))
        .value;
  }

  std::string Token(const ListQuery& query) const {
    return Micros(start) + "." + Micros(end) + "." + Micros(last_start) + "." + last_key.value + "." +
           Fingerprint(query);
  }

  static std::optional<Cursor> FromToken(const ListQuery& query) {
    std::vector<std::string_view> parts;
    for (std::string_view rest = query.page_token; parts.size() < 6;) {
      const auto dot = rest.find('.');
      parts.push_back(rest.substr(0, dot));
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    if (parts.size() != 5 || parts[4] != Fingerprint(query)) return std::nullopt;
    int64_t times[3];
    for (int i = 0; i < 3; ++i) {
      const auto* end = parts[i].data() + parts[i].size();
      const auto parsed = std::from_chars(parts[i].data(), end, times[i]);
      if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    }
    const auto time = [&times](int i) { return TimePoint{TimePoint::duration{times[i]}}; };
    return Cursor{time(0), time(1), time(2), ItemKey{std::string(parts[3])}};
  }

  static absl::StatusOr<Cursor> Of(const ListQuery& query, TimePoint now) {
    // Calendars keep whole seconds and cut what they are asked to these: a seam of two stretches within a second would
    // hide what begins in it.
    using std::chrono::seconds;
    Cursor cursor{.start = std::chrono::floor<seconds>(query.start.value_or(now - 30 * kDay)),
                  .end = std::chrono::ceil<seconds>(query.end.value_or(now + 180 * kDay))};
    if (!query.page_token.empty()) {
      const auto resumed = FromToken(query);
      if (!resumed) return InvalidField("page_token", "next_page_token of the previous answer, other fields unchanged");
      cursor = *resumed;
    }
    if (cursor.end <= cursor.start) return InvalidField("end_time", "after start_time");
    if (cursor.end - cursor.start > kLongestWindow) return InvalidField("end_time", "at most 2 years after start_time");
    return cursor;
  }
};

absl::StatusOr<std::vector<Meeting>> MeetingBook::ReadTime(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                                           Deadline deadline) {
  auto meetings = source_.List(mailbox, start, end, deadline);
  if (meetings.ok() || !HasReason(meetings.status(), kTooManyItems) || end - start <= kShortestStretch) return meetings;
  const auto middle = start + (end - start) / 2;
  CROSSPOINT_ASSIGN_OR_RETURN(auto all, ReadTime(mailbox, start, middle, deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(auto second, ReadTime(mailbox, middle, end, deadline));
  std::set<ItemKey> seen;
  for (const auto& meeting : all) seen.insert(meeting.key);
  for (auto& meeting : second) {
    if (seen.insert(meeting.key).second) all.push_back(std::move(meeting));
  }
  return all;
}

absl::Status MeetingBook::AddForeign(const MeetingUser& user, TimePoint start, TimePoint end,
                                     std::vector<Meeting>& meetings, Deadline deadline) {
  if (foreign_ == nullptr || HasLiveLink(user.mode)) return absl::OkStatus();
  CROSSPOINT_ASSIGN_OR_RETURN(auto foreign, foreign_->List(user.user, start, end, deadline));
  // What the calendar took from the same file is in the list as the calendar has it.
  std::set<std::string> listed;
  for (const auto& meeting : meetings) listed.insert(PlainUid(meeting.ical_uid));
  for (auto& meeting : foreign) {
    if (!listed.contains(meeting.ical_uid)) meetings.push_back(std::move(meeting));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Meeting>> MeetingBook::ReadStretch(const MeetingUser& user, TimePoint start, TimePoint end,
                                                              const std::set<std::string>& imported,
                                                              Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto meetings, join_.BridgeAlone(user, start, end, deadline));
  if (user.mailbox) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto items, ReadTime(*user.mailbox, start, end, deadline));
    std::erase_if(items, [&](const Meeting& item) { return imported.contains(PlainUid(item.ical_uid)); });
    std::move(items.begin(), items.end(), std::back_inserter(meetings));
  }
  CROSSPOINT_RETURN_IF_ERROR(AddForeign(user, start, end, meetings, deadline));
  return meetings;
}

absl::StatusOr<std::vector<Meeting>> MeetingBook::Collect(const MeetingUser& user, const Cursor& cursor, size_t wanted,
                                                          Deadline deadline) {
  std::set<std::string> imported;
  if (user.mailbox) {
    CROSSPOINT_ASSIGN_OR_RETURN(imported, join_.UidsOfBridgeAlone(user, deadline));
  }
  std::vector<Meeting> meetings;
  auto stretch = kFirstStretch;
  auto from = std::max(cursor.start, cursor.last_start);
  const auto after = std::tie(cursor.last_start, cursor.last_key);
  for (bool first = true; from < cursor.end && meetings.size() < wanted; first = false) {
    const auto to = std::min(cursor.end, from + stretch);
    CROSSPOINT_ASSIGN_OR_RETURN(auto part, ReadStretch(user, from, to, imported, deadline));
    std::erase_if(part, [&](const Meeting& meeting) {
      // What began before this stretch was told with the one before.
      return Order(meeting) <= after || (!first && meeting.start < from) || meeting.start >= to;
    });
    std::sort(part.begin(), part.end(), [](const auto& a, const auto& b) { return Order(a) < Order(b); });
    std::move(part.begin(), part.end(), std::back_inserter(meetings));
    from = to;
    stretch *= 2;
  }
  if (meetings.size() > wanted) meetings.resize(wanted);
  return meetings;
}

absl::StatusOr<std::vector<Meeting>> MeetingBook::Complete(const MeetingUser& user,
                                                           const std::vector<Meeting>& meetings, Deadline deadline) {
  std::vector<ItemRef> items;
  for (const auto& meeting : meetings) {
    if (!meeting.bridge_id && !IsForeign(meeting)) items.push_back(meeting.item);
  }
  std::vector<std::optional<Meeting>> full;
  if (!items.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(full, source_.Get(*user.mailbox, items, deadline));
  }
  std::vector<Meeting> complete;
  auto next = full.begin();
  for (const auto& meeting : meetings) {
    if (meeting.bridge_id || IsForeign(meeting)) {
      complete.push_back(meeting);
      continue;
    }
    auto& item = *next++;
    if (!item) continue;
    CROSSPOINT_ASSIGN_OR_RETURN(auto joined, join_.Joined(user, *std::move(item), deadline));
    if (joined) complete.push_back(*std::move(joined));
  }
  return complete;
}

absl::Status MeetingBook::RememberNames(const UserId& user, const std::vector<Meeting>& meetings, TimePoint now) {
  const auto window = SyncWindow::At(now);
  std::vector<Meeting> unlinked;
  for (const auto& meeting : meetings) {
    const bool known = meeting.bridge_id || IsForeign(meeting) ||
                       window.Keeps({.kind = meeting.recurring ? EntryKind::kOccurrence : EntryKind::kSingle,
                                     .start = meeting.start,
                                     .end = meeting.end});
    if (!known) unlinked.push_back(meeting);
  }
  return unlinked.empty() ? absl::OkStatus() : names_.Remember(user, unlinked);
}

absl::StatusOr<MeetingPage> MeetingBook::List(const ListQuery& query, Viewer viewer, Deadline deadline) {
  const auto now = clock_.Now();
  CROSSPOINT_ASSIGN_OR_RETURN(auto cursor, Cursor::Of(query, now));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, users_.Find(query.user));

  const auto size = static_cast<size_t>(query.page_size);
  CROSSPOINT_ASSIGN_OR_RETURN(auto meetings, Collect(user, cursor, size + 1, deadline));
  MeetingPage page;
  if (meetings.size() > size) {
    meetings.resize(size);
    cursor.last_start = meetings.back().start;
    cursor.last_key = meetings.back().key;
    page.next_page_token = cursor.Token(query);
  }
  CROSSPOINT_ASSIGN_OR_RETURN(page.meetings, Complete(user, meetings, deadline));
  CROSSPOINT_RETURN_IF_ERROR(RememberNames(query.user, page.meetings, now));
  if (viewer != Viewer::kOwner) {
    for (auto& meeting : page.meetings) meeting = ForOthers(meeting);
  }
  return page;
}

absl::StatusOr<std::optional<ItemRef>> MeetingBook::FindItem(const Mailbox& mailbox, const ItemKey& key,
                                                             Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto link, store_.FindLink(mailbox.user, key));
  if (link) return link->item;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto remembered, names_.Find(mailbox.user, key));
  if (remembered) return remembered;
  const auto window = SyncWindow::At(clock_.Now());
  CROSSPOINT_ASSIGN_OR_RETURN(const auto meetings, ReadTime(mailbox, window.start, window.end, deadline));
  for (const auto& meeting : meetings) {
    if (meeting.key == key) return meeting.item;
  }
  return std::optional<ItemRef>();
}

absl::StatusOr<Meeting> MeetingBook::GetRecord(const MeetingName& name, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, bridge_.Get(name.user, *name.bridge_id, deadline));
  if (!record || record->state == BridgeState::kPrepared) return NoSuchMeeting();
  return ToMeeting(*record);
}

absl::StatusOr<Meeting> MeetingBook::GetItem(const MeetingName& name, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, users_.Find(name.user));
  if (foreign_ != nullptr && !HasLiveLink(user.mode)) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto foreign, foreign_->Find(name.user, name.key, deadline));
    if (foreign) return *std::move(foreign);
  }
  if (!user.mailbox || name.key.value.size() != KeyOf("").value.size()) return NoSuchMeeting();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto item, FindItem(*user.mailbox, name.key, deadline));
  if (!item) return NoSuchMeeting();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, source_.Get(*user.mailbox, {{.id = item->id}}, deadline));
  if (found.empty() || !found.front()) return NoSuchMeeting();
  CROSSPOINT_ASSIGN_OR_RETURN(auto joined, join_.Joined(user, *found.front(), deadline));
  if (!joined) return NoSuchMeeting();
  return *std::move(joined);
}

std::optional<Meeting> MeetingBook::ItemOf(const BridgeMeeting& record, Deadline deadline) {
  const auto user = users_.Find(record.owner);
  if (!user.ok() || !user->mailbox || !record.link) return std::nullopt;
  const auto found = source_.Get(*user->mailbox, {record.link->item}, deadline);
  return found.ok() && !found->empty() ? found->front() : std::nullopt;
}

absl::StatusOr<Meeting> MeetingBook::Get(const MeetingName& name, Viewer viewer, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto meeting, name.bridge_id ? GetRecord(name, deadline) : GetItem(name, deadline));
  return viewer == Viewer::kOwner ? meeting : ForOthers(meeting);
}

}  // namespace crosspoint::meeting_sync
