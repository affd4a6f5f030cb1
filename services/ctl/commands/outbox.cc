#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "ctl/commands/call.h"
#include "ctl/input/times.h"

namespace crosspoint::ctl {
namespace {

namespace v1 = ::crosspoint::admin::v1;
using Stub = v1::OperationsService::Stub;

// Every service keeps its own; the gateway is told by this header which is meant.
constexpr char kServiceHeader[] = "crosspoint-service";

struct ListOptions {
  std::string service;
};

struct ReplayOptions {
  std::string service;
  std::vector<std::string> names;
  bool all = false;
};

template <class Request, class Response>
absl::Status CallService(Session& session, const std::string& service,
                         grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                         const Request& request, Response& response) {
  const auto stub = v1::OperationsService::NewStub(session.channel());
  const auto context = session.Call();
  if (!service.empty()) context->AddMetadata(kServiceHeader, service);
  return session.Outcome((stub.get()->*method)(context.get(), request, &response));
}

template <class Take>
absl::Status EachDeadLetter(Session& session, const std::string& service, Take take) {
  v1::ListDeadLettersRequest request;
  request.set_page_size(500);
  for (;;) {
    v1::ListDeadLettersResponse page;
    CROSSPOINT_RETURN_IF_ERROR(CallService(session, service, &Stub::ListDeadLetters, request, page));
    for (const auto& letter : page.dead_letters()) take(letter);
    if (page.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(page.next_page_token());
  }
}

absl::Status RunList(Session& session, const ListOptions& options) {
  Table table({"NAME", "WORK", "TRIES", "SINCE", "ERROR"});
  CROSSPOINT_RETURN_IF_ERROR(EachDeadLetter(session, options.service, [&](const v1::DeadLetter& letter) {
    session.out().Json(letter);
    table.Add({letter.name(), letter.type(), std::to_string(letter.attempts()),
               ShortTime(FromTimestamp(letter.create_time()), Now()), letter.error()});
  }));
  if (table.empty()) {
    session.out().Remark("no work waits for a person");
    return absl::OkStatus();
  }
  session.out().Print(table);
  return absl::OkStatus();
}

absl::Status RunReplay(Session& session, const ReplayOptions& options) {
  if (options.all != options.names.empty()) return UsageError("give names from outbox list, or --all");
  auto names = options.names;
  // All names first: replaying while paging would move the pages.
  if (options.all) {
    CROSSPOINT_RETURN_IF_ERROR(EachDeadLetter(
        session, options.service, [&names](const v1::DeadLetter& letter) { names.push_back(letter.name()); }));
  }
  for (size_t done = 0; done < names.size(); ++done) {
    v1::ReplayDeadLetterRequest request;
    request.set_name(names[done]);
    v1::ReplayDeadLetterResponse response;
    const auto replayed = CallService(session, options.service, &Stub::ReplayDeadLetter, request, response);
    if (!replayed.ok() && done == 0) return replayed;
    if (!replayed.ok()) {
      return PartlyDone(std::to_string(done) + " put back, then " + names[done] + ": " + MessageOf(replayed));
    }
  }
  session.out().Line(std::to_string(names.size()) + " put back to be done again");
  return absl::OkStatus();
}

void BindService(CLI::App& command, std::string& service) {
  command.add_option("--service", service, "whose work, where the server is a gateway: meeting-sync, voicemail, …");
}

}  // namespace

void AddOutbox(CLI::App& app, Chosen& chosen) {
  auto& group = AddGroup(app, "outbox", "Work of a service that failed for good (needs an operator's token)");
  AddCommand<ListOptions>(
      group, "list", "List what waits for a person, oldest first", chosen,
      [](CLI::App& command, ListOptions& options) { BindService(command, options.service); }, &RunList);
  AddCommand<ReplayOptions>(
      group, "replay", "Put work back to be done again", chosen,
      [](CLI::App& command, ReplayOptions& options) {
        BindService(command, options.service);
        command.add_option("names", options.names, "as outbox list shows them");
        command.add_flag("--all", options.all, "everything that is listed");
      },
      &RunReplay);
}

}  // namespace crosspoint::ctl
