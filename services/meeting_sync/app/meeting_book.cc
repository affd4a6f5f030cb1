#include "meeting_sync/app/meeting_book.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"

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
    Cursor cursor{.start = query.start.value_or(now - 30 * kDay), .end = query.end.value_or(now + 180 * kDay)};
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

absl::StatusOr<std::vector<Meeting>> MeetingBook::Collect(const Mailbox& mailbox, const Cursor& cursor, size_t wanted,
                                                          Deadline deadline) {
  std::vector<Meeting> meetings;
  auto stretch = kFirstStretch;
  auto from = std::max(cursor.start, cursor.last_start);
  const auto after = std::tie(cursor.last_start, cursor.last_key);
  for (bool first = true; from < cursor.end && meetings.size() < wanted; first = false) {
    const auto to = std::min(cursor.end, from + stretch);
    CROSSPOINT_ASSIGN_OR_RETURN(auto part, ReadTime(mailbox, from, to, deadline));
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

absl::StatusOr<std::vector<Meeting>> MeetingBook::Complete(const Mailbox& mailbox, const std::vector<Meeting>& meetings,
                                                           Deadline deadline) {
  std::vector<ItemRef> items;
  for (const auto& meeting : meetings) items.push_back(meeting.item);
  CROSSPOINT_ASSIGN_OR_RETURN(auto full, source_.Get(mailbox, items, deadline));
  std::vector<Meeting> complete;
  for (auto& meeting : full) {
    if (meeting) complete.push_back(*std::move(meeting));
  }
  return complete;
}

absl::StatusOr<MeetingPage> MeetingBook::List(const ListQuery& query, Viewer viewer, Deadline deadline) {
  const auto now = clock_.Now();
  CROSSPOINT_ASSIGN_OR_RETURN(auto cursor, Cursor::Of(query, now));
  const auto mailbox = users_.MailboxOf(query.user);
  if (HasReason(mailbox.status(), "NO_MAILBOX")) return MeetingPage{};
  if (!mailbox.ok()) return mailbox.status();

  const auto size = static_cast<size_t>(query.page_size);
  CROSSPOINT_ASSIGN_OR_RETURN(auto meetings, Collect(*mailbox, cursor, size + 1, deadline));
  MeetingPage page;
  if (meetings.size() > size) {
    meetings.resize(size);
    cursor.last_start = meetings.back().start;
    cursor.last_key = meetings.back().key;
    page.next_page_token = cursor.Token(query);
  }
  CROSSPOINT_ASSIGN_OR_RETURN(page.meetings, Complete(*mailbox, meetings, deadline));

  const auto window = SyncWindow::At(now);
  std::vector<Meeting> unlinked;
  for (const auto& meeting : page.meetings) {
    const bool linked = window.Keeps({.kind = meeting.recurring ? EntryKind::kOccurrence : EntryKind::kSingle,
                                      .start = meeting.start,
                                      .end = meeting.end});
    if (!linked) unlinked.push_back(meeting);
  }
  if (!unlinked.empty()) CROSSPOINT_RETURN_IF_ERROR(names_.Remember(query.user, unlinked));
  if (viewer != Viewer::kOwner) {
    for (auto& meeting : page.meetings) meeting = HidePrivate(meeting);
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

absl::StatusOr<Meeting> MeetingBook::Get(const UserId& user, const ItemKey& key, Viewer viewer, Deadline deadline) {
  const auto mailbox = users_.MailboxOf(user);
  if (HasReason(mailbox.status(), "NO_MAILBOX")) return NoSuchMeeting();
  if (!mailbox.ok()) return mailbox.status();
  if (key.value.size() != KeyOf("").value.size()) return NoSuchMeeting();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto item, FindItem(*mailbox, key, deadline));
  if (!item) return NoSuchMeeting();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, source_.Get(*mailbox, {{.id = item->id}}, deadline));
  if (found.empty() || !found.front()) return NoSuchMeeting();
  return viewer == Viewer::kOwner ? *found.front() : HidePrivate(*found.front());
}

}  // namespace crosspoint::meeting_sync
