#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "voicemail/app/ports.h"
#include "voicemail/app/reasons.h"

// For tests. One thread each.
namespace crosspoint::voicemail {

// Obeys the same contract suite as the real stores (tests/contract/voicemail).
class FakeStore final : public MailboxStore, public CopyStore {
 public:
  struct Order {
    UserId user;
    VoicemailId id;
    DeliveryType type;
  };
  absl::Status failure;       // of every call, unless OK
  std::vector<Order> outbox;  // what must follow
  absl::Status lease_failure;

  absl::StatusOr<AddedMessage> Add(const UserId& user, const NewMessage& add) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    auto& box = boxes_[user];
    if (!add.request_id.empty()) {
      if (const auto it = box.requests.find(add.request_id); it != box.requests.end()) {
        if (it->second.second != add.fingerprint) return RequestIdReused();
        return AddedMessage{box.messages.at(it->second.first).message, true};
      }
    }
    if (CountLive(box) >= add.max_messages) {
      return Refused(absl::StatusCode::kResourceExhausted, "MAILBOX_FULL", "full");
    }
    Entry entry{.message = add.message};
    entry.message.state = MessageState::kNew;
    entry.message.delete_time.reset();
    entry.message.delivery = box.settings.type;
    Show(box, entry);
    if (box.settings.type == DeliveryType::kSynced) {
      entry.record.owes_place = true;
      entry.record.owed_since = entry.touched;
    }
    if (box.settings.type != DeliveryType::kNone) outbox.push_back({user, add.message.id, box.settings.type});
    if (!add.request_id.empty()) box.requests[add.request_id] = {add.message.id, add.fingerprint};
    box.messages[add.message.id] = entry;
    return AddedMessage{entry.message, false};
  }
  absl::StatusOr<std::optional<Voicemail>> Get(const UserId& user, const VoicemailId& id) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    const auto* entry = Find(user, id);
    return entry == nullptr ? std::nullopt : std::optional(entry->message);
  }
  absl::StatusOr<std::vector<Voicemail>> List(const UserId& user, const MessageQuery& query) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    std::vector<Voicemail> all;
    for (const auto& [id, entry] : boxes_[user].messages) {
      if (query.show_deleted || !entry.message.delete_time) all.push_back(entry.message);
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return Key(a) > Key(b); });
    if (query.after) {
      std::erase_if(all,
                    [&](const auto& m) { return Key(m) >= std::pair(query.after->receive_time, query.after->id); });
    }
    if (all.size() > query.limit) all.resize(query.limit);
    return all;
  }
  absl::StatusOr<MailboxState> StateSince(const UserId& user, uint64_t revision) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    auto& box = boxes_[user];
    MailboxState state{.revision = box.counter, .forgotten = box.forgotten};
    for (const auto& [id, entry] : box.messages) {
      const auto& message = entry.message;
      if (!message.delete_time) {
        ++(message.state == MessageState::kNew ? state.summary.new_messages : state.summary.heard_messages);
      }
      const bool told = revision == 0 ? !message.delete_time : message.revision > revision;
      if (told) state.messages.push_back(message);
    }
    std::sort(state.messages.begin(), state.messages.end(),
              [&](const auto& a, const auto& b) { return revision == 0 ? Key(a) > Key(b) : a.revision < b.revision; });
    return state;
  }
  absl::StatusOr<MailboxSummary> Summary(const UserId& user) override {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto state, StateSince(user, 0));
    return state.summary;
  }
  absl::StatusOr<uint64_t> Revision(const UserId& user) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    return boxes_[user].counter;
  }
  absl::StatusOr<Voicemail> Change(const UserId& user, const VoicemailId& id, MessageChange change,
                                   const std::string& etag, TimePoint now) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    auto* entry = Find(user, id);
    if (entry == nullptr) return NotThere("no such voicemail");
    if (!etag.empty() && etag != entry->message.etag()) {
      return Refused(absl::StatusCode::kAborted, "ETAG_STALE", "stale");
    }
    const bool reading = change == MessageChange::kHeard || change == MessageChange::kNew;
    if (reading && entry->message.delete_time) {
      return Refused(absl::StatusCode::kFailedPrecondition, "MESSAGE_DELETED", "deleted");
    }
    if (Do(boxes_[user], *entry, change, now) && entry->message.delivery == DeliveryType::kSynced) {
      (reading ? entry->record.owes_read : entry->record.owes_place) = true;
      entry->record.owed_since = entry->touched;
      outbox.push_back({user, id, DeliveryType::kSynced});
    }
    return entry->message;
  }
  absl::StatusOr<bool> Forget(const UserId& user, const VoicemailId& id, TimePoint deleted_before) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    auto* entry = Find(user, id);
    if (entry == nullptr) return true;
    if (!entry->message.delete_time || *entry->message.delete_time >= deleted_before) return false;
    auto& box = boxes_[user];
    box.forgotten = std::max(box.forgotten, entry->message.revision);
    box.messages.erase(id);
    return true;
  }
  absl::StatusOr<DeliverySettings> GetSettings(const UserId& user) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    return boxes_[user].settings;
  }
  absl::StatusOr<DeliverySettings> PutSettings(const UserId& user, const DeliverySettings& settings) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    auto& stored = boxes_[user].settings;
    if (settings.revision != 0 && settings.revision != stored.revision) {
      return Refused(absl::StatusCode::kAborted, "ETAG_STALE", "stale");
    }
    const auto revision = stored.revision + 1;
    stored = settings;
    stored.revision = revision;
    return stored;
  }
  absl::StatusOr<std::vector<Greeting>> Greetings(const UserId& user) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    std::vector<Greeting> greetings;
    for (const auto& [state, audio] : boxes_[user].greetings) greetings.push_back({state, audio});
    return greetings;
  }
  absl::Status PutGreeting(const UserId& user, const Greeting& greeting) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    boxes_[user].greetings[greeting.state] = greeting.audio;
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<CopyRecord>> GetCopy(const UserId& user, const VoicemailId& id) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    const auto* entry = Find(user, id);
    return entry == nullptr ? std::nullopt : std::optional(RecordOf(*entry));
  }
  absl::StatusOr<std::vector<CopyRecord>> Copies(const UserId& user) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    std::vector<CopyRecord> records;
    for (const auto& [id, entry] : boxes_[user].messages) {
      if (entry.message.delivery == DeliveryType::kSynced) records.push_back(RecordOf(entry));
    }
    return records;
  }
  absl::StatusOr<bool> HasCopies(const UserId& user) override {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto records, Copies(user));
    return !records.empty();
  }
  absl::Status CopyWritten(const UserId& user, const CopyRecord& seen, const CopyState& copy) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    auto* entry = Find(user, seen.id);
    if (entry == nullptr) return absl::OkStatus();
    entry->record.copy = copy;
    if (entry->record.owed_since == seen.owed_since) entry->record.owes_read = entry->record.owes_place = false;
    entry->touched = ++boxes_[user].counter;
    return absl::OkStatus();
  }
  absl::StatusOr<CopyLease> AcquireLease(const UserId& user) override {
    CROSSPOINT_RETURN_IF_ERROR(lease_failure);
    CROSSPOINT_RETURN_IF_ERROR(failure);
    return CopyLease{boxes_[user].lease = "lease" + std::to_string(++boxes_[user].leases)};
  }
  void ReleaseLease(const UserId& user, const CopyLease& lease) override {
    if (boxes_[user].lease == lease.token) boxes_[user].lease.clear();
  }
  absl::StatusOr<CopySyncPoint> LoadPoint(const UserId& user) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    return boxes_[user].point;
  }
  absl::Status SavePoint(const UserId& user, const CopyLease& lease, const CopySyncPoint& point) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    CROSSPOINT_RETURN_IF_ERROR(CheckLease(user, lease));
    auto& stored = boxes_[user].point;
    const bool released = stored.brake_released && !point.release_used;
    stored = point;
    stored.brake_released = released;
    stored.release_used = false;
    return absl::OkStatus();
  }
  absl::StatusOr<Applied> Apply(const UserId& user, const CopyLease& lease, uint64_t began, const Observation& seen,
                                TimePoint now) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    CROSSPOINT_RETURN_IF_ERROR(CheckLease(user, lease));
    auto* entry = Find(user, seen.id);
    if (entry == nullptr) return Applied::kGone;
    if (entry->touched > began) return Applied::kTouched;
    auto& box = boxes_[user];
    entry->record.copy.item = seen.copy.item;
    if (!entry->record.owes_place) {
      entry->record.copy.place = seen.copy.place;
      Do(box, *entry, seen.copy.deleted() ? MessageChange::kDelete : MessageChange::kUndelete, now);
    }
    if (!entry->record.owes_read && seen.copy.place != CopyPlace::kGone) {
      entry->record.copy.read = seen.copy.read;
      Do(box, *entry, seen.copy.read ? MessageChange::kHeard : MessageChange::kNew, now);
    }
    return Applied::kDone;
  }
  absl::StatusOr<uint64_t> Counter(const UserId& user) override { return Revision(user); }
  absl::StatusOr<int> ResolveBrake(const UserId& user, bool keep) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    auto& box = boxes_[user];
    if (box.point.stopped_deletions == 0) return 0;
    box.point.brake_released = box.point.brake_released || !keep;
    for (auto& [id, entry] : box.messages) {
      if (!keep || entry.message.delete_time || entry.message.delivery != DeliveryType::kSynced) continue;
      entry.record.owes_place = true;
      entry.record.owed_since = entry.touched = ++box.counter;
      outbox.push_back({user, id, DeliveryType::kSynced});
    }
    return box.point.stopped_deletions;
  }

 private:
  struct Entry {
    Voicemail message;
    CopyRecord record;  // copy and what is owed
    uint64_t touched = 0;
  };
  struct Box {
    std::map<VoicemailId, Entry> messages;
    std::map<std::string, std::pair<VoicemailId, std::string>> requests;
    std::map<std::string, Audio> greetings;
    DeliverySettings settings;
    CopySyncPoint point;
    uint64_t counter = 0;
    uint64_t forgotten = 0;
    std::string lease;
    int leases = 0;
  };

  static std::pair<int64_t, std::string> Key(const Voicemail& message) {
    return {message.receive_time.time_since_epoch().count(), message.id.value};
  }
  static int CountLive(const Box& box) {
    return static_cast<int>(std::count_if(box.messages.begin(), box.messages.end(),
                                          [](const auto& m) { return !m.second.message.delete_time; }));
  }
  static CopyRecord RecordOf(const Entry& entry) {
    auto record = entry.record;
    record.id = entry.message.id;
    record.state = entry.message.state;
    record.deleted = entry.message.delete_time.has_value();
    return record;
  }
  static void Show(Box& box, Entry& entry) { entry.message.revision = entry.touched = ++box.counter; }
  static bool Do(Box& box, Entry& entry, MessageChange change, TimePoint now) {
    auto& message = entry.message;
    if (change == MessageChange::kHeard || change == MessageChange::kNew) {
      const auto state = change == MessageChange::kHeard ? MessageState::kHeard : MessageState::kNew;
      if (message.state == state) return false;
      message.state = state;
    } else if (change == MessageChange::kDelete) {
      if (message.delete_time) return false;
      message.delete_time = now;
    } else {
      if (!message.delete_time) return false;
      message.delete_time.reset();
    }
    Show(box, entry);
    return true;
  }
  Entry* Find(const UserId& user, const VoicemailId& id) {
    auto& messages = boxes_[user].messages;
    const auto it = messages.find(id);
    return it == messages.end() ? nullptr : &it->second;
  }
  absl::Status CheckLease(const UserId& user, const CopyLease& lease) {
    if (boxes_[user].lease == lease.token) return absl::OkStatus();
    return Refused(absl::StatusCode::kAborted, "FENCED", "lease lost");
  }

  std::map<UserId, Box> boxes_;
};

// One mail server with a mailbox for everybody.
class FakeMailboxes final : public VoiceMailboxes {
 public:
  struct Mail {
    VoicemailId id;
    CopyPlace place = CopyPlace::kInbox;
    bool read = false;
  };
  absl::Status failure;               // of every call, unless OK
  bool lose_states = false;           // the next reading from a state fails
  std::map<std::string, Mail> mails;  // by item id
  int created = 0;
  std::function<void()> before_find;  // something that happens at the same time

  // As the owner does it. A move gives another id.
  std::string MoveByHand(const VoicemailId& id, CopyPlace place) {
    const auto item = ItemOf(id);
    auto mail = mails.at(item);
    Erase(item);
    mail.place = place;
    return Insert(mail);
  }
  void DeleteForGood(const VoicemailId& id) { Erase(ItemOf(id)); }
  void ReadByHand(const VoicemailId& id, bool read) {
    const auto item = ItemOf(id);
    mails.at(item).read = read;
    log_.push_back({mails.at(item).place, item, 'r', read});
  }
  std::string ItemOf(const VoicemailId& id) const {
    for (const auto& [item, mail] : mails) {
      if (mail.id == id) return item;
    }
    return "";
  }
  const Mail* Of(const VoicemailId& id) const {
    const auto it = mails.find(ItemOf(id));
    return it == mails.end() ? nullptr : &it->second;
  }

  absl::StatusOr<CopyState> Create(const MailboxAddress&, const Voicemail& message) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    ++created;
    const Mail mail{message.id, CopyPlace::kInbox, message.state == MessageState::kHeard};
    return CopyState{Insert(mail), mail.place, mail.read};
  }
  absl::StatusOr<CopyState> Find(const MailboxAddress&, const VoicemailId& id, const std::string&) override {
    if (before_find) std::exchange(before_find, nullptr)();
    CROSSPOINT_RETURN_IF_ERROR(failure);
    const auto item = ItemOf(id);
    if (item.empty()) return CopyState{.item = {}, .place = CopyPlace::kGone, .read = false};
    return CopyState{item, mails.at(item).place, mails.at(item).read};
  }
  absl::Status SetRead(const MailboxAddress&, const CopyState& copy, bool read) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    mails.at(copy.item).read = read;
    log_.push_back({copy.place, copy.item, 'r', read});
    return absl::OkStatus();
  }
  absl::StatusOr<CopyState> Move(const MailboxAddress&, const CopyState& copy, CopyPlace place) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    return CopyState{MoveByHand(mails.at(copy.item).id, place), place, copy.read};
  }
  absl::StatusOr<FolderChanges> Changes(const MailboxAddress&, CopyPlace folder, const std::string& state) override {
    CROSSPOINT_RETURN_IF_ERROR(failure);
    if (!state.empty() && lose_states) {
      lose_states = false;
      return Refused(absl::StatusCode::kFailedPrecondition, kSyncStateLost, "lost");
    }
    FolderChanges changes{.state = std::to_string(log_.size())};
    if (state.empty()) {
      for (const auto& [item, mail] : mails) {
        if (mail.place == folder) changes.here[mail.id] = {item, folder, mail.read};
      }
      return changes;
    }
    for (size_t at = std::stoul(state); at < log_.size(); ++at) {
      const auto& entry = log_[at];
      if (entry.folder != folder) continue;
      const auto mail = mails.find(entry.item);
      if (entry.kind == '-') {
        changes.left.push_back(entry.item);
      } else if (mail != mails.end() && entry.kind == '+') {
        changes.here[mail->second.id] = {entry.item, folder, mail->second.read};
      } else if (mail != mails.end()) {
        changes.read[entry.item] = entry.read;
      }
    }
    return changes;
  }

 private:
  struct Entry {
    CopyPlace folder;
    std::string item;
    char kind;  // '+', '-' or 'r'
    bool read = false;
  };
  std::string Insert(const Mail& mail) {
    const auto item = "item" + std::to_string(++next_);
    mails[item] = mail;
    log_.push_back({mail.place, item, '+'});
    return item;
  }
  void Erase(const std::string& item) {
    log_.push_back({mails.at(item).place, item, '-'});
    mails.erase(item);
  }

  int next_ = 0;
  std::vector<Entry> log_;
};

class FakeChanges final : public ChangeListener {
 public:
  std::vector<UserId> changed;
  void Changed(const UserId& user) override { changed.push_back(user); }
};

}  // namespace crosspoint::voicemail
