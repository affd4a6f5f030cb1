#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "voicemail/app/audio_upload.h"
#include "voicemail/app/ports.h"
#include "voicemail/app/user_book.h"

namespace crosspoint::voicemail {

// What came with a message before its audio, checked.
struct DepositFacts {
  UserId owner;
  std::string number;        // of the caller; empty when withheld
  std::string network_name;  // what the network said of the caller
  std::string request_id;
};

// How messages get into mailboxes: left by a caller, forwarded, or as an answer. Thread-safe. Calls wait for the disk
// and the store, a deposit also up to half a second for the owner's address book.
class Postbox {
 public:
  struct Parts {
    MailboxStore& store;
    BlobStore& blobs;
    UserBook& users;
    ContactNames& contacts;
    ChangeListener& changes;
    Clock& clock;
    IdSource& ids;
    int max_messages = 1'000;
    WavLimits wav;
  };
  explicit Postbox(Parts parts) : parts_(parts) {}

  // OK when the owner can get messages. `number` as typed becomes one of DepositFacts.
  absl::StatusOr<DepositFacts> Admit(const UserId& owner, const std::string& number, const std::string& network_name,
                                     const std::string& request_id) const;
  // The facts of an answer to a message.
  //   kFailedPrecondition  CALLER_NOT_A_USER
  absl::StatusOr<DepositFacts> AdmitReply(const UserId& owner, const VoicemailId& id,
                                          const std::string& request_id) const;
  std::unique_ptr<AudioUpload> NewUpload() const { return std::make_unique<AudioUpload>(parts_.blobs, parts_.wav); }

  // Safe when this returns.
  absl::StatusOr<Voicemail> Deposit(const DepositFacts& facts, AudioUpload& upload);
  // A copy for another user of the tenant.
  absl::StatusOr<Voicemail> Forward(const UserId& owner, const VoicemailId& id, const UserId& to,
                                    const std::string& request_id);
  // Replaces the greeting of that state.
  absl::StatusOr<Greeting> KeepGreeting(const UserId& owner, const std::string& state, AudioUpload& upload);
  // The message with its audio. kNotFound.
  absl::StatusOr<Voicemail> Find(const UserId& owner, const VoicemailId& id) const;

 private:
  Caller NameCaller(const DepositFacts& facts) const;
  absl::StatusOr<Voicemail> Add(const UserId& owner, NewMessage message);

  const Parts parts_;
};

}  // namespace crosspoint::voicemail
