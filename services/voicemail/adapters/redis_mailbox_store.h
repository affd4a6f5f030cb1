#pragma once

#include <string>
#include <vector>

#include "common/redis/outbox.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// The fields of an outbox entry that asks for what must follow a change of a message.
void AppendEntry(const UserId& user, const VoicemailId& id, const char* type, std::vector<std::string>& args);

// Mailboxes in Redis. Thread-safe.
class RedisMailboxStore final : public MailboxStore {
 public:
  // `outbox` must outlive it.
  explicit RedisMailboxStore(Outbox& outbox) : outbox_(outbox), redis_(outbox.redis()) {}

  absl::StatusOr<AddedMessage> Add(const UserId& user, const NewMessage& message) override;
  absl::StatusOr<std::optional<Voicemail>> Get(const UserId& user, const VoicemailId& id) override;
  absl::StatusOr<std::vector<Voicemail>> List(const UserId& user, const MessageQuery& query) override;
  absl::StatusOr<MailboxState> StateSince(const UserId& user, uint64_t revision) override;
  absl::StatusOr<MailboxSummary> Summary(const UserId& user) override;
  absl::StatusOr<uint64_t> Revision(const UserId& user) override;
  absl::StatusOr<Voicemail> Change(const UserId& user, const VoicemailId& id, MessageChange change,
                                   const std::string& etag, TimePoint now) override;
  absl::StatusOr<bool> Forget(const UserId& user, const VoicemailId& id, TimePoint deleted_before) override;
  absl::StatusOr<DeliverySettings> GetSettings(const UserId& user) override;
  absl::StatusOr<DeliverySettings> PutSettings(const UserId& user, const DeliverySettings& settings) override;
  absl::StatusOr<std::vector<Greeting>> Greetings(const UserId& user) override;
  absl::Status PutGreeting(const UserId& user, const Greeting& greeting) override;

 private:
  Outbox& outbox_;
  RedisClient& redis_;
};

}  // namespace crosspoint::voicemail
