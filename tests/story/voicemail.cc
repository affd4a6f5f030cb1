#include <fmt/format.h>

#include "connectors/ews/client.h"
#include "connectors/ews/mail_types.h"
#include "connectors/ews/properties.h"
#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"
#include "tests/story/call.h"
#include "tests/story/chapters.h"
#include "tests/story/mailbox_watcher.h"
#include "tests/support/stack/service_process.h"
#include "tests/support/wav.h"

namespace crosspoint::story {
namespace {

using namespace std::chrono_literals;
namespace v1 = ::crosspoint::voicemail::v1;
using Stub = v1::VoicemailService::Stub;

class VoicemailChapter {
 public:
  explicit VoicemailChapter(Stage& stage)
      : stage_(stage),
        stub_(v1::VoicemailService::NewStub(stage.gateway())),
        phone_(stage.gateway(), stage.As(stage.anna), stage.anna.name) {}

  bool Tell() {
    return stage_.Step("Voicemail: the person wants it in the mailbox too, and the telephone's lamp is off",
                       [this] { return Settle(); }) &&
           stage_.Step("The telephone system leaves a message, a WAV made on the spot", [this] { return Deposit(); }) &&
           stage_.Step("It appears in the mailbox", [this] { return AppearsInTheMailbox(); }) &&
           stage_.Step("It is deleted in the mailbox: gone here, and the lamp goes off", [this] { return Deleted(); });
  }

 private:
  absl::Status Settle() {
    v1::UpdateDeliverySettingsRequest request;
    request.mutable_settings()->set_name(stage_.anna.name + "/deliverySettings");
    request.mutable_settings()->set_delivery_type(v1::DELIVERY_TYPE_SYNCED);
    v1::DeliverySettings settings;
    absl::Status settled;
    // The service may still be learning of the users that were just imported.
    testing::Eventually([&] {
      settled = Call(&Stub::UpdateDeliverySettings, *stub_, stage_.As(stage_.anna), request, settings);
      return !absl::IsUnavailable(settled) && !absl::IsNotFound(settled);
    });
    CROSSPOINT_RETURN_IF_ERROR(settled);
    if (!phone_.WaitFor(false, 0, 5s)) return absl::DeadlineExceededError("the mailbox's watch told nothing");
    stage_.Say("delivery type SYNCED; lamp off");
    return absl::OkStatus();
  }

  absl::Status Deposit() {
    const auto wav = testing::MakeWav({.milliseconds = 2'500});
    const auto context = stage_.As("pbx", {"integrator"});
    const auto stream = stub_->DepositMessage(context.get(), &deposited_);
    v1::DepositMessageRequest request;
    request.mutable_header()->set_parent(stage_.anna.name);
    request.mutable_header()->set_caller(stage_.other.extension);
    stream->Write(request);
    for (size_t sent = 0; sent < wav.size(); sent += 32'768) {
      request.set_audio(wav.substr(sent, 32'768));
      stream->Write(request);
    }
    stream->WritesDone();
    CROSSPOINT_RETURN_IF_ERROR(grpcx::FromGrpc(stream->Finish()));
    answered_ = Now();
    stage_.Say(fmt::format("{} bytes from extension {}, which is {}; {} s long, safe, sha256 {}…", wav.size(),
                           stage_.other.extension, deposited_.caller_name(), deposited_.length().seconds(),
                           deposited_.sha256().substr(0, 12)));
    const auto lit = phone_.WaitFor(true, 1, 5s);
    if (!lit) return absl::DeadlineExceededError("the lamp stayed off");
    stage_.Say(fmt::format("the telephone's lamp is on, {:+.0f} ms from the answer", Millis(*lit - answered_)));
    return PlaysTheSame(wav);
  }

  absl::Status PlaysTheSame(const std::string& wav) {
    v1::StreamAudioRequest request;
    request.set_name(deposited_.name());
    const auto context = stage_.As(stage_.anna);
    const auto stream = stub_->StreamAudio(context.get(), request);
    std::string played;
    for (v1::StreamAudioResponse part; stream->Read(&part);) played += part.audio();
    CROSSPOINT_RETURN_IF_ERROR(grpcx::FromGrpc(stream->Finish()));
    if (played != wav) return absl::DataLossError("what is played is not what was left");
    stage_.Say("played back, it is the same byte for byte");
    return absl::OkStatus();
  }

  // The voice messages in the Inbox.
  absl::StatusOr<std::vector<ews::Message>> VoiceMails() {
    ews::FindItemsQuery query;
    query.folder = ews::FolderRef::Named("inbox");
    CROSSPOINT_ASSIGN_OR_RETURN(auto page,
                                stage_.system().mailboxes().FindMessages(query, {.mailbox = stage_.anna.email}));
    std::erase_if(page.items, [](const ews::Message& mail) { return mail.item_class != ews::kVoiceMessageClass; });
    return std::move(page.items);
  }

  absl::Status AppearsInTheMailbox() {
    absl::StatusOr<std::vector<ews::Message>> mails;
    if (!testing::Eventually([&] { return (mails = VoiceMails()).ok() && !mails->empty(); }, 15s)) {
      return mails.ok() ? absl::DeadlineExceededError("no mail came") : mails.status();
    }
    mail_ = mails->front().id;
    stage_.Say(fmt::format("\"{}\" of class {}, {} after the message was safe", mails->front().subject,
                           mails->front().item_class, Since(answered_)));
    return absl::OkStatus();
  }

  absl::Status Deleted() {
    const auto deleted = stage_.system().mailboxes().DeleteItems({mail_}, ews::DeleteType::kMoveToDeletedItems,
                                                                 {.mailbox = stage_.anna.email});
    CROSSPOINT_RETURN_IF_ERROR(deleted.status());
    CROSSPOINT_RETURN_IF_ERROR(deleted->front());
    const auto since = Now();
    const auto off = phone_.WaitFor(false, 0, 15s);
    if (!off) return absl::DeadlineExceededError("the lamp stayed on");
    stage_.Say(fmt::format("the lamp went off {:.0f} ms after the mail was deleted", Millis(*off - since)));
    v1::ListMessagesRequest request;
    request.set_parent(stage_.anna.name);
    v1::ListMessagesResponse response;
    CROSSPOINT_RETURN_IF_ERROR(Call(&Stub::ListMessages, *stub_, stage_.As(stage_.anna), request, response));
    if (!response.messages().empty()) return absl::InternalError("the message is still listed");
    stage_.Say("and the message is listed no more");
    return absl::OkStatus();
  }

  Stage& stage_;
  const std::unique_ptr<Stub> stub_;
  MailboxWatcher phone_;
  v1::Voicemail deposited_;
  TimePoint answered_;
  ews::ItemId mail_;
};

}  // namespace

bool TellOfVoicemail(Stage& stage) { return VoicemailChapter(stage).Tell(); }

}  // namespace crosspoint::story
