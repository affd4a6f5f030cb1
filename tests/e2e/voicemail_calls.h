#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"
#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {

namespace voicemail = ::crosspoint::voicemail::v1;

std::unique_ptr<voicemail::VoicemailService::Stub> Voicemails();

// As the PBX leaves it.
absl::StatusOr<voicemail::Voicemail> Deposit(const std::string& user, const std::string& caller, const std::string& wav,
                                             const std::string& request_id = "");
// Waits until the user can get messages: the directory tells of new users a moment later.
voicemail::Voicemail MustDeposit(const std::string& user, const std::string& caller, const std::string& wav);

// As their owner.
absl::StatusOr<voicemail::Voicemail> GetVoicemail(const std::string& name);
std::vector<voicemail::Voicemail> ListVoicemails(const std::string& user, bool show_deleted = false);
absl::StatusOr<std::string> StreamAudio(const std::string& name, int64_t offset = 0);
voicemail::MailboxSummary SummaryOf(const std::string& user);
absl::StatusOr<voicemail::Voicemail> SetState(const std::string& name, voicemail::VoicemailState state);
absl::StatusOr<voicemail::Voicemail> Delete(const std::string& name);
absl::StatusOr<voicemail::Voicemail> Undelete(const std::string& name);
// Of the user, or with the token of somebody else. Waits as MustDeposit does.
absl::StatusOr<voicemail::DeliverySettings> SetDelivery(const std::string& user, voicemail::DeliveryType type,
                                                        const std::string& address = "", bool attach = false,
                                                        const std::string& token = "");

std::string UserOf(const std::string& voicemail_name);
std::string IdOf(const std::string& name);

// The mail of a message in a folder of the owner's mailbox ("inbox", "deleteditems"), with everything.
std::optional<ews::Message> MailOf(const Person& person, const std::string& voicemail_name, const std::string& folder);
// Waits for it.
ews::Message AwaitMail(const Person& person, const std::string& voicemail_name, const std::string& folder = "inbox");
ews::EwsCall As(const Person& person);

}  // namespace crosspoint::e2e
