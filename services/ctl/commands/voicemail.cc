#include <fmt/format.h>

#include <fstream>

#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"
#include "ctl/commands/call.h"
#include "ctl/input/times.h"

namespace crosspoint::ctl {
namespace {

using namespace std::chrono_literals;
namespace v1 = ::crosspoint::voicemail::v1;
using Stub = v1::VoicemailService::Stub;

constexpr char kCollection[] = "voicemails";
constexpr size_t kLargestAudio = size_t{256} << 20;
constexpr size_t kChunk = 32 * 1024;
constexpr auto kCommandTime = 15s;  // a command that nobody takes expires after 10 s, and that is to be told

struct DepositOptions {
  std::string user;
  std::string file;
  std::string caller;
};

struct ListOptions {
  size_t limit = 0;
  bool deleted = false;
};

struct PlayOptions {
  std::string message;
  std::string file;
  std::string device;
};

struct DeleteOptions {
  std::string message;
};

void Print(Session& session, const v1::MailboxSummary& summary) {
  session.out().Line(fmt::format("{} new, {} heard, lamp {}", summary.new_messages(), summary.heard_messages(),
                                 summary.lamp() ? "on" : "off"));
}

absl::Status RunDeposit(Session& session, const DepositOptions& options) {
  v1::DepositMessageRequest request;
  auto& header = *request.mutable_header();
  CROSSPOINT_ASSIGN_OR_RETURN(*header.mutable_parent(), session.User(options.user));
  header.set_caller(options.caller);
  header.set_request_id(NewRequestId());
  CROSSPOINT_ASSIGN_OR_RETURN(const auto audio, ReadInput(options.file, kLargestAudio));
  const auto stub = v1::VoicemailService::NewStub(session.channel());
  const auto context = session.Call(60s);
  v1::Voicemail voicemail;
  const auto stream = stub->DepositMessage(context.get(), &voicemail);
  Progress progress(session.out(), "bytes", audio.size());
  bool open = stream->Write(request);
  for (size_t sent = 0; open && sent < audio.size(); sent += kChunk) {
    request.set_audio(audio.substr(sent, kChunk));
    open = stream->Write(request);
    progress.Done(std::min(sent + kChunk, audio.size()));
  }
  stream->WritesDone();
  CROSSPOINT_RETURN_IF_ERROR(session.Outcome(stream->Finish()));
  session.out().Json(voicemail);
  session.out().Line(fmt::format("{}  {}  {}", IdOf(voicemail.name()),
                                 ShortLength(std::chrono::seconds(voicemail.length().seconds())), voicemail.sha256()));
  return absl::OkStatus();
}

absl::Status RunList(Session& session, const ListOptions& options) {
  v1::ListMessagesRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_parent(), session.User(""));
  request.set_show_deleted(options.deleted);
  request.set_page_size(500);
  Table table({"ID", "RECEIVED", "LENGTH", "CALLER", "NAME", "STATE"});
  size_t shown = 0;
  const auto stub = v1::VoicemailService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR((EachPage<Stub, v1::ListMessagesRequest, v1::ListMessagesResponse>(
      session, *stub, &Stub::ListMessages, request, [&](const auto& page) {
        for (const auto& message : page.messages()) {
          if (options.limit != 0 && shown == options.limit) return false;
          ++shown;
          session.out().Json(message);
          table.Add({IdOf(message.name()), ShortTime(FromTimestamp(message.receive_time()), Now()),
                     ShortLength(std::chrono::seconds(message.length().seconds())), message.caller(),
                     message.caller_name(),
                     message.has_delete_time()                      ? "deleted"
                     : message.state() == v1::VOICEMAIL_STATE_HEARD ? "heard"
                                                                    : "new"});
        }
        return true;
      })));
  session.out().Print(table);
  if (session.out().json()) return absl::OkStatus();
  v1::GetMailboxSummaryRequest summary_request;
  summary_request.set_parent(request.parent());
  v1::MailboxSummary summary;
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::GetMailboxSummary, summary_request, summary));
  Print(session, summary);
  return absl::OkStatus();
}

// Why a device that was told to play did not, and what to do.
absl::Status NotPlayed(const v1::PlayMessageResponse& response, const std::string& device) {
  const auto detail = response.detail().empty() ? "" : ": " + response.detail();
  const std::string remedy =
      response.outcome() == "NO_PROGRAM" ? "; crosspointctl sessions shows who is connected" : "";
  return absl::FailedPreconditionError(
      fmt::format("{} did not play it: {}{}{}", device, response.outcome(), detail, remedy));
}

absl::Status PlayOnDevice(Session& session, const std::string& name, const std::string& device) {
  v1::PlayMessageRequest request;
  request.set_name(name);
  request.set_device(device);
  request.set_request_id(NewRequestId());
  const auto stub = v1::VoicemailService::NewStub(session.channel());
  const auto context = session.Call(kCommandTime);
  v1::PlayMessageResponse response;
  CROSSPOINT_RETURN_IF_ERROR(session.Outcome(stub->PlayMessage(context.get(), request, &response)));
  session.out().Json(response);
  if (response.outcome() != "DONE") return NotPlayed(response, device);
  session.out().Line(fmt::format("{} is played on {}", IdOf(name), device));
  return absl::OkStatus();
}

absl::Status RunPlay(Session& session, const PlayOptions& options) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, session.Resource(options.message, kCollection));
  if (!options.device.empty()) return PlayOnDevice(session, name, options.device);
  if (options.file.empty() && session.out().result_is_terminal()) {
    return UsageError("a WAV on the terminal helps nobody: give -o FILE, --device NAME, or pipe it, as in … | aplay");
  }
  v1::StreamAudioRequest request;
  request.set_name(name);
  const auto stub = v1::VoicemailService::NewStub(session.channel());
  const auto context = session.Call(60s);
  const auto stream = stub->StreamAudio(context.get(), request);
  std::string audio;
  for (v1::StreamAudioResponse part; stream->Read(&part);) {
    audio += part.audio();
    if (audio.size() > kLargestAudio) context->TryCancel();
  }
  CROSSPOINT_RETURN_IF_ERROR(session.Outcome(stream->Finish()));
  return WriteOutput(session, options.file.empty() ? "-" : options.file, audio);
}

absl::Status RunDelete(Session& session, const DeleteOptions& options) {
  v1::DeleteMessageRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.message, kCollection));
  v1::Voicemail voicemail;
  const auto stub = v1::VoicemailService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::DeleteMessage, request, voicemail));
  session.out().Json(voicemail);
  session.out().Line(fmt::format("{} is deleted; undelete brings it back for 30 days", IdOf(voicemail.name())));
  return absl::OkStatus();
}

absl::Status RunUndelete(Session& session, const DeleteOptions& options) {
  v1::UndeleteMessageRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.message, kCollection));
  v1::Voicemail voicemail;
  const auto stub = v1::VoicemailService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::UndeleteMessage, request, voicemail));
  session.out().Json(voicemail);
  session.out().Line(IdOf(voicemail.name()) + " is back");
  return absl::OkStatus();
}

void BindMessage(CLI::App& command, DeleteOptions& options) {
  command.add_option("message", options.message, "id or full name")->required();
}

}  // namespace

void AddVoicemail(CLI::App& app, Chosen& chosen) {
  auto& group = AddGroup(app, "voicemail", "Recorded messages");
  AddCommand<DepositOptions>(
      group, "deposit", "Leave a message for a user, as a telephone system does (needs an integrator's token)", chosen,
      [](CLI::App& command, DepositOptions& options) {
        command.add_option("recipient", options.user, "id, address or full name of the user")->required();
        command.add_option("file", options.file, "WAV; - reads standard input")->required();
        command.add_option("--caller", options.caller, "the caller's number, as +4930123");
      },
      &RunDeposit);
  AddCommand<ListOptions>(
      group, "list", "List messages, newest first, and whether the lamp is lit", chosen,
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--limit", options.limit, "at most so many; 0 means all")->capture_default_str();
        command.add_flag("--deleted", options.deleted, "deleted ones that can be brought back, too");
      },
      &RunList);
  AddCommand<PlayOptions>(
      group, "play", "Write the audio to a file or a pipe, or play it on a device", chosen,
      [](CLI::App& command, PlayOptions& options) {
        command.add_option("message", options.message, "id or full name")->required();
        auto* file = command.add_option("-o,--output", options.file, "file to write");
        command.add_option("--device", options.device, "your device that plays it")->excludes(file);
      },
      &RunPlay);
  AddCommand<DeleteOptions>(group, "delete", "Delete a message", chosen, &BindMessage, &RunDelete);
  AddCommand<DeleteOptions>(group, "undelete", "Bring a deleted message back", chosen, &BindMessage, &RunUndelete);
}

}  // namespace crosspoint::ctl
