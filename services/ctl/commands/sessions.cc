#include "crosspoint/gateway/v1/gateway_service.grpc.pb.h"
#include "ctl/commands/call.h"
#include "ctl/input/times.h"

namespace crosspoint::ctl {
namespace {

namespace v1 = ::crosspoint::gateway::v1;
using Stub = v1::GatewayService::Stub;

struct ListOptions {};

// "PROGRAM_KIND_OUTLOOK_ADDIN" as "outlook-addin".
std::string Word(std::string name, std::string_view prefix) {
  if (name.rfind(prefix, 0) == 0) name.erase(0, prefix.size());
  for (auto& c : name) c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
  return name;
}

absl::Status RunList(Session& session, const ListOptions& /*options*/) {
  v1::ListSessionsRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_parent(), session.Tenant());
  request.set_page_size(500);
  Table table({"SESSION", "USER", "PROGRAM", "DEVICE", "SINCE", "CHANNELS"});
  const auto stub = v1::GatewayService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR((EachPage<Stub, v1::ListSessionsRequest, v1::ListSessionsResponse>(
      session, *stub, &Stub::ListSessions, request, [&](const auto& page) {
        for (const auto& one : page.sessions()) {
          session.out().Json(one);
          std::string channels;
          for (const auto channel : one.channels()) {
            channels +=
                (channels.empty() ? "" : " ") + Word(v1::Channel_Name(static_cast<v1::Channel>(channel)), "CHANNEL_");
          }
          table.Add({IdOf(one.session()), IdOf(one.user()), Word(v1::ProgramKind_Name(one.program()), "PROGRAM_KIND_"),
                     one.device(), ShortTime(FromTimestamp(one.connect_time()), Now()), channels});
        }
        return true;
      })));
  session.out().Print(table);
  return absl::OkStatus();
}

}  // namespace

void AddSessions(CLI::App& app, Chosen& chosen) {
  AddCommand<ListOptions>(
      app, "sessions", "List the client programs that are connected", chosen, [](CLI::App&, ListOptions&) {}, &RunList);
}

}  // namespace crosspoint::ctl
