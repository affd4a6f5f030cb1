#pragma once

// What the command groups share in calling: included by them alone.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/clock/time_point.h"
#include "common/status/status.h"
#include "ctl/client/failure.h"
#include "ctl/client/session.h"
#include "ctl/commands/commands.h"

namespace crosspoint::ctl {

template <class Stub, class Request, class Response>
absl::Status Call(Session& session, Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                  Response& response) {
  return session.Outcome((stub.*method)(session.Call().get(), request, &response));
}

// Asks for page after page until `take` has seen the last, or has given back false.
template <class Stub, class Request, class Response, class Take>
absl::Status EachPage(Session& session, Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                      Take take) {
  for (;;) {
    Response response;
    CROSSPOINT_RETURN_IF_ERROR(Call(session, stub, method, request, response));
    if (!take(response) || response.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(response.next_page_token());
  }
}

// Adds a command whose options are one struct: `bind` declares them, `run` does it.
template <class Options, class Bind>
void AddCommand(CLI::App& parent, const std::string& name, const std::string& help, Chosen& chosen, Bind bind,
                absl::Status (*run)(Session&, const Options&)) {
  auto* command = parent.add_subcommand(name, help);
  auto options = std::make_shared<Options>();  // shared by the parser and the chosen command
  bind(*command, *options);
  command->callback([&chosen, options, run] {
    chosen.command = [options, run](Session& session) { return run(session, *options); };
  });
}

// A group that needs one of its commands.
inline CLI::App& AddGroup(CLI::App& app, const std::string& name, const std::string& help) {
  auto* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  return *group;
}

TimePoint Now();
// Random, as `request_id` wants it.
std::string NewRequestId();

template <class Timestamp>
TimePoint FromTimestamp(const Timestamp& time) {
  return TimePoint{std::chrono::seconds{time.seconds()} + std::chrono::microseconds{time.nanos() / 1000}};
}

template <class Timestamp>
void ToTimestamp(TimePoint time, Timestamp& result) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  result.set_seconds(whole.time_since_epoch().count());
  result.set_nanos(static_cast<int>((time - whole).count() * 1000));
}

// The last part of a resource name.
std::string IdOf(const std::string& name);

// The whole file, or standard input for "-".
//   kInvalidArgument (usage)  unreadable, or larger than `limit`
absl::StatusOr<std::string> ReadInput(const std::string& file, size_t limit);
// Into `file`, which appears whole or not at all, or to standard output for "-".
absl::Status WriteOutput(Session& session, const std::string& file, const std::string& content);

}  // namespace crosspoint::ctl
