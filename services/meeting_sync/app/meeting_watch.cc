#include "meeting_sync/app/meeting_watch.h"

#include <algorithm>
#include <condition_variable>

#include "common/status/status.h"
#include "meeting_sync/domain/calendar_entry.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr int kPage = 500;
constexpr size_t kPart = 100;  // meetings in one message
constexpr size_t kFeedPage = 256;

void Add(std::string& text, std::string_view part) {
  text += std::to_string(part.size());
  text += ':';
  text += part;
}
void Add(std::string& text, int64_t number) { Add(text, std::to_string(number)); }
void Add(std::string& text, TimePoint time) { Add(text, static_cast<int64_t>(time.time_since_epoch().count())); }

void AddConference(std::string& text, const std::optional<Conference>& conference) {
  Add(text, conference ? "conference" : "");
  if (!conference) return;
  Add(text, conference->url);
  for (const auto& number : conference->dial_in_numbers) Add(text, number);
  Add(text, conference->participant_code);
  Add(text, conference->host_code);
  Add(text, conference->password);
}

}  // namespace

std::string DigestOf(const Meeting& meeting) {
  std::string text;
  for (const auto* part :
       {&meeting.subject, &meeting.time_zone, &meeting.location, &meeting.organizer, &meeting.organizer_name,
        &meeting.chosen_state, &meeting.ical_uid, &meeting.correlation_id, &meeting.item.change_key}) {
    Add(text, *part);
  }
  Add(text, meeting.start);
  Add(text, meeting.end);
  for (const int number :
       {static_cast<int>(meeting.all_day), static_cast<int>(meeting.show_as), static_cast<int>(meeting.cancelled),
        static_cast<int>(meeting.recurring), static_cast<int>(meeting.privacy), meeting.sequence}) {
    Add(text, static_cast<int64_t>(number));
  }
  Add(text, static_cast<int64_t>(meeting.revision));
  for (const auto& attendee : meeting.attendees) {
    Add(text, attendee.email);
    Add(text, attendee.display_name);
    Add(text, static_cast<int64_t>(attendee.role));
    Add(text, static_cast<int64_t>(attendee.response));
  }
  AddConference(text, meeting.conference);
  return KeyOf(text).value;
}

std::string TokenOf(const ListVersion& version) {
  std::string text;
  for (const auto& [name, digest] : version) {
    Add(text, name);
    Add(text, digest);
  }
  return KeyOf(text).value;
}

absl::Status MeetingWatch::Add(const UserId& user, Viewer viewer, const std::string& resume_token,
                               std::shared_ptr<WatchSink> sink) {
  auto watcher = std::make_shared<Watcher>();
  watcher->sink = std::move(sink);
  if (!resume_token.empty()) {
    if (resume_token.size() != TokenOf({}).size() || !IsValidSegment(resume_token)) {
      return InvalidField("resume_token", "resume_token of an earlier answer");
    }
    CROSSPOINT_ASSIGN_OR_RETURN(auto has, parts_.memory.Recall(user, resume_token));
    watcher->gap = !has;
    if (has) watcher->has = *std::move(has);
  }
  bool new_tenant = false;
  {
    const std::lock_guard lock(mu_);
    new_tenant = !watermarks_.contains(user.tenant);
  }
  std::string newest;
  if (new_tenant) {
    CROSSPOINT_ASSIGN_OR_RETURN(newest, parts_.feed.Newest(user.tenant));
  }
  const std::lock_guard lock(mu_);
  if (new_tenant) watermarks_.emplace(user.tenant, newest);
  auto& list = lists_[{user, viewer}];
  list.watchers.push_back(std::move(watcher));
  list.dirty = true;
  return absl::OkStatus();
}

size_t MeetingWatch::watchers() const {
  const std::lock_guard lock(mu_);
  size_t count = 0;
  for (const auto& [id, list] : lists_) count += list.watchers.size();
  return count;
}

void MeetingWatch::MarkDirty(const UserId& user) {
  for (const auto viewer : {Viewer::kOwner, Viewer::kOther}) {
    if (const auto it = lists_.find({user, viewer}); it != lists_.end()) it->second.dirty = true;
  }
}

void MeetingWatch::MarkAllDirty(const TenantId& tenant) {
  for (auto& [id, list] : lists_) {
    if (id.first.tenant == tenant) list.dirty = true;
  }
}

void MeetingWatch::FollowFeed() {
  std::map<TenantId, std::string> watermarks;
  {
    const std::lock_guard lock(mu_);
    watermarks = watermarks_;
  }
  for (auto& [tenant, watermark] : watermarks) {
    for (bool more = true; more;) {
      const auto page = parts_.feed.Read(tenant, watermark, kFeedPage);
      if (!page.ok()) break;  // the store is away: the next look goes on where this one stood
      more = page->entries.size() == kFeedPage;
      const std::lock_guard lock(mu_);
      if (page->gap) MarkAllDirty(tenant);
      for (const auto& entry : page->entries) {
        if (entry.folder == MailboxFolder::kCalendar) MarkDirty(entry.user);
        watermark = entry.watermark;
      }
      watermarks_[tenant] = watermark;
    }
  }
}

void MeetingWatch::FollowRevisions() {
  std::vector<UserId> users;
  {
    const std::lock_guard lock(mu_);
    for (const auto& [id, list] : lists_) {
      if (users.empty() || users.back() != id.first) users.push_back(id.first);
    }
  }
  if (users.empty()) return;
  const auto revisions = parts_.revisions.Of(users);
  if (!revisions.ok()) return;  // the next look sees the difference
  const std::lock_guard lock(mu_);
  for (size_t i = 0; i < users.size(); ++i) {
    for (const auto viewer : {Viewer::kOwner, Viewer::kOther}) {
      const auto it = lists_.find({users[i], viewer});
      if (it == lists_.end() || it->second.revision == (*revisions)[i]) continue;
      it->second.revision = (*revisions)[i];
      it->second.dirty = true;
    }
  }
}

void MeetingWatch::Look() {
  FollowFeed();
  FollowRevisions();
  const auto now = parts_.tasks.Now();
  std::vector<ListId> due;
  {
    const std::lock_guard lock(mu_);
    for (auto it = lists_.begin(); it != lists_.end();) {
      auto& list = it->second;
      list.watchers.remove_if([](const auto& watcher) { return watcher->sink->closed(); });
      if (list.watchers.empty() && !list.reading) {
        it = lists_.erase(it);
        continue;
      }
      const bool wanted = list.dirty || now >= list.reconcile_at;
      if (wanted && !list.reading && now >= list.not_before && !list.watchers.empty()) {
        list.dirty = false;
        list.reading = true;
        due.push_back(it->first);
      }
      ++it;
    }
    std::erase_if(watermarks_, [this](const auto& feed) {
      return std::none_of(lists_.begin(), lists_.end(),
                          [&](const auto& list) { return list.first.first.tenant == feed.first; });
    });
  }
  for (const auto& id : due) parts_.tasks.Post([this, id] { Read(id); });
}

absl::StatusOr<MeetingWatch::Reading> MeetingWatch::ReadList(const ListId& id) {
  const auto deadline = std::chrono::steady_clock::now() + parts_.timing.patience;
  Reading reading;
  ListQuery query{.user = id.first, .page_size = kPage};
  do {
    CROSSPOINT_ASSIGN_OR_RETURN(auto page, parts_.list(query, id.second, deadline));
    for (auto& meeting : page.meetings) {
      const auto name = MeetingName{id.first, meeting.key, meeting.bridge_id}.Name();
      if (reading.version.emplace(name, DigestOf(meeting)).second) reading.meetings.push_back(std::move(meeting));
    }
    query.page_token = page.next_page_token;
  } while (!query.page_token.empty());
  reading.token = TokenOf(reading.version);
  // A token that is not remembered costs its watcher a gap, nothing else.
  static_cast<void>(parts_.memory.Remember(id.first, reading.token, reading.version));
  return reading;
}

bool MeetingWatch::TellDifference(const UserId& user, const Reading& reading, Watcher& watcher) {
  WatchNews news{.gap = watcher.gap};
  for (const auto& [name, digest] : watcher.has) {
    if (!reading.version.contains(name)) news.removed.push_back(name);
  }
  for (const auto& meeting : reading.meetings) {
    const auto name = MeetingName{user, meeting.key, meeting.bridge_id}.Name();
    const auto known = watcher.has.find(name);
    if (known != watcher.has.end() && known->second == reading.version.at(name)) continue;
    if (news.meetings.size() == kPart) {
      if (!watcher.sink->Tell(news)) return false;
      news = {};
    }
    news.meetings.push_back(meeting);
  }
  if (watcher.synced && news.meetings.empty() && news.removed.empty()) return true;
  news.resume_token = reading.token;
  news.synced = !watcher.synced;
  if (!watcher.sink->Tell(news)) return false;
  watcher.has = reading.version;
  watcher.synced = true;
  watcher.gap = false;
  return true;
}

void MeetingWatch::Read(const ListId& id) {
  const auto reading = ReadList(id);
  std::list<std::shared_ptr<Watcher>> watchers;
  {
    const std::lock_guard lock(mu_);
    watchers = lists_.at(id).watchers;
  }
  bool again = false;
  for (const auto& watcher : watchers) {
    if (watcher->sink->closed()) continue;
    if (reading.ok()) {
      again |= !TellDifference(id.first, *reading, *watcher);
    } else if (!watcher->synced) {
      // Who has nothing yet is told why; the others keep what they have until the list can be read again.
      watcher->sink->End(reading.status());
    }
  }
  const auto now = parts_.tasks.Now();
  const auto& timing = parts_.timing;
  const std::lock_guard lock(mu_);
  auto& list = lists_.at(id);
  list.reading = false;
  list.reconcile_at = now + timing.reconcile;
  if (reading.ok()) {
    list.retry = std::chrono::milliseconds{0};
    list.not_before = now + timing.pause;
    list.dirty |= again;
    return;
  }
  list.retry = list.retry.count() == 0 ? timing.first_retry : std::min(list.retry * 2, timing.max_retry);
  list.not_before = now + list.retry;
  list.dirty = true;
  parts_.log.Debug("watched_list_unread", {{"user", id.first.Name()}, {"status", reading.status().ToString()}});
}

void MeetingWatch::Run(std::stop_token stop) {
  std::condition_variable_any wake;
  std::mutex sleep_mu;
  while (!stop.stop_requested()) {
    Look();
    std::unique_lock lock(sleep_mu);
    wake.wait_for(lock, stop, parts_.timing.look, [] { return false; });
  }
}

}  // namespace crosspoint::meeting_sync
