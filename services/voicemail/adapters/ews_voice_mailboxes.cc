#include "voicemail/adapters/ews_voice_mailboxes.h"

#include <algorithm>

#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/item_gone.h"
#include "connectors/ews/properties.h"
#include "voicemail/app/reasons.h"
#include "voicemail/domain/mail_words.h"

namespace crosspoint::voicemail {
namespace {

constexpr int kChangesPerPage = 512;
constexpr int kFoldersPerPage = 500;

const std::vector<ews::PropertyPath>& OurProperties() {
  static const std::vector<ews::PropertyPath> paths = {ews::CrosspointIdPath()};
  return paths;
}

ews::EwsCall CallFor(const MailboxAddress& mailbox) {
  return {.mailbox = mailbox.email,
          .deadline = std::nullopt,
          .traceparent = tracing::FormatTraceparent(tracing::Current()),
          .affinity = std::nullopt,
          .time_zone = {},
          .urgency = ews::Urgency::kBackground,
          .public_folder = std::nullopt};
}

ews::FolderRef Inbox() { return ews::FolderRef::Named("inbox"); }
ews::FolderRef DeletedItems() { return ews::FolderRef::Named("deleteditems"); }

ews::MessageDraft DraftOf(const MailboxAddress& mailbox, const Voicemail& message) {
  auto words = SyncedWords(message);
  const auto seconds =
      std::to_string(std::max<int64_t>(1, std::chrono::round<std::chrono::seconds>(message.audio.length).count()));
  ews::MessageDraft draft;
  draft.item_class = std::string(ews::kVoiceMessageClass);
  draft.subject = std::move(words.subject);
  draft.body = ews::Body{ews::BodyType::kText, std::move(words.text)};
  draft.to = {{.name = {}, .email = mailbox.email, .routing_type = {}, .mailbox_type = {}}};
  draft.is_read = message.state == MessageState::kHeard;
  draft.received = message.receive_time;
  draft.extended_properties = {{ews::CrosspointIdPath(), message.id.value},
                               {ews::VoiceDurationPath(), seconds},
                               {ews::VoiceDurationHeader(), seconds}};
  const auto add = [&draft](ews::PropertyPath path, const std::string& value) {
    if (!value.empty()) draft.extended_properties.push_back({std::move(path), value});
  };
  add(ews::CallerNumberPath(), message.caller.number);
  add(ews::CallerNumberHeader(), message.caller.number);
  add(ews::CallerNamePath(), message.caller.name);
  add(ews::CallerNameHeader(), message.caller.name);
  return draft;
}

}  // namespace

absl::StatusOr<ews::EwsClient*> EwsVoiceMailboxes::Client(const MailboxAddress& mailbox) const {
  const auto& tenant = mailbox.user.tenant.value;
  if (clients_.Find(tenant) == nullptr) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_CONNECTOR", "the tenant has no Exchange connector");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto seat, clients_.Find(tenant, mailbox.email));
  return seat.client;
}

absl::StatusOr<EwsVoiceMailboxes::Folders> EwsVoiceMailboxes::FoldersOf(const MailboxAddress& mailbox) {
  const auto key = mailbox.user.tenant.value + "/" + mailbox.email;
  {
    const std::lock_guard lock(mu_);
    if (const auto it = folders_.find(key); it != folders_.end()) return it->second;
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, Client(mailbox));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, client->GetFolders({Inbox(), DeletedItems()}, CallFor(mailbox)));
  CROSSPOINT_RETURN_IF_ERROR(found[0].status());
  CROSSPOINT_RETURN_IF_ERROR(found[1].status());
  Folders folders{found[0]->id.id, found[1]->id.id};
  const std::lock_guard lock(mu_);
  return folders_[key] = std::move(folders);
}

CopyState EwsVoiceMailboxes::StateOf(const ews::Message& message, const Folders& folders) const {
  CopyState copy{.item = message.id.id, .place = CopyPlace::kElsewhere, .read = message.is_read};
  if (message.parent_folder.id == folders.inbox) copy.place = CopyPlace::kInbox;
  if (message.parent_folder.id == folders.deleted) copy.place = CopyPlace::kDeletedItems;
  return copy;
}

absl::StatusOr<CopyState> EwsVoiceMailboxes::Create(const MailboxAddress& mailbox, const Voicemail& message) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, Client(mailbox));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto id,
      client->CreateMessage(DraftOf(mailbox, message), ews::Disposition::kSaveOnly, Inbox(), CallFor(mailbox)));
  return CopyState{.item = id.id, .place = CopyPlace::kInbox, .read = message.state == MessageState::kHeard};
}

absl::StatusOr<std::optional<ews::Message>> EwsVoiceMailboxes::Read(const MailboxAddress& mailbox,
                                                                    const std::string& item) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, Client(mailbox));
  auto batch = client->GetMessages({{item, ""}}, OurProperties(), ews::Detail::kFacts, CallFor(mailbox));
  const auto status = batch.ok() ? batch->front().status() : batch.status();
  if (ews::IsItemGone(status)) return std::optional<ews::Message>();
  CROSSPOINT_RETURN_IF_ERROR(status);
  return std::optional(*std::move(batch->front()));
}

absl::StatusOr<std::optional<ews::Message>> EwsVoiceMailboxes::Search(const MailboxAddress& mailbox,
                                                                      const VoicemailId& id,
                                                                      const ews::FolderRef& folder) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, Client(mailbox));
  ews::FindItemsQuery query;
  query.folder = folder;
  query.restriction = ews::IsEqualTo(ews::CrosspointIdPath(), id.value);
  query.page.max_entries = 1;
  query.properties = OurProperties();
  auto page = client->FindMessages(query, CallFor(mailbox));
  // A folder that went while we looked has nothing in it.
  if (absl::IsNotFound(page.status())) return std::optional<ews::Message>();
  CROSSPOINT_RETURN_IF_ERROR(page.status());
  if (page->items.empty()) return std::optional<ews::Message>();
  // FindItem does not always tell the folder, and its answer may be a moment old.
  return Read(mailbox, page->items.front().id.id);
}

absl::StatusOr<std::vector<std::string>> EwsVoiceMailboxes::OtherFolders(const MailboxAddress& mailbox,
                                                                         const Folders& known) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, Client(mailbox));
  std::vector<std::string> others;
  ews::FindFoldersQuery query;
  query.deep = true;
  query.page.max_entries = kFoldersPerPage;
  while (true) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto page, client->FindFolders(query, CallFor(mailbox)));
    for (const auto& folder : page.folders) {
      const bool has_mail = folder.folder_class.empty() || folder.folder_class.starts_with("IPF.Note");
      if (has_mail && folder.id.id != known.inbox && folder.id.id != known.deleted) others.push_back(folder.id.id);
    }
    if (page.end.includes_last) return others;
    query.page.offset = page.end.next_offset;
  }
}

absl::StatusOr<CopyState> EwsVoiceMailboxes::Find(const MailboxAddress& mailbox, const VoicemailId& id,
                                                  const std::string& known) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto folders, FoldersOf(mailbox));
  if (!known.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto message, Read(mailbox, known));
    if (message && message->Get(ews::CrosspointIdPath()) == id.value) return StateOf(*message, folders);
  }
  for (const auto& folder : {Inbox(), DeletedItems()}) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto message, Search(mailbox, id, folder));
    if (message) return StateOf(*message, folders);
  }
  // Never written before, so nobody can have moved it further.
  if (known.empty()) return CopyState{.item = {}, .place = CopyPlace::kGone, .read = false};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto others, OtherFolders(mailbox, folders));
  for (const auto& other : others) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto message, Search(mailbox, id, ews::FolderRef::ById(other)));
    if (message) return StateOf(*message, folders);
  }
  return CopyState{.item = {}, .place = CopyPlace::kGone, .read = false};
}

absl::Status EwsVoiceMailboxes::SetRead(const MailboxAddress& mailbox, const CopyState& copy, bool read) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, Client(mailbox));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, Read(mailbox, copy.item));
  // Moved or deleted at this moment: the repeat finds it.
  if (!message) return absl::AbortedError("the mail went while it was being marked");
  if (message->is_read == read) return absl::OkStatus();
  ews::MessageUpdate update;
  update.is_read = read;
  return client->UpdateMessage(message->id, update, CallFor(mailbox)).status();
}

absl::StatusOr<CopyState> EwsVoiceMailboxes::Move(const MailboxAddress& mailbox, const CopyState& copy,
                                                  CopyPlace place) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, Client(mailbox));
  const auto folder = place == CopyPlace::kDeletedItems ? DeletedItems() : Inbox();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto moved, client->MoveItems({{copy.item, ""}}, folder, CallFor(mailbox)));
  if (ews::IsItemGone(moved.front().status())) return absl::AbortedError("the mail went while it was being moved");
  CROSSPOINT_RETURN_IF_ERROR(moved.front().status());
  return CopyState{.item = moved.front()->id, .place = place, .read = copy.read};
}

absl::StatusOr<FolderChanges> EwsVoiceMailboxes::Changes(const MailboxAddress& mailbox, CopyPlace folder,
                                                         const std::string& state) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, Client(mailbox));
  const auto where = folder == CopyPlace::kDeletedItems ? DeletedItems() : Inbox();
  FolderChanges changes{.state = state, .here = {}, .read = {}, .left = {}};
  while (true) {
    auto page = client->SyncMessages(where, changes.state, kChangesPerPage, OurProperties(), CallFor(mailbox));
    if (ews::ReactionOf(page.status()) == ews::Reaction::kResync) {
      return Refused(absl::StatusCode::kFailedPrecondition, kSyncStateLost, MessageOf(page.status()));
    }
    CROSSPOINT_RETURN_IF_ERROR(page.status());
    for (const auto& change : page->changes) {
      using Kind = ews::ItemChange<ews::Message>::Kind;
      if (change.kind == Kind::kDelete) {
        changes.left.push_back(change.id.id);
        std::erase_if(changes.here, [&](const auto& here) { return here.second.item == change.id.id; });
      } else if (change.kind == Kind::kReadFlag) {
        changes.read[change.id.id] = change.is_read;
        for (auto& [id, copy] : changes.here) {
          if (copy.item == change.id.id) copy.read = change.is_read;
        }
      } else if (change.item) {
        const auto id = change.item->Get(ews::CrosspointIdPath());
        if (IsValidSegment(id)) changes.here[{id}] = {change.item->id.id, folder, change.item->is_read};
      }
    }
    changes.state = page->sync_state;
    if (page->includes_last) return changes;
  }
}

}  // namespace crosspoint::voicemail
