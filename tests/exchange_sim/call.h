#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
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
  std::string etag;           // set by the handler

  Mailbox& mailbox() { return *store.MailboxByNumber(caller.mailbox); }
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
Answer Subscribe(Call& call);
Answer Unsubscribe(Call& call);

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

// The folder that a FolderId or DistinguishedFolderId names, in the caller's mailbox.
//   ErrorFolderNotFound, ErrorInvalidIdMalformed, ErrorAccessDenied
absl::StatusOr<Folder*> FolderOf(Call& call, pugi::xml_node id);

struct ItemTarget {
  Item* item = nullptr;
  bool is_occurrence = false;
  Seconds original_start = 0;
  std::string change_key;

  absl::StatusOr<ItemView> View(const Mailbox& mailbox) const;
};
// What an ItemId, OccurrenceItemId or RecurringMasterItemId names, in the caller's mailbox.
//   ErrorItemNotFound, ErrorInvalidIdMalformed, ErrorCannotUseFolderIdForItemId, ...
absl::StatusOr<ItemTarget> ItemOf(Call& call, pugi::xml_node id);

// Whether `view` fulfils the Restriction element; an absent one is fulfilled.
absl::StatusOr<bool> Matches(const ItemView& view, pugi::xml_node restriction);

}  // namespace crosspoint::exchange_sim
