#pragma once

#include <optional>
#include <string>

#include "voicemail/domain/voicemail.h"

namespace crosspoint::voicemail {

// Keys of audio in the blob store, as "acme/u42/ab/cd/v1.wav" and "acme/u42/greetings/default/HASH.wav". The middle
// parts spread a mailbox over directories.
std::string MessageBlob(const UserId& user, const VoicemailId& id);
std::string GreetingBlob(const UserId& user, const Greeting& greeting);

struct BlobOwner {
  UserId user;
  VoicemailId message;   // empty: it is a greeting
  std::string greeting;  // its state
  std::string sha256;    // of the greeting
};
// nullopt when the key is none of ours.
std::optional<BlobOwner> OwnerOf(const std::string& key);

}  // namespace crosspoint::voicemail
