#pragma once

#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "common/redis/client.h"
#include "common/redis/outbox.h"
#include "contact/app/ports.h"

namespace crosspoint::contact {

// The outbox entry that asks for a contact to be brought to the mailbox; its id is the contact's, its payload the
// owner's name.
inline constexpr char kTellMailboxType[] = "tell_mailbox";
std::vector<std::string> TellMailboxArgs(const UserId& owner, const std::string& contact);

// A write as the scripts read it.
void AddWriteArgs(const std::vector<ContactWrite>& writes, std::vector<std::string>& args);
// What a script refused a write with; OK for "ok".
absl::Status WriteRefusal(const UserId& owner, const RedisReply& reply);

// Contacts in Redis, all keys of a user under one tag: see README.md. Each write is one script.
class RedisContactStore final : public ContactStore {
 public:
  // `ids` gives epochs.
  RedisContactStore(RedisClient& redis, Outbox& outbox, IdSource& ids) : redis_(redis), outbox_(outbox), ids_(ids) {}

  absl::StatusOr<WriteResult> Write(const UserId& owner, const WriteRequest& request, Deadline deadline) override;
  absl::StatusOr<ContactChanges> ReadChanges(const UserId& owner, const std::string& epoch, uint64_t revision,
                                             size_t limit, Deadline deadline) override;
  absl::StatusOr<std::optional<Upload>> GetUpload(const UserId& owner, const std::string& upload_id,
                                                  Deadline deadline) override;
  absl::Status StepUpload(const UserId& owner, const UploadStep& step, Deadline deadline) override;
  absl::StatusOr<std::vector<std::string>> Unnamed(const UserId& owner, const std::string& upload_id, Source source,
                                                   Deadline deadline) override;

 private:
  std::vector<std::string> BeginArgs(const UserId& owner);

  RedisClient& redis_;
  Outbox& outbox_;
  IdSource& ids_;
};

}  // namespace crosspoint::contact
