#pragma once

#include <map>
#include <string>
#include <vector>

#include "voicemail/domain/voicemail.h"

namespace crosspoint::voicemail {

// A mailbox at the tenant's mail server.
struct MailboxAddress {
  UserId user;
  std::string email;
};

enum class CopyPlace { kNone, kInbox, kDeletedItems, kElsewhere, kGone };

// The mail in the owner's mailbox that stands for a message.
struct CopyState {
  std::string item;  // the mail server's id; it changes when the mail is moved
  CopyPlace place = CopyPlace::kNone;
  bool read = false;

  bool operator==(const CopyState&) const = default;
  // Deleted Items and nowhere at all are deletion; any other folder is not.
  bool deleted() const { return place == CopyPlace::kDeletedItems || place == CopyPlace::kGone; }
};

// What the store knows of a copy, with what its message says.
struct CopyRecord {
  VoicemailId id;
  CopyState copy;  // as last seen or written; kNone: not written yet
  MessageState state = MessageState::kNew;
  bool deleted = false;
  bool owes_read = false;   // the mailbox has still to learn whether it was heard
  bool owes_place = false;  // likewise, that it came, was deleted, or came back

  // Whether `shown` and the message say different things that nobody is about to write.
  bool DiffersFrom(const CopyState& shown) const {
    const bool place = !owes_place && shown.deleted() != deleted;
    const bool read = !owes_read && shown.place != CopyPlace::kGone && shown.read != (state == MessageState::kHeard);
    return place || read;
  }
  uint64_t owed_since = 0;  // the mailbox's counter when it was last owed something
};

// What a folder told.
struct FolderChanges {
  std::string state;                      // where to go on
  std::map<VoicemailId, CopyState> here;  // our mails that came or changed
  std::map<std::string, bool> read;       // by item id: read or not; told without the rest
  std::vector<std::string> left;          // item ids that are no longer in the folder
};

}  // namespace crosspoint::voicemail
