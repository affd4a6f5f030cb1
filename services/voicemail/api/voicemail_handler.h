#pragma once

#include <functional>
#include <memory>

#include "common/grpcx/methods.h"
#include "crosspoint/voicemail/v1/voicemail_service.pb.h"
#include "voicemail/api/audio_receiver.h"
#include "voicemail/api/mailbox_watch.h"
#include "voicemail/app/postbox.h"
#include "voicemail/app/settings_desk.h"

namespace crosspoint::voicemail {

// VoicemailService. Thread-safe.
class VoicemailHandler {
 public:
  struct Parts {
    Postbox& postbox;
    MailboxStore& store;
    CopyStore& copies;
    BlobStore& blobs;
    UserBook& users;
    SettingsDesk& settings;
    Devices& devices;
    MailboxWatches& watches;
    UploadDesk& uploads;
    Clock& clock;
    std::function<void(const UserId&)> look;                                   // at the copies of the mailbox
    std::function<void(const absl::Status& status, int64_t bytes)> deposited;  // told of every deposit
  };
  explicit VoicemailHandler(Parts parts) : parts_(std::move(parts)) {}

  void Bind(grpcx::Methods& methods);

 private:
  using DepositStream = grpcx::ClientStream<v1::DepositMessageRequest, v1::Voicemail>;
  using ReplyStream = grpcx::ClientStream<v1::ReplyToMessageRequest, v1::Voicemail>;
  using GreetingStream = grpcx::ClientStream<v1::UploadGreetingRequest, v1::Greeting>;

  void DepositMessage(const grpcx::Call& call, std::shared_ptr<DepositStream> stream);
  void ReplyToMessage(const grpcx::Call& call, std::shared_ptr<ReplyStream> stream);
  void UploadGreeting(const grpcx::Call& call, std::shared_ptr<GreetingStream> stream);
  void StreamAudio(const v1::StreamAudioRequest& request, const grpcx::Call& call,
                   std::shared_ptr<grpcx::ServerStream<v1::StreamAudioResponse>> stream);
  void WatchMailbox(const v1::WatchMailboxRequest& request, const grpcx::Call& call,
                    std::shared_ptr<MailboxWatch::Stream> stream);

  absl::Status ListMessages(const v1::ListMessagesRequest& request, const grpcx::Call& call,
                            v1::ListMessagesResponse& response);
  absl::Status GetMessage(const v1::GetMessageRequest& request, const grpcx::Call& call, v1::Voicemail& response);
  absl::Status UpdateMessage(const v1::UpdateMessageRequest& request, const grpcx::Call& call, v1::Voicemail& response);
  absl::Status DeleteMessage(const v1::DeleteMessageRequest& request, const grpcx::Call& call, v1::Voicemail& response);
  absl::Status UndeleteMessage(const v1::UndeleteMessageRequest& request, const grpcx::Call& call,
                               v1::Voicemail& response);
  absl::Status ForwardMessage(const v1::ForwardMessageRequest& request, const grpcx::Call& call,
                              v1::Voicemail& response);
  absl::Status PlayMessage(const v1::PlayMessageRequest& request, const grpcx::Call& call,
                           v1::PlayMessageResponse& response);
  absl::Status CallBack(const v1::CallBackRequest& request, const grpcx::Call& call, v1::CallBackResponse& response);
  absl::Status GetMailboxSummary(const v1::GetMailboxSummaryRequest& request, const grpcx::Call& call,
                                 v1::MailboxSummary& response);
  absl::Status GetDeliverySettings(const v1::GetDeliverySettingsRequest& request, const grpcx::Call& call,
                                   v1::DeliverySettings& response);
  absl::Status UpdateDeliverySettings(const v1::UpdateDeliverySettingsRequest& request, const grpcx::Call& call,
                                      v1::DeliverySettings& response);
  absl::Status ResolveBrake(const v1::ResolveBrakeRequest& request, const grpcx::Call& call,
                            v1::ResolveBrakeResponse& response);
  absl::Status ListGreetings(const v1::ListGreetingsRequest& request, const grpcx::Call& call,
                             v1::ListGreetingsResponse& response);

  absl::StatusOr<UserId> ParseOwner(const std::string& name, std::string_view field) const;
  absl::StatusOr<Voicemail> Change(const VoicemailName& name, MessageChange change, const std::string& etag);
  absl::StatusOr<CommandResult> Command(const VoicemailName& name, const Voicemail& message, CommandKind kind,
                                        const std::string& device, const std::string& request_id,
                                        const grpcx::Call& call);

  const Parts parts_;
};

}  // namespace crosspoint::voicemail
