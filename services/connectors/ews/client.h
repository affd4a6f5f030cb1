#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "connectors/ews/availability_types.h"
#include "connectors/ews/config.h"
#include "connectors/ews/contact_types.h"
#include "connectors/ews/folder_types.h"
#include "connectors/ews/mail_types.h"
#include "connectors/ews/people_types.h"
#include "connectors/ews/search_types.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

class Transport;

struct ResolveNamesQuery {
  std::string text;  // part of a name or address; not blank
  SearchScope scope = SearchScope::kActiveDirectory;
  std::vector<FolderRef> folders;  // contact folders to look into, public ones included; only with a Contacts scope
};

struct CalendarViewQuery {
  FolderRef folder = FolderRef::Calendar();
  TimePoint start;
  TimePoint end;        // at most two years after start
  int max_entries = 0;  // 0: the server's own limit
  std::vector<PropertyPath> properties;
};

// How much GetItem brings.
enum class Detail { kFacts, kFactsAndBody };

// Which events a subscription asks for are always the same: all that concern items.
struct SubscribeRequest {
  std::vector<FolderRef> folders;  // empty: all folders of the mailbox
};

// Called on an I/O thread of the client: must not block, and must not call the client.
struct EwsStreamCallbacks {
  std::function<void(const StreamEvent&)> on_event;
  std::function<void()> on_alive;                                // every sign of life, before the events it carries
  std::function<void(const std::vector<std::string>&)> on_lost;  // subscriptions the server does not know any more
  // Last call. OK: the server closed as agreed, open again with the same subscriptions.
  std::function<void(const absl::Status&)> on_end;
};

// A running stream; destroying it ends it without a further callback once the destructor has returned.
class EwsStream {
 public:
  virtual ~EwsStream() = default;
};

// Told after every exchange: operation, "ok" or the ErrorInfo reason, duration. Thread-safe; must not block.
using EwsObserver =
    std::function<void(std::string_view operation, std::string_view result, std::chrono::microseconds took)>;

// Exchange Web Services. Thread-safe; every call blocks its thread until the answer or the deadline. Only what a
// person waits for and only reads is repeated, when EwsConfig::retry says so: errors.h tells what else may be done.
//
// Errors of all calls (ErrorInfo domain "ews.crosspoint" or "http.crosspoint", see errors.h and common/http/client.h):
//   kUnavailable, kDeadlineExceeded  network or server in trouble; a write may or may not have happened
//   kResourceExhausted               slow down by BackOffOf(status)
//   kFailedPrecondition              an administrator has to act, or the state is gone: see ReactionOf(status)
//   kNotFound                        no such item, folder or mailbox, or hidden from us
//   kAborted                         stale change key
class EwsClient {
 public:
  static absl::StatusOr<std::unique_ptr<EwsClient>> Create(EwsConfig config, EwsObserver observer = {});
  ~EwsClient();
  EwsClient(const EwsClient&) = delete;
  EwsClient& operator=(const EwsClient&) = delete;
  // For an orderly end in spite of a server that hangs: calls and streams under way end with kCancelled, and so does
  // what comes later. Not from a callback of a stream.
  void Stop();

  // Nobody found is an empty list. kInvalidArgument when the text is blank, or folders are named that the scope leaves
  // out.
  absl::StatusOr<ResolvedNames> ResolveNames(const ResolveNamesQuery& query, const EwsCall& call = {});
  // In the order asked for; one missing folder does not fail the others.
  absl::StatusOr<std::vector<absl::StatusOr<Folder>>> GetFolders(const std::vector<FolderRef>& folders,
                                                                 const EwsCall& call = {});
  absl::StatusOr<Folder> GetFolder(const FolderRef& folder, const EwsCall& call = {});
  // Every single item and occurrence that overlaps the window. Of a server that tells masters instead, the occurrences
  // are computed (see series.h). In the calendar of another mailbox private items come without their facts.
  absl::StatusOr<CalendarPage> FindCalendarItems(const CalendarViewQuery& query, const EwsCall& call = {});
  // One page of single items and masters. Of other kinds of items only what they have in common with these is told.
  absl::StatusOr<CalendarPage> FindItems(const FindItemsQuery& query, const EwsCall& call = {});
  // Items and masters whose property has exactly that value; the first hundred.
  absl::StatusOr<CalendarPage> FindByProperty(const FolderRef& folder, const ExtendedProperty& property,
                                              const EwsCall& call = {});
  // In the order asked for; at most 50 ids. Knows the ids of computed occurrences, too.
  absl::StatusOr<std::vector<absl::StatusOr<CalendarItem>>> GetCalendarItems(
      const std::vector<ItemId>& ids, const std::vector<PropertyPath>& properties, Detail detail,
      const EwsCall& call = {});
  absl::StatusOr<CalendarItem> GetCalendarItem(const ItemRef& item, const std::vector<PropertyPath>& properties,
                                               Detail detail, const EwsCall& call = {});
  // kNone, kOnly or kAndSaveCopy.
  absl::StatusOr<ItemId> CreateCalendarItem(const CalendarDraft& draft, Invitations invitations,
                                            const EwsCall& call = {}, const FolderRef& folder = FolderRef::Calendar());
  // Needs the change key; kAborted when the item changed meanwhile. Returns the new change key. An occurrence becomes
  // an exception of its series.
  absl::StatusOr<ItemId> UpdateCalendarItem(const ItemRef& item, const CalendarUpdate& update, Invitations invitations,
                                            const EwsCall& call = {});
  // For servers that send no change keys or do not look at them: reads the item before and after. `seen` is what the
  // caller decided by. kAborted as well when the item does not show afterwards what was set.
  absl::StatusOr<ItemId> UpdateCalendarItemVerified(const CalendarItem& seen, const CalendarUpdate& update,
                                                    Invitations invitations, const EwsCall& call = {});
  // kNone, kOnly or kAndSaveCopy say who gets a cancellation.
  absl::Status DeleteCalendarItem(const ItemRef& item, DeleteType type, Invitations cancellations,
                                  const EwsCall& call = {});
  // Answers an invitation, by the item in the calendar of the invited person or by the request in the inbox.
  absl::Status AnswerMeeting(const ItemId& id, MeetingAnswer answer, AnswerDelivery delivery,
                             const std::optional<Body>& message, const EwsCall& call = {});
  // Calls a meeting of the own calendar off, moves it to Deleted Items and tells the attendees.
  absl::Status CancelMeeting(const ItemId& id, const std::optional<Body>& message, const EwsCall& call = {});
  // `sync_state` empty: from the beginning. `max_changes` 1 to 512.
  absl::StatusOr<SyncResult> SyncFolderItems(const FolderRef& folder, const std::string& sync_state, int max_changes,
                                             const std::vector<PropertyPath>& properties, const EwsCall& call = {});
  // A streaming subscription. It lapses when no stream reads it for 30 minutes.
  absl::StatusOr<Subscription> Subscribe(const SubscribeRequest& request, const EwsCall& call = {});
  absl::Status Unsubscribe(const std::string& subscription_id, const EwsCall& call = {});
  // Opens a stream over up to 200 subscriptions for 1 to 30 minutes. Never null; a failure to open comes to on_end,
  // which may then be called before this returns. The deadline of `call` is ignored.
  std::unique_ptr<EwsStream> OpenStream(const std::vector<std::string>& subscription_ids, std::chrono::minutes timeout,
                                        EwsStreamCallbacks callbacks, const EwsCall& call = {});
  // `size` as "HR96x96" (48, 64, 96, 120, 240, 360, 432, 504, 648). `known_etag` empty: send it in any case.
  absl::StatusOr<Photo> GetUserPhoto(const std::string& email, const std::string& size, const std::string& known_etag,
                                     const EwsCall& call = {});

  // Folders and ids.

  // One page.
  absl::StatusOr<FolderPage> FindFolders(const FindFoldersQuery& query, const EwsCall& call = {});
  // The folder of that name that is there already, if one is.
  absl::StatusOr<FolderId> CreateFolder(const FolderDraft& draft, const EwsCall& call = {});
  // Folders below `root`, at any depth. `sync_state` empty: from the beginning.
  absl::StatusOr<FolderSyncResult> SyncFolderHierarchy(const FolderRef& root, const std::string& sync_state,
                                                       const EwsCall& call = {});
  // In the order asked for; one bad id does not fail the others.
  absl::StatusOr<std::vector<absl::StatusOr<AlternateId>>> ConvertIds(const std::vector<AlternateId>& ids,
                                                                      IdFormat format, const EwsCall& call = {});

  // People.

  // One page.
  absl::StatusOr<PeoplePage> FindPeople(const FindPeopleQuery& query, const EwsCall& call = {});
  absl::StatusOr<DistributionList> ExpandDistributionList(const std::string& email, const EwsCall& call = {});
  // A list that somebody keeps among the own contacts.
  absl::StatusOr<DistributionList> ExpandDistributionList(const ItemId& contact, const EwsCall& call = {});

  // Availability.

  // In the order of the mailboxes; one that is unknown or closed to us does not fail the others.
  absl::StatusOr<std::vector<absl::StatusOr<Availability>>> GetUserAvailability(const AvailabilityQuery& query,
                                                                                const EwsCall& call = {});
  // `ids` (Windows) empty: every zone that the server knows.
  absl::StatusOr<std::vector<ZoneDefinition>> GetServerTimeZones(const std::vector<std::string>& ids,
                                                                 const EwsCall& call = {});
  absl::StatusOr<OofSettings> GetOofSettings(const std::string& email, const EwsCall& call = {});
  absl::Status SetOofSettings(const std::string& email, const OofSettings& settings, const EwsCall& call = {});

  // Pull notifications.

  // The server forgets the subscription when it is not asked for `timeout` (1 minute to a day). `watermark`: of an
  // earlier subscription, to go on where that one ended; empty: from now on.
  absl::StatusOr<PullSubscription> SubscribePull(const SubscribeRequest& request, std::chrono::minutes timeout,
                                                 const std::string& watermark = {}, const EwsCall& call = {});
  absl::StatusOr<PulledEvents> GetEvents(const std::string& subscription_id, const std::string& watermark,
                                         const EwsCall& call = {});

  // Contacts, of a mailbox or of a public folder (EwsCall::public_folder).

  // One page, oldest first unless the query says otherwise. Groups in the same folder are among them.
  absl::StatusOr<ItemPage<Contact>> FindContacts(const FindItemsQuery& query, const EwsCall& call = {});
  // In the order asked for; at most 50 ids.
  absl::StatusOr<std::vector<absl::StatusOr<Contact>>> GetContacts(const std::vector<ItemId>& ids,
                                                                   const std::vector<PropertyPath>& properties,
                                                                   Detail detail, const EwsCall& call = {});
  // kInvalidArgument when a kind of phone is unknown or named twice; nothing is sent then.
  absl::StatusOr<ItemId> CreateContact(const ContactDraft& draft, const FolderRef& folder, const EwsCall& call = {});
  // As UpdateCalendarItem.
  absl::StatusOr<ItemId> UpdateContact(const ItemId& id, const ContactUpdate& update, const EwsCall& call = {});
  // As SyncFolderItems.
  absl::StatusOr<ItemChanges<Contact>> SyncContacts(const FolderRef& folder, const std::string& sync_state,
                                                    int max_changes, const std::vector<PropertyPath>& properties,
                                                    const EwsCall& call = {});

  // Messages, those about meetings included.

  // One page, newest first unless the query says otherwise.
  absl::StatusOr<ItemPage<Message>> FindMessages(const FindItemsQuery& query, const EwsCall& call = {});
  // In the order asked for; at most 50 ids.
  absl::StatusOr<std::vector<absl::StatusOr<Message>>> GetMessages(const std::vector<ItemId>& ids,
                                                                   const std::vector<PropertyPath>& properties,
                                                                   Detail detail, const EwsCall& call = {});
  // `folder` is where it, or the copy of what is sent, is kept; kSendOnly ignores it and returns an empty id, as may
  // kSendAndSaveCopy. Attachments may be ignored by the server: see CreateMessageWithAttachments.
  absl::StatusOr<ItemId> CreateMessage(const MessageDraft& draft, Disposition disposition, const FolderRef& folder,
                                       const EwsCall& call = {});
  // Saves the message, reads which attachments it has got, attaches those that are missing, and only then sends it
  // where that is asked for. What cannot be completed is deleted again; when that fails too, the message is found by
  // its properties. Returns the id of the saved message, empty once it is sent.
  absl::StatusOr<ItemId> CreateMessageWithAttachments(const MessageDraft& draft, Disposition disposition,
                                                      const FolderRef& folder, const EwsCall& call = {});
  // As UpdateCalendarItem.
  absl::StatusOr<ItemId> UpdateMessage(const ItemId& id, const MessageUpdate& update, const EwsCall& call = {});
  // Sends a saved message and keeps a copy in `copy`, if any. Needs the change key.
  absl::Status SendItem(const ItemId& id, const std::optional<FolderRef>& copy, const EwsCall& call = {});
  // As SyncFolderItems.
  absl::StatusOr<ItemChanges<Message>> SyncMessages(const FolderRef& folder, const std::string& sync_state,
                                                    int max_changes, const std::vector<PropertyPath>& properties,
                                                    const EwsCall& call = {});

  // Items of any kind, at most 50 at once; the answers stand in the order asked for.

  // Nobody is told of it.
  absl::StatusOr<std::vector<absl::Status>> DeleteItems(const std::vector<ItemId>& ids, DeleteType type,
                                                        const EwsCall& call = {});
  // The new ids; empty ones where the server does not tell them.
  absl::StatusOr<std::vector<absl::StatusOr<ItemId>>> MoveItems(const std::vector<ItemId>& ids, const FolderRef& folder,
                                                                const EwsCall& call = {});
  absl::StatusOr<std::vector<absl::StatusOr<ItemId>>> CopyItems(const std::vector<ItemId>& ids, const FolderRef& folder,
                                                                const EwsCall& call = {});

  absl::StatusOr<AttachedTo> CreateAttachment(const ItemId& item, const AttachmentDraft& attachment,
                                              const EwsCall& call = {});
  // kFailedPrecondition RESPONSE_TOO_LARGE when it is larger than EwsConfig::max_response_bytes, counted as base64.
  absl::StatusOr<Attachment> GetAttachment(const std::string& attachment_id, const EwsCall& call = {});
  // Returns the item with its new change key, empty when the server does not say.
  absl::StatusOr<ItemId> DeleteAttachment(const std::string& attachment_id, const EwsCall& call = {});

 private:
  // Puts occurrences in the place of masters.
  absl::StatusOr<CalendarPage> WithoutMasters(CalendarPage page, const CalendarViewQuery& query, const EwsCall& call);
  // The batch without regard to computed occurrences.
  absl::StatusOr<std::vector<absl::StatusOr<CalendarItem>>> GetStoredItems(const std::vector<ItemId>& ids,
                                                                           const std::vector<PropertyPath>& properties,
                                                                           Detail detail, const EwsCall& call);
  // Any number of them, with their facts.
  absl::StatusOr<std::vector<absl::StatusOr<CalendarItem>>> GetAllItems(const std::vector<ItemId>& ids,
                                                                        const std::vector<PropertyPath>& properties,
                                                                        const EwsCall& call);

  explicit EwsClient(std::unique_ptr<Transport> transport);
  // Attaches to the item `id` what of `attachments` it has not got, and returns it with its newest change key.
  absl::StatusOr<ItemId> CompleteAttachments(ItemId id, const std::vector<AttachmentDraft>& attachments,
                                             const EwsCall& call);
  std::unique_ptr<Transport> transport_;
};

}  // namespace crosspoint::ews
