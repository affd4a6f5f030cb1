#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "exchange_sim/server/quirks.h"
#include "exchange_sim/server/throttle.h"
#include "exchange_sim/store.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// Who asks, and as whom.
struct Caller {
  std::string account;           // who logged in
  bool may_impersonate = false;  // a service account
  std::string impersonated;      // address in the header, empty without
  uint64_t mailbox = 0;          // whose mailbox is meant: the impersonated one, else the account's own
};

// One request that passed authentication. Handlers run with the store locked.
struct Call {
  Store& store;
  const Caller& caller;
  pugi::xml_node request;
  TimeZonePtr zone;           // of the TimeZoneContext header, else UTC
  std::string if_none_match;  // HTTP header of that name; only photos have an ETag
  const Limits& limits;
  const Quirks& quirks;
  int server = 0;    // which of the back ends it reached
  std::string etag;  // set by the handler

  Mailbox& mailbox() { return *store.MailboxByNumber(caller.mailbox); }
  Mailbox& MailboxOf(const Folder& folder) { return *store.MailboxByNumber(folder.mailbox); }
};

// The answer's body element, or an error that concerns the whole request and becomes a SOAP fault.
using Answer = absl::StatusOr<std::string>;

// Photos as plain HTTP serves them.
std::string PhotoTag(const Person& person, int edge);
std::string PhotoOf(const Person& person, int edge);

Answer ResolveNames(Call& call);
Answer GetUserPhoto(Call& call);
Answer GetFolder(Call& call);
Answer FindFolder(Call& call);
Answer SyncFolderItems(Call& call);
Answer FindItem(Call& call);
Answer GetItem(Call& call);
Answer CreateItem(Call& call);
Answer UpdateItem(Call& call);
Answer DeleteItem(Call& call);
Answer SendItem(Call& call);
Answer MoveItem(Call& call);
Answer CopyItem(Call& call);
Answer CreateAttachment(Call& call);
Answer GetAttachment(Call& call);
Answer DeleteAttachment(Call& call);
Answer Subscribe(Call& call);
Answer Unsubscribe(Call& call);
Answer GetEvents(Call& call);
Answer CreateFolder(Call& call);
Answer UpdateFolder(Call& call);
Answer DeleteFolder(Call& call);
Answer SyncFolderHierarchy(Call& call);
Answer FindPeople(Call& call);
Answer ExpandDL(Call& call);
Answer GetRoomLists(Call& call);
Answer GetRooms(Call& call);
Answer GetUserAvailability(Call& call);
Answer GetUserOofSettings(Call& call);
Answer SetUserOofSettings(Call& call);
Answer GetServerTimeZones(Call& call);
Answer ConvertId(Call& call);

// Collects the response messages of an operation.
class Messages {
 public:
  explicit Messages(std::string_view operation);
  // Success with `content`, or the error; `error_content` is what the schema demands even then.
  void Add(const absl::StatusOr<std::string>& content, std::string_view error_content = "");
  void AddWarning(std::string_view code, std::string_view text, std::string_view content);
  std::string Take();

 private:
  XmlWriter out_;
  std::string message_;
};
// Code, text and values of an error, as they stand in a response message.
void WriteError(XmlWriter& out, const absl::Status& status);
// What the schema demands in a response message of `operation` even when it tells of an error.
std::string_view ErrorContent(std::string_view operation);
// <s:Fault> of an error that concerns the whole request.
std::string FaultBody(const absl::Status& error);

// Errors of the request as a whole rather than of one of its parts.
bool ConcernsRequest(const absl::Status& status);

// What the caller wants to do with a folder or with what lies in it.
enum class Need { kRead, kWrite };
// Whether the caller may: its own mailbox, public folders to read, and what others have granted.
bool Allows(const Call& call, const Folder& folder, Need need);

// The folder that a FolderId or DistinguishedFolderId names; it may be another mailbox's.
//   ErrorFolderNotFound, ErrorInvalidIdMalformed, ErrorAccessDenied, ...
absl::StatusOr<Folder*> FolderOf(Call& call, pugi::xml_node id, Need need = Need::kRead);

struct ItemTarget {
  Mailbox* mailbox = nullptr;
  Item* item = nullptr;
  bool is_occurrence = false;
  Seconds original_start = 0;
  std::string change_key;
  bool concealed = false;  // private, and the caller may not look inside

  absl::StatusOr<ItemView> View() const;
};
// What an ItemId, OccurrenceItemId or RecurringMasterItemId names; it may be another mailbox's.
//   ErrorItemNotFound, ErrorInvalidIdMalformed, ErrorCannotUseFolderIdForItemId, ErrorAccessDenied, ...
absl::StatusOr<ItemTarget> ItemOf(Call& call, pugi::xml_node id, Need need = Need::kRead);

// Whether the caller may only see that `item`, in `folder`, takes time.
bool IsConcealed(const Call& call, const Folder& folder, const Item& item);

// Whether `view` fulfils the Restriction element; an absent one is fulfilled.
absl::StatusOr<bool> Matches(const ItemView& view, pugi::xml_node restriction);
// The same for anything else that has fields.
using FieldReader = std::function<absl::StatusOr<std::string>(pugi::xml_node path)>;
absl::StatusOr<bool> Fulfils(const FieldReader& read, pugi::xml_node restriction);

}  // namespace crosspoint::exchange_sim
