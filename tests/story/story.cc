#include "tests/story/story.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <map>
#include <nlohmann/json.hpp>

#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "connectors/ews/properties.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "tests/story/presence_watcher.h"

namespace crosspoint::story {
namespace {

using namespace std::chrono_literals;
namespace directory = ::crosspoint::directory::v1;
namespace meetings = ::crosspoint::meeting_sync::v1;

constexpr char kSubject[] = "Budget review";
constexpr char kChosenState[] = "do-not-disturb";

TimePoint Now() { return SystemClock().Now(); }

double Millis(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string LocalTime(TimePoint time) {
  return fmt::format("{:%H:%M:%S}", fmt::localtime(std::chrono::system_clock::to_time_t(
                                        std::chrono::time_point_cast<std::chrono::system_clock::duration>(time))));
}

// A call as the user or an administrator, its error with our ErrorInfo.
template <class Stub, class Request, class Response>
absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Stub& stub,
                  const std::unique_ptr<grpc::ClientContext>& context, const Request& request, Response& response) {
  return grpcx::FromGrpc((stub.*method)(context.get(), request, &response));
}

}  // namespace

Story::Story(testing::Stack& stack) : stack_(stack) {}
Story::~Story() = default;

void Story::Say(const std::string& finding) { fmt::print("     {}\n", finding); }

bool Story::Step(const std::string& title, const std::function<absl::Status()>& step) {
  fmt::print("\n{}. {}\n", ++step_, title);
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  const auto status = step();
  const auto took = Millis(std::chrono::steady_clock::now() - start);
  if (status.ok()) {
    fmt::print("     done in {:.1f} ms\n", took);
  } else {
    fmt::print("     FAILED after {:.1f} ms: {}\n", took, status.ToString());
  }
  std::fflush(stdout);
  return status.ok();
}

bool Story::Play() {
  return Step("Start: Redis, Exchange simulator, directory, two presence replicas, meeting-sync",
              [this] { return StartEverything(); }) &&
         Step("Import users of the telephony system", [this] { return ImportUsers(); }) &&
         Step("Search a person who is in both directories", [this] { return SearchFindsAPersonInBothDirectories(); }) &&
         Step("Fetch the person's photo, twice", [this] { return ShowPhoto(); }) &&
         Step("Watch the person's availability on both presence replicas", [this] { return WatchOnEveryReplica(); }) &&
         Step("Put a meeting into the mailbox over EWS, starting in a few seconds",
              [this] { return PutAMeetingIntoTheMailbox(); }) &&
         Step("List the person's meetings, and take one as a calendar file", [this] { return ListTheMeeting(); }) &&
         Step("The meeting begins: both watchers see it", [this] { return TheMeetingBegins(); }) &&
         Step("The meeting ends: both watchers see that too", [this] { return TheMeetingEnds(); });
}

absl::Status Story::StartEverything() {
  stack_.Start();
  for (auto* process : stack_.processes()) {
    Say(fmt::format("{:<15} pid {:<7} resident {:>5.1f} MB", process->label(), process->pid(),
                    static_cast<double>(process->MemoryKb("Rss")) / 1024));
  }
  return absl::OkStatus();
}

absl::Status Story::ImportUsers() {
  // Every second mailbox owner is a user of the telephony system too; the others are found in the corporate list only.
  auto answer = nlohmann::json::parse(stack_.exchange().Get("/sim/mailboxes"), nullptr, false);
  auto people = answer.is_object() && answer.contains("mailboxes") ? answer["mailboxes"] : answer;
  // The story's person has an empty calendar, so that no other meeting begins while it is told.
  const nlohmann::json person{{"email", "anna.story@corp.example"},
                              {"display_name", "Anna Story"},
                              {"given_name", "Anna"},
                              {"surname", "Story"},
                              {"department", "Sales"},
                              {"business_phone", "+49 30 23125 999"}};
  stack_.exchange().Post("/sim/mailboxes", person.dump());
  stack_.exchange().Post("/sim/photos", R"({"email": "anna.story@corp.example", "present": true})");
  people.insert(people.begin(), person);
  directory::BatchCreateUsersRequest request;
  request.set_parent(testing::Stack::kTenant);
  for (size_t i = 0; i < people.size(); i += 2) {
    auto& user = *request.add_requests()->mutable_user();
    user.set_display_name(people[i].value("display_name", ""));
    user.set_email(people[i].value("email", ""));
    user.set_extension(std::to_string(2000 + i));
    user.set_mailbox_binding(directory::MAILBOX_BINDING_EWS);
  }
  directory::BatchCreateUsersResponse response;
  const auto stub = directory::DirectoryService::NewStub(stack_.Channel("directory"));
  CROSSPOINT_RETURN_IF_ERROR(
      Call(&directory::DirectoryService::Stub::BatchCreateUsers, *stub, stack_.AsAdmin(), request, response));
  int created = 0;
  for (const auto& result : response.results()) {
    if (!result.has_user()) return absl::InternalError(result.error().message());
    ++created;
  }
  if (created == 0) return absl::InternalError("the company has nobody");
  user_name_ = response.results(0).user().name();
  email_ = response.results(0).user().email();
  Say(fmt::format("{} users, each with extension and mailbox", created));
  return absl::OkStatus();
}

absl::Status Story::SearchFindsAPersonInBothDirectories() {
  directory::SearchPeopleRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_query(email_.substr(0, email_.find_first_of(".@")));
  directory::SearchPeopleResponse response;
  const auto stub = directory::DirectoryService::NewStub(stack_.Channel("directory"));
  CROSSPOINT_RETURN_IF_ERROR(
      Call(&directory::DirectoryService::Stub::SearchPeople, *stub, stack_.AsUser(user_name_), request, response));
  if (response.partial()) return absl::UnavailableError("the corporate list did not answer");
  Say(fmt::format("\"{}\" finds {} people", request.query(), response.people_size()));
  for (const auto& person : response.people()) {
    if (person.user() != user_name_) continue;
    if (person.phones().empty()) return absl::InternalError("nothing of the corporate list was merged");
    Say(fmt::format("{}: extension {} from our users; {} and department {} from the corporate list",
                    person.display_name(), person.extension(), person.phones(0).number(), person.department()));
    return absl::OkStatus();
  }
  return absl::NotFoundError(user_name_ + " is not among them");
}

absl::Status Story::ShowPhoto() {
  const auto stub = directory::DirectoryService::NewStub(stack_.Channel("directory"));
  for (const char* time : {"first", "again"}) {
    directory::GetPhotoRequest request;
    request.set_parent(testing::Stack::kTenant);
    request.set_email(email_);
    directory::Photo photo;
    const auto start = std::chrono::steady_clock::now();
    CROSSPOINT_RETURN_IF_ERROR(
        Call(&directory::DirectoryService::Stub::GetPhoto, *stub, stack_.AsUser(user_name_), request, photo));
    Say(fmt::format("{}: {} bytes of {}, etag {}, {:.1f} ms", time, photo.content().size(), photo.content_type(),
                    photo.etag(), Millis(std::chrono::steady_clock::now() - start)));
  }
  return absl::OkStatus();
}

absl::Status Story::WatchOnEveryReplica() {
  for (int replica = 0; replica < 2; ++replica) {
    watchers_.push_back(std::make_unique<PresenceWatcher>(stack_.Channel("presence", replica),
                                                          stack_.AsUser(user_name_), std::vector{user_name_}));
    const auto first = watchers_.back()->WaitFor(user_name_, "available", 0, 5s);
    if (!first) return absl::DeadlineExceededError(fmt::format("presence-{} told no state", replica));
    Say(fmt::format("presence-{}: {} ({})", replica, first->state, first->color));
  }
  return absl::OkStatus();
}

absl::Status Story::PutAMeetingIntoTheMailbox() {
  // Exchange keeps whole seconds.
  meeting_start_ =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::floor<std::chrono::seconds>(Now())) + 5s;
  meeting_end_ = meeting_start_ + 4s;
  ews::CalendarDraft draft{.subject = kSubject, .location = "Room 4", .start = meeting_start_, .end = meeting_end_};
  draft.extended_properties = {{ews::CrosspointAvailabilityStatePath(), kChosenState}};
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto id, stack_.mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = email_}));
  Say(fmt::format("\"{}\" from {} to {} in {}'s mailbox, with the state {} chosen", kSubject, LocalTime(meeting_start_),
                  LocalTime(meeting_end_), email_, kChosenState));
  return absl::OkStatus();
}

absl::Status Story::ListTheMeeting() {
  const auto stub = meetings::MeetingService::NewStub(stack_.Channel("meeting-sync"));
  meetings::ListMeetingsRequest request;
  request.set_parent(user_name_);
  request.set_page_size(500);
  meetings::ListMeetingsResponse response;
  absl::Status listed;
  // meeting-sync may still be learning of the users that were just imported.
  testing::Eventually([&] {
    listed = Call(&meetings::MeetingService::Stub::ListMeetings, *stub, stack_.AsUser(user_name_), request, response);
    return !absl::IsUnavailable(listed) && !absl::IsNotFound(listed);
  });
  CROSSPOINT_RETURN_IF_ERROR(listed);
  for (const auto& meeting : response.meetings()) {
    if (meeting.subject() != kSubject) continue;
    Say(fmt::format("{} meetings, among them \"{}\" in {}", response.meetings_size(), meeting.subject(),
                    meeting.location()));
    meetings::DownloadIcsRequest download;
    download.set_name(meeting.name());
    meetings::IcsFile file;
    CROSSPOINT_RETURN_IF_ERROR(
        Call(&meetings::MeetingService::Stub::DownloadIcs, *stub, stack_.AsUser(user_name_), download, file));
    Say(fmt::format("{}: {} bytes of {}", file.filename(), file.content().size(), file.content_type()));
    return absl::OkStatus();
  }
  return absl::NotFoundError("the meeting is not listed");
}

absl::Status Story::WatchersSee(const std::string& state, TimePoint due) {
  for (size_t replica = 0; replica < watchers_.size(); ++replica) {
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(due - Now()) + 3s;
    const auto seen = watchers_[replica]->WaitFor(user_name_, state, 1, wait);
    if (!seen) return absl::DeadlineExceededError(fmt::format("presence-{} did not tell {}", replica, state));
    Say(fmt::format("presence-{}: {} ({}), {:+.1f} ms from its time", replica, seen->state, seen->color,
                    Millis(seen->at - due)));
  }
  return absl::OkStatus();
}

absl::Status Story::TheMeetingBegins() { return WatchersSee(kChosenState, meeting_start_); }
absl::Status Story::TheMeetingEnds() { return WatchersSee("available", meeting_end_); }

}  // namespace crosspoint::story
