#include "tests/chaos/voicemails.h"

#include <fmt/format.h>

#include "common/grpcx/status.h"
#include "common/ids/digest.h"
#include "connectors/ews/client.h"
#include "connectors/ews/mail_types.h"
#include "connectors/ews/properties.h"
#include "tests/support/wav.h"

namespace crosspoint::chaos {

namespace v1 = ::crosspoint::voicemail::v1;

namespace {

constexpr size_t kMostMessages = 15;  // of one person; more are deleted first

}  // namespace

Voicemails::Voicemails(World& world) : world_(world) {
  for (const auto& person : world_.people()) {
    v1::UpdateDeliverySettingsRequest request;
    request.mutable_settings()->set_name(person.name + "/deliverySettings");
    request.mutable_settings()->set_delivery_type(v1::DELIVERY_TYPE_SYNCED);
    absl::Status set;
    // The service may still be learning of the users.
    testing::Eventually([&] {
      const auto stub = v1::VoicemailService::NewStub(world_.Any("voicemail"));
      v1::DeliverySettings settings;
      set = grpcx::FromGrpc(
          stub->UpdateDeliverySettings(World::Patient(world_.stack().AsUser(person.name)).get(), request, &settings));
      return set.ok();
    });
    if (!set.ok()) throw std::runtime_error("delivery settings: " + set.ToString());
  }
}

void Voicemails::Act(const std::atomic<bool>& stop) {
  if (!open_ && !deleting_) {
    const auto& messages = left_[world_.people()[Below(world_.people().size())].email];
    if (messages.size() > kMostMessages || Below(4) == 0) return Delete(stop);
  }
  deleting_ ? Delete(stop) : Leave(stop);
}

void Voicemails::Leave(const std::atomic<bool>& stop) {
  if (!open_) {
    const auto& people = world_.people();
    auto wav = testing::MakeWav({.milliseconds = 200, .seed = ++next_});
    auto digest = Sha256Hex(wav);  // no two recordings are the same, so it names this one
    open_ = Recording{&people[Below(people.size())], std::move(wav), std::move(digest), NewRequestId()};
  }
  while (!stop) {
    const auto stub = v1::VoicemailService::NewStub(world_.Any("voicemail"));
    const auto context =
        World::Patient(world_.stack().With(world_.stack().credentials().Token("default", "pbx", {"integrator"})));
    v1::Voicemail voicemail;
    const auto stream = stub->DepositMessage(context.get(), &voicemail);
    v1::DepositMessageRequest request;
    request.mutable_header()->set_parent(open_->person->name);
    request.mutable_header()->set_request_id(open_->request_id);
    stream->Write(request);
    request.set_audio(open_->wav);
    stream->Write(request);
    stream->WritesDone();
    if (!stream->Finish().ok()) continue;
    left_[open_->person->email][open_->sha256] = voicemail.name();
    ++acknowledged_;
    open_.reset();
    return;
  }
}

void Voicemails::Delete(const std::atomic<bool>& stop) {
  if (!deleting_) {
    const auto& email = world_.people()[Below(world_.people().size())].email;
    if (left_[email].empty()) return;
    deleting_ = {email, left_[email].begin()->first};
  }
  const auto name = left_[deleting_->first][deleting_->second];
  while (!stop) {
    const auto stub = v1::VoicemailService::NewStub(world_.Any("voicemail"));
    v1::DeleteMessageRequest request;
    request.set_name(name);
    v1::Voicemail voicemail;
    const auto user = name.substr(0, name.rfind("/voicemails/"));
    if (!stub->DeleteMessage(World::Patient(world_.stack().AsUser(user)).get(), request, &voicemail).ok()) continue;
    left_[deleting_->first].erase(deleting_->second);
    ++acknowledged_;
    deleting_.reset();
    return;
  }
}

Difference Voicemails::Check() {
  Difference difference;
  for (const auto& person : world_.people()) {
    for (int replica = 0; replica < world_.stack().Replicas("voicemail"); ++replica) {
      difference.Add(CheckList(person, replica));
    }
    difference.Add(CheckMailbox(person));
  }
  return difference;
}

Difference Voicemails::CheckList(const World::Person& person, int replica) {
  std::map<std::string, int> found;  // by digest
  const auto stub = v1::VoicemailService::NewStub(world_.stack().Channel("voicemail", replica));
  v1::ListMessagesRequest request;
  request.set_parent(person.name);
  request.set_page_size(500);
  do {
    v1::ListMessagesResponse page;
    const auto listed =
        grpcx::FromGrpc(stub->ListMessages(World::Patient(world_.stack().AsUser(person.name)).get(), request, &page));
    if (!listed.ok()) return {1, 0, "voicemails cannot be listed: " + listed.ToString()};
    for (const auto& message : page.messages()) ++found[message.sha256()];
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());

  Difference difference;
  const auto& left = left_[person.email];
  for (const auto& [digest, name] : left) {
    const bool going = deleting_ && deleting_->second == digest;
    if (!found.contains(digest) && !going) difference.Add({1, 0, name + " is not listed"});
  }
  for (const auto& [digest, times] : found) {
    const bool coming = open_ && open_->sha256 == digest;
    if (times > 1) difference.Add({0, 1, person.email + " has a message twice"});
    if (!left.contains(digest) && !coming) difference.Add({0, 1, person.email + " has a message that was deleted"});
  }
  return difference;
}

// As many voice mails as messages that are known to be there; what is under way may be there or not.
Difference Voicemails::CheckMailbox(const World::Person& person) {
  ews::FindItemsQuery query;
  query.folder = ews::FolderRef::Named("inbox");
  query.page.max_entries = 1000;
  const auto page = world_.stack().mailboxes().FindMessages(query, {.mailbox = person.email});
  if (!page.ok()) return {1, 0, person.email + ": " + page.status().ToString()};
  int mails = 0;
  for (const auto& mail : page->items) mails += mail.item_class == ews::kVoiceMessageClass ? 1 : 0;
  const int left = static_cast<int>(left_[person.email].size());
  const int coming = open_ && open_->person->email == person.email ? 1 : 0;
  const int going = deleting_ && deleting_->first == person.email ? 1 : 0;
  if (mails < left - going) return {left - going - mails, 0, fmt::format("{} mails of {}", mails, left)};
  if (mails > left + coming) return {0, mails - left - coming, fmt::format("{} mails of {}", mails, left)};
  return {};
}

}  // namespace crosspoint::chaos
