#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "ctl/commands/call.h"
#include "ctl/input/times.h"

namespace crosspoint::ctl {
namespace {

using namespace std::chrono_literals;
namespace v1 = ::crosspoint::presence::v1;
using Stub = v1::PresenceService::Stub;

struct GetOptions {
  std::vector<std::string> users;
};

struct SetOptions {
  std::string state;
  std::string note;
  std::string until;
  std::string duration;
  bool until_end = false;
};

struct ClearOptions {};

struct WatchOptions {
  std::vector<std::string> users;
  size_t count = 0;
};

std::string Word(v1::LineState state) {
  switch (state) {
    case v1::LINE_STATE_RINGING:
      return "ringing";
    case v1::LINE_STATE_ON_THE_PHONE:
      return "on the phone";
    case v1::LINE_STATE_HELD:
      return "held";
    case v1::LINE_STATE_IDLE:
      return "idle";
    default:
      return "";
  }
}

std::string UntilOf(const v1::Availability& availability) {
  return availability.has_end_time() ? ShortTime(FromTimestamp(availability.end_time()), Now()) : "";
}

absl::Status UsersOf(Session& session, const std::vector<std::string>& asked, std::vector<std::string>& names) {
  for (const auto& who : asked.empty() ? std::vector<std::string>{""} : asked) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto name, session.User(who));
    names.push_back(std::move(name));
  }
  return absl::OkStatus();
}

void Print(Session& session, const std::vector<v1::Presence>& presences) {
  Table table({"USER", "STATE", "UNTIL", "NOTE", "PHONE", "IM"});
  for (const auto& presence : presences) {
    session.out().Json(presence);
    const auto& availability = presence.availability();
    table.Add({IdOf(presence.user()), availability.display_name(), UntilOf(availability), availability.note(),
               Word(presence.line_state()), presence.im_state() == v1::IM_STATE_ONLINE ? "online" : ""});
  }
  session.out().Print(table);
}

absl::Status RunGet(Session& session, const GetOptions& options) {
  v1::BatchGetPresenceRequest request;
  std::vector<std::string> users;
  CROSSPOINT_RETURN_IF_ERROR(UsersOf(session, options.users, users));
  for (auto& user : users) request.add_users(std::move(user));
  v1::BatchGetPresenceResponse response;
  const auto stub = v1::PresenceService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::BatchGetPresence, request, response));
  Print(session, {response.presences().begin(), response.presences().end()});
  return absl::OkStatus();
}

absl::Status RunSet(Session& session, const SetOptions& options) {
  if ((options.until.empty() ? 0 : 1) + (options.duration.empty() ? 0 : 1) + (options.until_end ? 1 : 0) > 1) {
    return UsageError("--until, --for and --until-end exclude each other");
  }
  v1::SetAvailabilityRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_user(), session.User(""));
  request.set_state(options.state);
  request.set_note(options.note);
  request.set_request_id(NewRequestId());
  if (!options.until.empty()) {
    const auto until = ParseTime(options.until, Now());
    if (!until.ok()) return UsageError("--until: " + MessageOf(until.status()));
    ToTimestamp(*until, *request.mutable_end_time());
  }
  if (!options.duration.empty()) {
    const auto duration = ParseDuration(options.duration);
    if (!duration.ok()) return UsageError("--for: " + MessageOf(duration.status()));
    ToTimestamp(Now() + *duration, *request.mutable_end_time());
  }
  if (options.until_end) request.set_end_of_running_claim(true);
  v1::Presence presence;
  const auto stub = v1::PresenceService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::SetAvailability, request, presence));
  Print(session, {presence});
  return absl::OkStatus();
}

absl::Status RunClear(Session& session, const ClearOptions& /*options*/) {
  v1::ClearAvailabilityRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_user(), session.User(""));
  v1::Presence presence;
  const auto stub = v1::PresenceService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::ClearAvailability, request, presence));
  Print(session, {presence});
  return absl::OkStatus();
}

// One run of `presence watch`: streams one after another, each resumed where the last ended.
class Watch {
 public:
  Watch(Session& session, const WatchOptions& options) : session_(session), options_(options) {}

  absl::Status Run() {
    CROSSPOINT_RETURN_IF_ERROR(UsersOf(session_, options_.users, users_));
    const Interrupt::Scope scope(session_.interrupt(), [this] { Stop(); });
    auto wait = 200ms;
    for (;;) {
      const auto ended = Stream();
      if (Finished()) return absl::OkStatus();
      // Before the first answer nothing is known to work, so a wrong server is told at once.
      if (!ended.ok() && (!absl::IsUnavailable(ended) || token_.empty())) return ended;
      session_.out().Remark(ended.ok() ? "the stream ended; opening it again" : MessageOf(ended) + "; trying again");
      std::unique_lock lock(mu_);
      stop_.wait_for(lock, wait, [this] { return stopped_; });
      wait = std::min<std::chrono::milliseconds>(wait * 2, 5s);
    }
  }

 private:
  absl::Status Stream() {
    const auto stub = v1::PresenceService::NewStub(session_.channel());
    const auto context = session_.Stream();
    {
      const std::lock_guard lock(mu_);
      if (stopped_) return absl::OkStatus();
      context_ = context.get();
    }
    const auto stream = stub->WatchPresence(context.get());
    v1::WatchPresenceRequest request;
    for (const auto& user : users_) request.add_add_users(user);
    request.set_resume_token(token_);
    stream->Write(request);
    v1::WatchPresenceResponse response;
    while (!Finished() && stream->Read(&response)) {
      for (const auto& presence : response.presences()) Show(presence);
      token_ = response.resume_token();
      if (!session_.out().Flush()) return absl::InternalError("cannot write the result");
    }
    if (Finished()) context->TryCancel();  // otherwise the stream has ended and says why
    {
      const std::lock_guard lock(mu_);
      context_ = nullptr;
    }
    return session_.Outcome(stream->Finish());
  }

  void Show(const v1::Presence& presence) {
    if (Finished()) return;
    ++shown_;
    session_.out().Json(presence);
    const auto& availability = presence.availability();
    const auto until = UntilOf(availability);
    session_.out().Line(
        fmt::format("{}  {}{:<24} {}{}{}", ShortTime(Now(), Now()), session_.out().Dot(availability.color()),
                    IdOf(presence.user()), availability.display_name(), until.empty() ? "" : " until " + until,
                    presence.line_state() == v1::LINE_STATE_UNSPECIFIED ? "" : ", " + Word(presence.line_state())));
  }

  bool Finished() {
    const std::lock_guard lock(mu_);
    return stopped_ || (options_.count != 0 && shown_ >= options_.count);
  }

  void Stop() {
    const std::lock_guard lock(mu_);
    stopped_ = true;
    if (context_ != nullptr) context_->TryCancel();
    stop_.notify_all();
  }

  Session& session_;
  const WatchOptions& options_;
  std::vector<std::string> users_;
  std::string token_;
  size_t shown_ = 0;
  std::mutex mu_;
  std::condition_variable stop_;
  bool stopped_ = false;                    // guarded by mu_
  grpc::ClientContext* context_ = nullptr;  // guarded by mu_
};

absl::Status RunWatch(Session& session, const WatchOptions& options) { return Watch(session, options).Run(); }

}  // namespace

void AddPresence(CLI::App& app, Chosen& chosen) {
  auto& group = AddGroup(app, "presence", "Who is available");
  const std::string users_help = "ids, addresses or full names; none means --user";
  AddCommand<GetOptions>(
      group, "get", "Show the presence of users", chosen,
      [&](CLI::App& command, GetOptions& options) { command.add_option("users", options.users, users_help); }, &RunGet);
  AddCommand<SetOptions>(
      group, "set", "Set your availability by hand (or that of --user)", chosen,
      [](CLI::App& command, SetOptions& options) {
        command.add_option("state", options.state, "key of the availability table, as do-not-disturb")->required();
        command.add_option("--note", options.note, "text shown beside the state");
        command.add_option("--until", options.until, "a time: 14:30, +90m, 2026-11-24T10:00");
        command.add_option("--for", options.duration, "a duration: 15m, 2h");
        command.add_flag("--until-end", options.until_end, "until what holds now ends, as a running meeting");
      },
      &RunSet);
  AddCommand<ClearOptions>(
      group, "clear", "Take back what was set by hand", chosen, [](CLI::App&, ClearOptions&) {}, &RunClear);
  AddCommand<WatchOptions>(
      group, "watch", "Show every change as it happens, until Ctrl-C", chosen,
      [&](CLI::App& command, WatchOptions& options) {
        command.add_option("users", options.users, users_help);
        command.add_option("--count", options.count, "end after so many lines; 0 means never")->capture_default_str();
      },
      &RunWatch);
}

}  // namespace crosspoint::ctl
