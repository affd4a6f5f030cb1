// How long the story's steps take on the running system: from the moment one side is told to the moment the other shows
// it, through the gateway, mutual TLS behind it, a synced append-only file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "connectors/ews/client.h"
#include "connectors/ews/mail_types.h"
#include "connectors/ews/properties.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"
#include "tests/bench/story/samples.h"
#include "tests/story/call.h"
#include "tests/story/mailbox_watcher.h"
#include "tests/story/stack_system.h"
#include "tests/story/stage.h"
#include "tests/support/wav.h"

namespace crosspoint::bench {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using story::Call;
namespace directory = ::crosspoint::directory::v1;
namespace meetings = ::crosspoint::meeting_sync::v1;
namespace voicemail = ::crosspoint::voicemail::v1;

[[noreturn]] void Die(const std::string& what, const absl::Status& why) {
  fmt::print(stderr, "{}: {}\n", what, why.ToString());
  std::exit(1);
}

template <class Condition>
void Until(const std::string& what, Condition condition) {
  if (!testing::Eventually(condition, 30s)) Die(what, absl::DeadlineExceededError("does not happen"));
}

// Somebody with a mailbox of their own.
void MakePerson(story::Stage& stage) {
  stage.anna.email = "bench.person@corp.example";
  const nlohmann::json mailbox{{"email", stage.anna.email}, {"display_name", "Bench Person"}};
  if (const auto made = stage.system().Exchange("/sim/mailboxes", mailbox.dump()); !made.ok()) {
    Die("make the mailbox", made.status());
  }
  directory::CreateUserRequest request;
  request.set_parent(story::Stage::kTenant);
  request.mutable_user()->set_display_name("Bench Person");
  request.mutable_user()->set_email(stage.anna.email);
  request.mutable_user()->set_extension("2000");
  request.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_EWS);
  directory::User user;
  const auto stub = directory::DirectoryService::NewStub(stage.gateway());
  const auto made =
      Call(&directory::DirectoryService::Stub::CreateUser, *stub, stage.As("admin", {"tenant_admin"}), request, user);
  if (!made.ok()) Die("make the person", made);
  stage.anna.name = user.name();
}

// Meetings put into the mailbox and taken out of it, as the list shows them.
class Calendar {
 public:
  explicit Calendar(story::Stage& stage)
      : stage_(stage), stub_(meetings::MeetingService::NewStub(stage.gateway())), first_(story::Now() + 24h) {
    Until("the first list", [this] { return List().ok(); });
  }

  void Round(int number) {
    const auto subject = fmt::format("Round {}", number);
    const auto start = std::chrono::floor<std::chrono::seconds>(first_) + number * 1min;
    const ews::CalendarDraft draft{.subject = subject, .start = start, .end = start + 1min};
    const auto item = stage_.system().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, mailbox());
    if (!item.ok()) Die("create an item", item.status());
    const auto created = SteadyClock::now();
    Until(subject + " is listed", [&] { return Lists(subject); });
    appears_.Add(SteadyClock::now() - created);

    const auto asked = SteadyClock::now();
    if (const auto listed = List(); !listed.ok()) Die("list", listed.status());
    call_.Add(SteadyClock::now() - asked);

    const auto gone = stage_.system().mailboxes().DeleteCalendarItem(*item, ews::DeleteType::kMoveToDeletedItems,
                                                                     ews::Invitations::kNone, mailbox());
    if (!gone.ok()) Die("delete an item", gone);
    const auto deleted = SteadyClock::now();
    Until(subject + " is gone", [&] { return !Lists(subject); });
    disappears_.Add(SteadyClock::now() - deleted);
  }

  void Print() const {
    call_.Print("floor: one call of ListMeetings");
    appears_.Print("item made in the mailbox -> listed");
    disappears_.Print("item deleted in the mailbox -> listed no more");
  }
  std::string Figures() const { return appears_.Figures() + " " + disappears_.Figures() + " " + call_.Figures(); }

 private:
  ews::EwsCall mailbox() const { return {.mailbox = stage_.anna.email}; }

  absl::StatusOr<meetings::ListMeetingsResponse> List() {
    meetings::ListMeetingsRequest request;
    request.set_parent(stage_.anna.name);
    request.set_page_size(500);
    meetings::ListMeetingsResponse response;
    CROSSPOINT_RETURN_IF_ERROR(
        Call(&meetings::MeetingService::Stub::ListMeetings, *stub_, stage_.As(stage_.anna), request, response));
    return response;
  }

  bool Lists(const std::string& subject) {
    const auto response = List();
    if (!response.ok()) Die("list", response.status());
    return std::any_of(response->meetings().begin(), response->meetings().end(),
                       [&subject](const meetings::Meeting& meeting) { return meeting.subject() == subject; });
  }

  story::Stage& stage_;
  const std::unique_ptr<meetings::MeetingService::Stub> stub_;
  const TimePoint first_;
  Samples call_{"list_call"};
  Samples appears_{"mailbox_to_list"};
  Samples disappears_{"mailbox_deleted_to_list"};
};

// Messages left and deleted in the mailbox, as mailbox and lamp show them.
class Voicemail {
 public:
  explicit Voicemail(story::Stage& stage)
      : stage_(stage),
        stub_(voicemail::VoicemailService::NewStub(stage.gateway())),
        phone_(stage.gateway(), stage.As(stage.anna), stage.anna.name),
        wav_(testing::MakeWav()) {
    voicemail::UpdateDeliverySettingsRequest request;
    request.mutable_settings()->set_name(stage.anna.name + "/deliverySettings");
    request.mutable_settings()->set_delivery_type(voicemail::DELIVERY_TYPE_SYNCED);
    Until("the delivery settings", [&] {
      voicemail::DeliverySettings settings;
      return Call(&voicemail::VoicemailService::Stub::UpdateDeliverySettings, *stub_, stage_.As(stage_.anna), request,
                  settings)
          .ok();
    });
  }

  void Round() {
    const auto begun = SteadyClock::now();
    Deposit();
    const auto safe = SteadyClock::now();
    deposit_.Add(safe - begun);
    std::vector<ews::Message> mails;
    Until("a mail", [&] { return !(mails = VoiceMails()).empty(); });
    mail_.Add(SteadyClock::now() - safe);
    if (!phone_.WaitFor(true, 1, 30s)) Die("the lamp", absl::DeadlineExceededError("stays off"));

    const auto deleted = stage_.system().mailboxes().DeleteItems(
        {mails.front().id}, ews::DeleteType::kMoveToDeletedItems, {.mailbox = stage_.anna.email});
    if (!deleted.ok()) Die("delete the mail", deleted.status());
    const auto gone = story::Now();
    const auto off = phone_.WaitFor(false, 0, 30s);
    if (!off) Die("the lamp", absl::DeadlineExceededError("stays on"));
    lamp_.Add(*off - gone);
  }

  void Print() const {
    deposit_.Print("floor: a message is left, until it is safe");
    mail_.Print("it is safe -> a mail in the Inbox");
    lamp_.Print("the mail is deleted -> the lamp is off");
  }
  std::string Figures() const { return deposit_.Figures() + " " + mail_.Figures() + " " + lamp_.Figures(); }

 private:
  void Deposit() {
    const auto context = stage_.As("pbx", {"integrator"});
    voicemail::Voicemail deposited;
    const auto stream = stub_->DepositMessage(context.get(), &deposited);
    voicemail::DepositMessageRequest request;
    request.mutable_header()->set_parent(stage_.anna.name);
    stream->Write(request);
    request.set_audio(wav_);
    stream->Write(request);
    stream->WritesDone();
    if (const auto done = grpcx::FromGrpc(stream->Finish()); !done.ok()) Die("deposit", done);
  }

  std::vector<ews::Message> VoiceMails() {
    ews::FindItemsQuery query;
    query.folder = ews::FolderRef::Named("inbox");
    auto page = stage_.system().mailboxes().FindMessages(query, {.mailbox = stage_.anna.email});
    if (!page.ok()) Die("look into the Inbox", page.status());
    std::erase_if(page->items, [](const ews::Message& mail) { return mail.item_class != ews::kVoiceMessageClass; });
    return std::move(page->items);
  }

  story::Stage& stage_;
  const std::unique_ptr<voicemail::VoicemailService::Stub> stub_;
  story::MailboxWatcher phone_;
  const std::string wav_;
  Samples deposit_{"deposit"};
  Samples mail_{"deposit_to_inbox"};
  Samples lamp_{"mail_deleted_to_lamp"};
};

int Run(int rounds) {
  testing::Stack stack;
  stack.Start();
  story::StackSystem system(stack);
  story::Stage stage(system);
  MakePerson(stage);
  Calendar calendar(stage);
  for (int number = 0; number < rounds; ++number) calendar.Round(number);
  Voicemail messages(stage);
  for (int number = 0; number < rounds; ++number) messages.Round();
  calendar.Print();
  messages.Print();
  fmt::print("rounds={} {} {}\n", rounds, calendar.Figures(), messages.Figures());
  return 0;
}

}  // namespace
}  // namespace crosspoint::bench

int main(int argc, char** argv) {
  CLI::App arguments("Latencies of the story's steps.");
  int rounds = 200;
  arguments.add_option("--rounds", rounds, "how often each step")->check(CLI::Range(1, 10'000))->capture_default_str();
  CLI11_PARSE(arguments, argc, argv);
  return crosspoint::bench::Run(rounds);
}
