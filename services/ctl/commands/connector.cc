#include <fmt/format.h>

#include "crosspoint/directory/v1/connector_service.grpc.pb.h"
#include "ctl/commands/call.h"
#include "ctl/output/text.h"

namespace crosspoint::ctl {
namespace {

using namespace std::chrono_literals;
namespace v1 = ::crosspoint::directory::v1;
using Stub = v1::ConnectorService::Stub;

struct GetOptions {};

struct SetOptions {
  std::optional<std::string> server;
  std::optional<std::string> username;
  std::optional<std::string> password;
  std::optional<std::string> secret;
  bool enable = false;
  bool disable = false;
};

struct TestOptions {
  std::string mailbox;
};

absl::StatusOr<std::string> ConnectorName(const Session& session) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, session.Tenant());
  return tenant + "/exchangeConnector";
}

void Print(Session& session, const v1::ExchangeConnector& connector) {
  auto& out = session.out();
  out.Json(connector);
  out.Line(fmt::format("enabled  {}", connector.enabled() ? "yes" : "no"));
  out.Line("server   " + Printable(connector.server_address()));
  out.Line("secret   " + Printable(connector.credential_secret()));
}

absl::Status RunGet(Session& session, const GetOptions& /*options*/) {
  v1::GetExchangeConnectorRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_name(), ConnectorName(session));
  v1::ExchangeConnector connector;
  const auto stub = v1::ConnectorService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::GetExchangeConnector, request, connector));
  Print(session, connector);
  return absl::OkStatus();
}

absl::Status RunSet(Session& session, const SetOptions& options) {
  v1::UpdateExchangeConnectorRequest request;
  auto& connector = *request.mutable_connector();
  auto& mask = *request.mutable_update_mask();
  CROSSPOINT_ASSIGN_OR_RETURN(*connector.mutable_name(), ConnectorName(session));
  const auto set = [&mask](const std::optional<std::string>& value, const char* field, std::string& target) {
    if (!value) return;
    target = *value;
    mask.add_paths(field);
  };
  set(options.server, "server_address", *connector.mutable_server_address());
  set(options.username, "username", *connector.mutable_username());
  set(options.password, "password", *connector.mutable_password());
  set(options.secret, "credential_secret", *connector.mutable_credential_secret());
  if (options.enable || options.disable) {
    connector.set_enabled(options.enable);
    mask.add_paths("enabled");
  }
  if (mask.paths().empty()) return UsageError("nothing to set: see crosspointctl connector set --help");
  v1::ExchangeConnector updated;
  const auto stub = v1::ConnectorService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(Call(session, *stub, &Stub::UpdateExchangeConnector, request, updated));
  Print(session, updated);
  return absl::OkStatus();
}

// "CONNECTOR_STEP_NAME_LOOKUP" as "name lookup".
std::string StepWord(v1::ConnectorStep step) {
  constexpr std::string_view kPrefix = "CONNECTOR_STEP_";
  auto word = v1::ConnectorStep_Name(step);
  if (word.rfind(kPrefix, 0) == 0) word.erase(0, kPrefix.size());
  for (auto& c : word) c = c == '_' ? ' ' : static_cast<char>(std::tolower(c));
  return word;
}

absl::Status RunTest(Session& session, const TestOptions& options) {
  v1::TestExchangeConnectorRequest request;
  CROSSPOINT_ASSIGN_OR_RETURN(*request.mutable_name(), ConnectorName(session));
  request.set_mailbox(options.mailbox);
  v1::TestExchangeConnectorResponse response;
  const auto stub = v1::ConnectorService::NewStub(session.channel());
  CROSSPOINT_RETURN_IF_ERROR(session.Outcome(stub->TestExchangeConnector(session.Call(70s).get(), request, &response)));
  session.out().Json(response);
  Table table({"STEP", "", "TOOK", "FOUND"});
  int failed = 0;
  for (const auto& step : response.steps()) {
    failed += step.outcome() == v1::STEP_OUTCOME_FAILED ? 1 : 0;
    table.Add({StepWord(step.step()),
               step.outcome() == v1::STEP_OUTCOME_OK       ? "ok"
               : step.outcome() == v1::STEP_OUTCOME_FAILED ? "FAILED"
                                                           : "not tried",
               fmt::format("{} ms", step.took().seconds() * 1000 + step.took().nanos() / 1'000'000), step.message()});
  }
  session.out().Print(table);
  for (const auto& step : response.steps()) {
    if (!step.remedy().empty()) {
      session.out().Line(fmt::format("\n{}: {}", StepWord(step.step()), Printable(step.remedy())));
    }
  }
  if (failed > 0) return absl::FailedPreconditionError(fmt::format("{} steps failed", failed));
  return absl::OkStatus();
}

}  // namespace

void AddConnector(CLI::App& app, Chosen& chosen) {
  auto& group = AddGroup(app, "connector", "The tenant's connection to Exchange (needs an administrator's token)");
  AddCommand<GetOptions>(
      group, "get", "Show it", chosen, [](CLI::App&, GetOptions&) {}, &RunGet);
  AddCommand<SetOptions>(
      group, "set", "Change what is given; the rest stays", chosen,
      [](CLI::App& command, SetOptions& options) {
        command.add_option("--address", options.server, "host name, IP address or URL of the Exchange server");
        command.add_option("--username", options.username, "any text; the page wants one and never uses it");
        command.add_option("--password", options.password, "any text, never used");
        command.add_option("--secret", options.secret, "name of the secret with the credentials really used");
        auto* enable = command.add_flag("--enable", options.enable, "use the connector");
        command.add_flag("--disable", options.disable, "do not use it")->excludes(enable);
      },
      &RunSet);
  AddCommand<TestOptions>(
      group, "test", "Try it step by step and say what to do about what fails", chosen,
      [](CLI::App& command, TestOptions& options) {
        command.add_option("--mailbox", options.mailbox, "address of the mailbox to try with");
      },
      &RunTest);
}

}  // namespace crosspoint::ctl
