#include "tests/e2e/voicemail_calls.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "connectors/ews/properties.h"

namespace crosspoint::e2e {
namespace {

constexpr size_t kPiece = 20'000;

}  // namespace

std::unique_ptr<voicemail::VoicemailService::Stub> Voicemails() {
  return voicemail::VoicemailService::NewStub(TheStack().Channel("voicemail"));
}

absl::StatusOr<voicemail::Voicemail> Deposit(const std::string& user, const std::string& caller, const std::string& wav,
                                             const std::string& request_id) {
  const auto stub = Voicemails();
  const auto context = TheStack().With(TheStack().credentials().Token("default", "pbx-1", {"integrator"}));
  context->set_wait_for_ready(true);
  voicemail::Voicemail response;
  const auto writer = stub->DepositMessage(context.get(), &response);
  voicemail::DepositMessageRequest part;
  part.mutable_header()->set_parent(user);
  part.mutable_header()->set_caller(caller);
  part.mutable_header()->set_request_id(request_id);
  writer->Write(part);
  for (size_t at = 0; at < wav.size(); at += kPiece) {
    part.set_audio(wav.substr(at, kPiece));
    if (!writer->Write(part)) break;
  }
  writer->WritesDone();
  const auto status = Outcome(writer->Finish());
  if (!status.ok()) return status;
  return response;
}

voicemail::Voicemail MustDeposit(const std::string& user, const std::string& caller, const std::string& wav) {
  absl::StatusOr<voicemail::Voicemail> made;
  EXPECT_TRUE(testing::Eventually([&] {
    made = Deposit(user, caller, wav);
    return !absl::IsNotFound(made.status());
  }));
  EXPECT_TRUE(made.ok()) << made.status();
  return made.value_or(voicemail::Voicemail());
}

std::string UserOf(const std::string& name) { return name.substr(0, name.find("/voicemails/")); }
std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

absl::StatusOr<voicemail::Voicemail> GetVoicemail(const std::string& name) {
  voicemail::GetMessageRequest request;
  request.set_name(name);
  voicemail::Voicemail response;
  const auto status = Outcome(Voicemails()->GetMessage(TheStack().AsUser(UserOf(name)).get(), request, &response));
  if (!status.ok()) return status;
  return response;
}

std::vector<voicemail::Voicemail> ListVoicemails(const std::string& user, bool show_deleted) {
  voicemail::ListMessagesRequest request;
  request.set_parent(user);
  request.set_show_deleted(show_deleted);
  voicemail::ListMessagesResponse response;
  const auto status = Outcome(Voicemails()->ListMessages(TheStack().AsUser(user).get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return {response.messages().begin(), response.messages().end()};
}

absl::StatusOr<std::string> StreamAudio(const std::string& name, int64_t offset) {
  voicemail::StreamAudioRequest request;
  request.set_name(name);
  request.set_offset(offset);
  const auto context = TheStack().AsUser(UserOf(name));
  const auto stub = Voicemails();
  const auto reader = stub->StreamAudio(context.get(), request);
  std::string audio;
  for (voicemail::StreamAudioResponse piece; reader->Read(&piece);) audio += piece.audio();
  const auto status = Outcome(reader->Finish());
  if (!status.ok()) return status;
  return audio;
}

voicemail::MailboxSummary SummaryOf(const std::string& user) {
  voicemail::GetMailboxSummaryRequest request;
  request.set_parent(user);
  voicemail::MailboxSummary response;
  const auto status = Outcome(Voicemails()->GetMailboxSummary(TheStack().AsUser(user).get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

absl::StatusOr<voicemail::Voicemail> SetState(const std::string& name, voicemail::VoicemailState state) {
  voicemail::UpdateMessageRequest request;
  request.mutable_message()->set_name(name);
  request.mutable_message()->set_state(state);
  voicemail::Voicemail response;
  const auto status = Outcome(Voicemails()->UpdateMessage(TheStack().AsUser(UserOf(name)).get(), request, &response));
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<voicemail::Voicemail> Delete(const std::string& name) {
  voicemail::DeleteMessageRequest request;
  request.set_name(name);
  voicemail::Voicemail response;
  const auto status = Outcome(Voicemails()->DeleteMessage(TheStack().AsUser(UserOf(name)).get(), request, &response));
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<voicemail::Voicemail> Undelete(const std::string& name) {
  voicemail::UndeleteMessageRequest request;
  request.set_name(name);
  voicemail::Voicemail response;
  const auto status = Outcome(Voicemails()->UndeleteMessage(TheStack().AsUser(UserOf(name)).get(), request, &response));
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<voicemail::DeliverySettings> SetDelivery(const std::string& user, voicemail::DeliveryType type,
                                                        const std::string& address, bool attach,
                                                        const std::string& token) {
  voicemail::UpdateDeliverySettingsRequest request;
  auto& settings = *request.mutable_settings();
  settings.set_name(user + "/deliverySettings");
  settings.set_delivery_type(type);
  settings.set_notify_address(address);
  settings.set_attach_audio(attach);
  voicemail::DeliverySettings response;
  absl::Status status;
  testing::Eventually([&] {
    const auto context = token.empty() ? TheStack().AsUser(user) : TheStack().With(token);
    status = Outcome(Voicemails()->UpdateDeliverySettings(context.get(), request, &response));
    return !absl::IsNotFound(status) || !token.empty();
  });
  if (!status.ok()) return status;
  return response;
}

ews::EwsCall As(const Person& person) {
  ews::EwsCall call;
  call.mailbox = person.email;
  return call;
}

std::optional<ews::Message> MailOf(const Person& person, const std::string& voicemail_name, const std::string& folder) {
  ews::FindItemsQuery query;
  query.folder = ews::FolderRef::Named(folder);
  query.restriction = ews::IsEqualTo(ews::CrosspointIdPath(), IdOf(voicemail_name));
  const auto page = TheStack().mailboxes().FindMessages(query, As(person));
  EXPECT_TRUE(page.ok()) << page.status();
  if (!page.ok() || page->items.empty()) return std::nullopt;
  EXPECT_EQ(page->items.size(), 1u) << "doubled";
  const auto whole = TheStack().mailboxes().GetMessages(
      {page->items.front().id},
      {ews::CrosspointIdPath(), ews::CallerNumberHeader(), ews::CallerNameHeader(), ews::VoiceDurationHeader(),
       ews::CallerNumberPath(), ews::CallerNamePath(), ews::VoiceDurationPath()},
      ews::Detail::kFactsAndBody, As(person));
  if (!whole.ok() || !whole->front().ok()) return std::nullopt;  // moved on meanwhile
  return *whole->front();
}

ews::Message AwaitMail(const Person& person, const std::string& voicemail_name, const std::string& folder) {
  std::optional<ews::Message> mail;
  EXPECT_TRUE(testing::Eventually(
      [&] {
        mail = MailOf(person, voicemail_name, folder);
        return mail.has_value();
      },
      std::chrono::seconds(20)))
      << "no mail in " << folder;
  return mail.value_or(ews::Message());
}

}  // namespace crosspoint::e2e
