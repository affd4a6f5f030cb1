#include "meeting_sync/adapters/ews_mailboxes.h"

#include <algorithm>
#include <functional>
#include <set>

#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/item_gone.h"
#include "meeting_sync/adapters/ews_convert.h"
#include "meeting_sync/adapters/traced_tasks.h"
#include "meeting_sync/app/mailbox_moved.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using FolderKeys = EwsMailboxes::FolderKeys;

constexpr int kChangesPerPage = 512;
constexpr size_t kItemsPerGet = 50;
constexpr hours kShortestView{1};

// Ids of folders are long; should two share a key, a folder is read once too often.
uint64_t KeyOfFolder(const std::string& id) { return std::hash<std::string>()(id); }

// The server would have to tell more at once than it is willing to.
bool IsTooMuch(const absl::Status& status) {
  return ews::ReactionOf(status) == ews::Reaction::kSplit || HasReason(status, "EWS_EXCEEDED_FIND_COUNT_LIMIT");
}

// Hears of one mailbox and tells which folder it was.
class FolderListener final : public ews::FeedListener {
 public:
  FolderListener(ChangeCallbacks callbacks, const FolderKeys& folders, EwsServers& servers, Mailbox mailbox)
      : callbacks_(std::move(callbacks)), folders_(folders), servers_(servers), mailbox_(std::move(mailbox)) {}

  void OnEvent(const ews::StreamEvent& event) override {
    const auto& folder = event.item_id.empty() ? event.folder_id : event.parent_folder_id;
    if (folder.empty()) return callbacks_.on_gap();  // somewhere
    Tell(folder);
    // An event of a folder may stand for items in it, or in one below.
    if (event.item_id.empty() && !event.parent_folder_id.empty()) Tell(event.parent_folder_id);
    if (!event.old_parent_folder_id.empty()) Tell(event.old_parent_folder_id);
  }
  void OnGap() override { callbacks_.on_gap(); }
  void OnTrouble(const absl::Status& status) override {
    callbacks_.on_trouble(status);
    servers_.CheckPlace(mailbox_);
  }

 private:
  void Tell(const std::string& folder_id) const {
    const auto key = KeyOfFolder(folder_id);
    bool other = true;
    for (const auto& [folder, known] : folders_) {
      if (known != key) continue;
      callbacks_.on_change(folder);
      other = false;
    }
    if (other) callbacks_.on_change(MailboxFolder::kOther);
  }

  const ChangeCallbacks callbacks_;
  const FolderKeys folders_;
  EwsServers& servers_;
  const Mailbox mailbox_;
};

// A mailbox's place in the feed, watched for moves.
class SeatStream final : public ChangeStream {
 public:
  SeatStream(EwsServers& servers, Mailbox mailbox, ews::MailboxPlace place, const ChangeCallbacks& callbacks)
      : servers_(servers), mailbox_(std::move(mailbox)) {
    servers_.Watch(this, mailbox_, std::move(place), [told = callbacks.on_trouble] {
      told(Refused(absl::StatusCode::kFailedPrecondition, kMailboxMoved, "the mailbox is on another server now"));
    });
  }
  ~SeatStream() override { servers_.EndWatch(this, mailbox_); }
  void Sit(std::unique_ptr<ews::FeedSeat> seat) { seat_ = std::move(seat); }

 private:
  EwsServers& servers_;
  const Mailbox mailbox_;
  std::unique_ptr<ews::FeedSeat> seat_;
};

}  // namespace

absl::StatusOr<ChangePage> EwsMailboxes::Changes(const Mailbox& mailbox, const std::string& sync_state) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, servers_.ClientOf(mailbox));
  auto result = client->SyncFolderItems(ews::FolderRef::Calendar(), sync_state, kChangesPerPage, OurProperties(),
                                        CallFor(mailbox));
  if (ews::ReactionOf(result.status()) == ews::Reaction::kResync) {
    return Refused(absl::StatusCode::kFailedPrecondition, kSyncStateLost, MessageOf(result.status()));
  }
  if (!result.ok()) return result.status();
  ChangePage page{.sync_state = std::move(result->sync_state), .changes = {}, .last = result->includes_last};
  for (const auto& change : result->changes) {
    if (const auto trace = written_.TraceOf(change.id.id, std::chrono::steady_clock::now())) {
      TracedTasks::GoOnIn(*trace);
    }
    if (change.kind == ews::SyncChange::Kind::kDelete) {
      page.changes.push_back({.removed = true, .entry = {.item = {change.id.id, change.id.change_key}}});
    } else if (change.item && change.kind != ews::SyncChange::Kind::kReadFlag) {
      page.changes.push_back({.removed = false, .entry = EntryFrom(*change.item)});
    }
  }
  return page;
}

absl::StatusOr<ews::CalendarPage> EwsMailboxes::ReadView(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                                         std::optional<Deadline> deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, servers_.ClientOf(mailbox, deadline));
  auto page = client->FindCalendarItems({.start = start, .end = end, .properties = OurProperties()},
                                        CallFor(mailbox, deadline));
  if (page.ok() ? !page->includes_last : IsTooMuch(page.status())) {
    return Refused(absl::StatusCode::kFailedPrecondition, kTooManyItems, "more items than the server tells at once");
  }
  return page;
}

absl::StatusOr<std::vector<CalendarEntry>> EwsMailboxes::View(const Mailbox& mailbox, TimePoint start, TimePoint end) {
  auto page = ReadView(mailbox, start, end, std::nullopt);
  std::vector<CalendarEntry> entries;
  if (HasReason(page.status(), kTooManyItems) && end - start > kShortestView) {
    const auto middle = start + (end - start) / 2;
    CROSSPOINT_ASSIGN_OR_RETURN(entries, View(mailbox, start, middle));
    CROSSPOINT_ASSIGN_OR_RETURN(auto second, View(mailbox, middle, end));
    std::set<std::string> seen;
    for (const auto& entry : entries) seen.insert(entry.item.id);
    for (auto& entry : second) {
      if (seen.insert(entry.item.id).second) entries.push_back(std::move(entry));
    }
    return entries;
  }
  if (!page.ok()) return page.status();
  for (const auto& item : page->items) entries.push_back(EntryFrom(item));
  return entries;
}

absl::StatusOr<std::vector<std::optional<CalendarEntry>>> EwsMailboxes::Confirm(const Mailbox& mailbox,
                                                                                const std::vector<std::string>& ids) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, servers_.ClientOf(mailbox));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto calendar, client->GetFolder(ews::FolderRef::Calendar(), CallFor(mailbox)));
  std::vector<std::optional<CalendarEntry>> found;
  for (size_t at = 0; at < ids.size(); at += kItemsPerGet) {
    std::vector<ews::ItemId> batch;
    for (size_t i = at; i < std::min(ids.size(), at + kItemsPerGet); ++i) batch.push_back({ids[i], ""});
    CROSSPOINT_ASSIGN_OR_RETURN(
        const auto items, client->GetCalendarItems(batch, OurProperties(), ews::Detail::kFacts, CallFor(mailbox)));
    for (const auto& item : items) {
      if (!item.ok() && !ews::IsItemGone(item.status())) return item.status();
      // In another folder, as Deleted Items, it is no part of the calendar any more.
      const bool here = item.ok() && (item->parent_folder.id.empty() || item->parent_folder.id == calendar.id.id);
      found.push_back(here ? std::optional(EntryFrom(*item)) : std::nullopt);
    }
  }
  return found;
}

absl::StatusOr<std::vector<Meeting>> EwsMailboxes::List(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                                        Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page, ReadView(mailbox, start, end, deadline));
  std::vector<Meeting> meetings;
  for (const auto& item : page.items) meetings.push_back(MeetingFrom(item));
  return meetings;
}

absl::StatusOr<std::vector<std::optional<Meeting>>> EwsMailboxes::Get(const Mailbox& mailbox,
                                                                      const std::vector<ItemRef>& items,
                                                                      Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, servers_.ClientOf(mailbox, deadline));
  std::vector<std::optional<Meeting>> meetings;
  for (size_t at = 0; at < items.size(); at += kItemsPerGet) {
    std::vector<ews::ItemId> batch;
    for (size_t i = at; i < std::min(items.size(), at + kItemsPerGet); ++i) batch.push_back({items[i].id, ""});
    CROSSPOINT_ASSIGN_OR_RETURN(const auto found, client->GetCalendarItems(batch, OurProperties(), ews::Detail::kFacts,
                                                                           CallFor(mailbox, deadline)));
    for (size_t i = 0; i < found.size(); ++i) {
      if (!found[i].ok() && !ews::IsItemGone(found[i].status())) return found[i].status();
      meetings.push_back(found[i].ok() ? std::optional(MeetingFrom(*found[i])) : std::nullopt);
      // The name was made from the id we asked with; a server may answer with another spelling of it.
      if (meetings.back()) meetings.back()->key = KeyOf(items[at + i].id);
    }
  }
  return meetings;
}

absl::StatusOr<EwsMailboxes::FolderKeys> EwsMailboxes::FoldersOf(const Mailbox& mailbox, ews::EwsClient& client) {
  static const std::vector<std::pair<std::string, MailboxFolder>> kNamed = {
      {"calendar", MailboxFolder::kCalendar}, {"inbox", MailboxFolder::kInbox}, {"contacts", MailboxFolder::kContacts}};
  std::vector<ews::FolderRef> refs;
  for (const auto& [name, folder] : kNamed) refs.push_back(ews::FolderRef::Named(name));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, client.GetFolders(refs, CallFor(mailbox)));
  FolderKeys folders;
  for (size_t i = 0; i < found.size() && i < kNamed.size(); ++i) {
    // A mailbox may lack contacts; without a calendar there is nothing to read.
    if (!found[i].ok() && kNamed[i].second == MailboxFolder::kCalendar) return found[i].status();
    if (found[i].ok()) folders.emplace_back(kNamed[i].second, KeyOfFolder(found[i]->id.id));
  }
  folders.shrink_to_fit();
  return folders;
}

absl::StatusOr<std::unique_ptr<ChangeStream>> EwsMailboxes::Open(const Mailbox& mailbox, ChangeCallbacks callbacks) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto at, servers_.SeatOf(mailbox));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto folders, FoldersOf(mailbox, *at.client));
  const ews::FeedMailbox member{
      .address = mailbox.address, .server = &servers_.FeedOf(mailbox.user.tenant, at), .grouping = at.place.grouping};
  auto stream = std::make_unique<SeatStream>(servers_, mailbox, std::move(at.place), callbacks);
  stream->Sit(hub_.Add(member, std::make_unique<FolderListener>(std::move(callbacks), folders, servers_, mailbox)));
  return stream;
}

absl::Status EwsMailboxes::Probe(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, servers_.HomeOf(tenant));
  const auto folder = client->GetFolder(ews::FolderRef::Named("inbox"), {.deadline = deadline});
  if (!folder.ok() && ews::ResponseCodeOf(folder.status()).empty()) return folder.status();
  return absl::OkStatus();
}

}  // namespace crosspoint::meeting_sync
