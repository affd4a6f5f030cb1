#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// For tests: one mailbox with whole meetings, read and written as Exchange would be, change keys included.
class LinkedMailbox final : public CalendarSource, public MeetingSource, public MailboxWriter {
 public:
  explicit LinkedMailbox(const Clock& clock) : clock_(clock) {}

  // What Outlook does.
  Meeting& Put(Meeting meeting) {
    meeting.key = KeyOf(meeting.item.id);
    meeting.item.change_key = NewKey();
    meeting.last_modified = clock_.Now();
    return items_[meeting.item.id] = std::move(meeting);
  }
  void Change(const std::string& id, const std::function<void(Meeting&)>& change) {
    auto meeting = items_.at(id);
    change(meeting);
    Put(std::move(meeting));
  }
  void Delete(const std::string& id) { items_.erase(id); }
  std::optional<Meeting> At(const std::string& id) const {
    const auto it = items_.find(id);
    return it == items_.end() ? std::nullopt : std::optional(it->second);
  }

  // What a look at the mailbox tells of one item.
  CalendarChange Told(const std::string& id) const {
    const auto item = At(id);
    if (!item) return {.removed = true, .entry = {.item = {.id = id}}};
    return {.removed = false,
            .entry = {.item = item->item,
                      .kind = item->recurring ? EntryKind::kSeries : EntryKind::kSingle,
                      .start = item->start,
                      .end = item->end,
                      .cancelled = item->cancelled,
                      .chosen_state = item->chosen_state,
                      .correlation_id = item->correlation_id,
                      .ical_uid = item->ical_uid}};
  }
  std::vector<CalendarChange> ToldAll() const {
    std::vector<CalendarChange> changes;
    for (const auto& [id, item] : items_) changes.push_back(Told(id));
    return changes;
  }

  absl::StatusOr<ChangePage> Changes(const Mailbox&, const std::string&) override {
    return ChangePage{.sync_state = "1", .changes = ToldAll()};
  }
  absl::StatusOr<std::vector<CalendarEntry>> View(const Mailbox&, TimePoint, TimePoint) override {
    return std::vector<CalendarEntry>();
  }
  absl::StatusOr<std::vector<std::optional<CalendarEntry>>> Confirm(const Mailbox&,
                                                                    const std::vector<std::string>& ids) override {
    std::vector<std::optional<CalendarEntry>> found;
    for (const auto& id : ids) found.push_back(At(id) ? std::optional(Told(id).entry) : std::nullopt);
    return found;
  }

  absl::StatusOr<std::vector<Meeting>> List(const Mailbox&, TimePoint start, TimePoint end, Deadline) override {
    std::vector<Meeting> found;
    for (const auto& [id, item] : items_) {
      if (item.end > start && item.start < end) found.push_back(item);
    }
    return found;
  }
  absl::StatusOr<std::vector<std::optional<Meeting>>> Get(const Mailbox&, const std::vector<ItemRef>& items,
                                                          Deadline) override {
    if (!failure.ok()) return failure;
    std::vector<std::optional<Meeting>> found;
    for (const auto& item : items) found.push_back(At(item.id));
    return found;
  }

  absl::StatusOr<ItemRef> Write(const Mailbox&, const Meeting& seen, const MeetingFields& wanted,
                                const std::vector<Field>& fields, const std::string& correlation_id,
                                Deadline) override {
    if (before_write) std::exchange(before_write, nullptr)();
    if (!write_failure.ok()) return write_failure;
    auto item = At(seen.item.id);
    if (!item) return absl::NotFoundError("gone");
    if (item->item.change_key != seen.item.change_key) return absl::AbortedError("changed");
    auto now = FieldsOf(*item);
    for (const auto field : fields) CopyField(wanted, field, now);
    item->subject = now.subject;
    item->start = now.start;
    item->end = now.end;
    item->all_day = now.all_day;
    item->location = now.location;
    item->attendees = now.attendees;
    for (auto& attendee : item->attendees) {
      if (attendee.role == AttendeeRole::kPresenter) attendee.role = AttendeeRole::kRequired;
    }
    item->show_as = now.show_as;
    item->chosen_state = now.chosen_state;
    item->privacy = now.privacy;
    if (!correlation_id.empty()) item->correlation_id = correlation_id;
    ++writes;
    const auto ref = Put(*std::move(item)).item;
    if (after_write) std::exchange(after_write, nullptr)();
    return ref;
  }
  absl::Status Remove(const Mailbox&, const Meeting& seen, Deadline) override {
    if (!write_failure.ok()) return write_failure;
    Delete(seen.item.id);
    ++removals;
    return absl::OkStatus();
  }

  absl::Status failure;        // of Get
  absl::Status write_failure;  // of Write and Remove
  std::function<void()> before_write;
  std::function<void()> after_write;
  int writes = 0;
  int removals = 0;

 private:
  std::string NewKey() { return "ck" + std::to_string(++keys_); }

  const Clock& clock_;
  std::map<std::string, Meeting> items_;
  int keys_ = 0;
};

}  // namespace crosspoint::meeting_sync
