#include "voicemail/app/postbox.h"

#include <algorithm>

#include "common/ids/digest.h"
#include "common/status/status.h"
#include "voicemail/app/reasons.h"
#include "voicemail/domain/blob_key.h"

namespace crosspoint::voicemail {
namespace {

constexpr std::chrono::milliseconds kNameLimit{500};
constexpr size_t kMaxNetworkName = 256;
constexpr size_t kMaxGreetings = 32;

std::string Fingerprint(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) text.append(part).push_back('\n');
  return Sha256Hex(text);
}

// Whether a write that failed so may have happened after all.
bool MayHaveHappened(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  if (info && info->metadata.contains("happened")) return info->metadata.at("happened") != "no";
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

absl::StatusOr<DepositFacts> Postbox::Admit(const UserId& owner, const std::string& number,
                                            const std::string& network_name, const std::string& request_id) const {
  CROSSPOINT_RETURN_IF_ERROR(parts_.users.Find(owner).status());
  DepositFacts facts{.owner = owner, .network_name = network_name, .request_id = request_id};
  if (network_name.size() > kMaxNetworkName) return InvalidField("header.caller_name", "at most 256 bytes");
  // A long extension may look like a number of the region.
  if (parts_.users.ByNumber(owner.tenant, number)) {
    facts.number = number;
    return facts;
  }
  CROSSPOINT_ASSIGN_OR_RETURN(facts.number,
                              ReadCallerNumber(number, parts_.users.RegionOf(owner.tenant), "header.caller"));
  return facts;
}

absl::StatusOr<DepositFacts> Postbox::AdmitReply(const UserId& owner, const VoicemailId& id,
                                                 const std::string& request_id) const {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, Find(owner, id));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto self, parts_.users.Find(owner));
  auto to = message.caller.user;
  if (!to) {
    if (const auto found = parts_.users.ByNumber(owner.tenant, message.caller.number)) to = found->id;
  }
  if (!to || !parts_.users.Find(*to).ok()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "CALLER_NOT_A_USER",
                   "the caller is no user of the telephone system: call back instead");
  }
  return DepositFacts{
      .owner = *to, .number = self.extension, .network_name = self.display_name, .request_id = request_id};
}

Caller Postbox::NameCaller(const DepositFacts& facts) const {
  Caller caller{.number = facts.number, .name = facts.network_name, .user = std::nullopt};
  if (const auto user = parts_.users.ByNumber(facts.owner.tenant, facts.number)) {
    caller.user = user->id;
    caller.name = user->display_name;
  } else if (!facts.number.empty()) {
    // A message is worth more than the name of its caller: whatever goes wrong here, it is kept without.
    const auto name = parts_.contacts.NameOf(facts.owner, facts.number, std::chrono::steady_clock::now() + kNameLimit);
    if (name.ok() && !name->empty()) caller.name = *name;
  }
  return caller;
}

absl::StatusOr<Voicemail> Postbox::Add(const UserId& owner, NewMessage message) {
  message.max_messages = parts_.max_messages;
  const auto key = MessageBlob(owner, message.message.id);
  const auto added = parts_.store.Add(owner, message);
  if (!added.ok()) {
    // What stays behind for nothing is found by the sweeper.
    if (!MayHaveHappened(added.status())) parts_.blobs.Remove(key).IgnoreError();
    return added.status();
  }
  if (added->repeated && added->message.id != message.message.id) {
    parts_.blobs.Remove(key).IgnoreError();
  } else {
    parts_.changes.Changed(owner);
  }
  return added->message;
}

absl::StatusOr<Voicemail> Postbox::Deposit(const DepositFacts& facts, AudioUpload& upload) {
  NewMessage message;
  message.message.id.value = parts_.ids.NewId("v");
  CROSSPOINT_ASSIGN_OR_RETURN(message.message.audio, upload.Keep(MessageBlob(facts.owner, message.message.id)));
  message.message.receive_time = parts_.clock.Now();
  message.message.caller = NameCaller(facts);
  message.request_id = facts.request_id;
  message.fingerprint = Fingerprint({"deposit", facts.number, facts.network_name, message.message.audio.sha256});
  return Add(facts.owner, std::move(message));
}

absl::StatusOr<Voicemail> Postbox::Forward(const UserId& owner, const VoicemailId& id, const UserId& to,
                                           const std::string& request_id) {
  if (to.tenant != owner.tenant) return NotThere("no such user to forward to");
  CROSSPOINT_RETURN_IF_ERROR(parts_.users.Find(to).status());
  CROSSPOINT_ASSIGN_OR_RETURN(const auto original, Find(owner, id));
  NewMessage message;
  message.message = original;
  message.message.id.value = parts_.ids.NewId("v");
  message.message.state = MessageState::kNew;
  message.message.delete_time.reset();
  message.message.receive_time = parts_.clock.Now();
  message.message.forwarded_by = owner;
  message.request_id = request_id;
  message.fingerprint = Fingerprint({"forward", owner.Name(), id.value});
  CROSSPOINT_RETURN_IF_ERROR(parts_.blobs.Copy(MessageBlob(owner, original.id), MessageBlob(to, message.message.id)));
  return Add(to, std::move(message));
}

absl::StatusOr<Greeting> Postbox::KeepGreeting(const UserId& owner, const std::string& state, AudioUpload& upload) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto present, parts_.store.Greetings(owner));
  const bool is_new = std::none_of(present.begin(), present.end(), [&](const auto& g) { return g.state == state; });
  if (is_new && present.size() >= kMaxGreetings) {
    return Refused(absl::StatusCode::kResourceExhausted, "TOO_MANY_GREETINGS", "a user has at most 32 greetings");
  }
  CROSSPOINT_RETURN_IF_ERROR(upload.Finish());
  // Its key has the hash, which is known only once it is written: a key of its own first.
  const auto first = MessageBlob(owner, {parts_.ids.NewId("g")});
  Greeting greeting{.state = state};
  CROSSPOINT_ASSIGN_OR_RETURN(greeting.audio, upload.Keep(first));
  const auto copied = parts_.blobs.Copy(first, GreetingBlob(owner, greeting));
  parts_.blobs.Remove(first).IgnoreError();
  CROSSPOINT_RETURN_IF_ERROR(copied);
  CROSSPOINT_RETURN_IF_ERROR(parts_.store.PutGreeting(owner, greeting));
  return greeting;
}

absl::StatusOr<Voicemail> Postbox::Find(const UserId& owner, const VoicemailId& id) const {
  CROSSPOINT_ASSIGN_OR_RETURN(auto message, parts_.store.Get(owner, id));
  if (!message || message->ExpiredAt(parts_.clock.Now())) return NotThere("no such voicemail");
  return *std::move(message);
}

}  // namespace crosspoint::voicemail
