// How long the story's steps take on the running system: from the moment one side is told to the moment the other shows
// it, through the gateway, mutual TLS behind it, a synced append-only file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "connectors/ews/client.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "tests/bench/story/samples.h"
#include "tests/story/call.h"
#include "tests/story/stage.h"

namespace crosspoint::bench {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using story::Call;
namespace directory = ::crosspoint::directory::v1;
namespace meetings = ::crosspoint::meeting_sync::v1;

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
  stage.stack().exchange().Post("/sim/mailboxes", mailbox.dump());
  directory::CreateUserRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.mutable_user()->set_display_name("Bench Person");
  request.mutable_user()->set_email(stage.anna.email);
  request.mutable_user()->set_extension("2000");
  request.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_EWS);
  directory::User user;
  const auto stub = directory::DirectoryService::NewStub(stage.gateway());
  const auto made = Call(&directory::DirectoryService::Stub::CreateUser, *stub, stage.stack().AsAdmin(), request, user);
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
    const auto item = stage_.stack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, mailbox());
    if (!item.ok()) Die("create an item", item.status());
    const auto created = SteadyClock::now();
    Until(subject + " is listed", [&] { return Lists(subject); });
    appears_.Add(SteadyClock::now() - created);

    const auto asked = SteadyClock::now();
    if (const auto listed = List(); !listed.ok()) Die("list", listed.status());
    call_.Add(SteadyClock::now() - asked);

    const auto gone = stage_.stack().mailboxes().DeleteCalendarItem(*item, ews::DeleteType::kMoveToDeletedItems,
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

int Run(int rounds) {
  testing::Stack stack;
  stack.Start();
  story::Stage stage(stack);
  MakePerson(stage);
  Calendar calendar(stage);
  for (int number = 0; number < rounds; ++number) calendar.Round(number);
  calendar.Print();
  fmt::print("rounds={} {}\n", rounds, calendar.Figures());
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
