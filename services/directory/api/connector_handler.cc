#include "directory/api/connector_handler.h"

#include <string_view>

#include "common/status/status.h"
#include "directory/domain/user.h"

namespace crosspoint::directory {
namespace {

constexpr std::string_view kSuffix = "/exchangeConnector";

absl::StatusOr<TenantId> TenantOfConnector(const std::string& name) {
  if (!name.ends_with(kSuffix)) return InvalidField("name", "must be tenants/{tenant}/exchangeConnector");
  return TenantId::Parse(name.substr(0, name.size() - kSuffix.size()));
}

v1::ConnectorStep ToProto(ConnectorStep step) {
  switch (step) {
    case ConnectorStep::kNameLookup:
      return v1::CONNECTOR_STEP_NAME_LOOKUP;
    case ConnectorStep::kTcp:
      return v1::CONNECTOR_STEP_TCP;
    case ConnectorStep::kTls:
      return v1::CONNECTOR_STEP_TLS;
    case ConnectorStep::kExchange:
      return v1::CONNECTOR_STEP_EXCHANGE;
    case ConnectorStep::kAuthentication:
      return v1::CONNECTOR_STEP_AUTHENTICATION;
    case ConnectorStep::kImpersonation:
      return v1::CONNECTOR_STEP_IMPERSONATION;
    case ConnectorStep::kContacts:
      return v1::CONNECTOR_STEP_CONTACTS;
    case ConnectorStep::kMeetings:
      return v1::CONNECTOR_STEP_MEETINGS;
    case ConnectorStep::kCalendarEvents:
      return v1::CONNECTOR_STEP_CALENDAR_EVENTS;
    case ConnectorStep::kPictures:
      return v1::CONNECTOR_STEP_PICTURES;
    case ConnectorStep::kDirectory:
      return v1::CONNECTOR_STEP_DIRECTORY;
  }
  return v1::CONNECTOR_STEP_UNSPECIFIED;
}

v1::StepOutcome ToProto(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::kOk:
      return v1::STEP_OUTCOME_OK;
    case StepOutcome::kFailed:
      return v1::STEP_OUTCOME_FAILED;
    case StepOutcome::kNotTried:
      return v1::STEP_OUTCOME_NOT_TRIED;
  }
  return v1::STEP_OUTCOME_UNSPECIFIED;
}

// CAPABILITY_UNSPECIFIED for the steps before them.
v1::Capability CapabilityOf(ConnectorStep step) {
  switch (step) {
    case ConnectorStep::kContacts:
      return v1::CAPABILITY_CONTACTS;
    case ConnectorStep::kMeetings:
      return v1::CAPABILITY_MEETINGS;
    case ConnectorStep::kCalendarEvents:
      return v1::CAPABILITY_CALENDAR_EVENTS;
    case ConnectorStep::kPictures:
      return v1::CAPABILITY_PICTURES;
    case ConnectorStep::kDirectory:
      return v1::CAPABILITY_DIRECTORY;
    default:
      return v1::CAPABILITY_UNSPECIFIED;
  }
}

void AddStep(const ConnectorStepResult& result, v1::TestExchangeConnectorResponse& response) {
  auto& step = *response.add_steps();
  step.set_step(ToProto(result.step));
  step.set_outcome(ToProto(result.outcome));
  step.mutable_took()->set_seconds(result.took.count() / 1000);
  step.mutable_took()->set_nanos(static_cast<int32_t>(result.took.count() % 1000 * 1'000'000));
  step.set_message(result.message);
  step.set_remedy(result.remedy);
  const auto capability = CapabilityOf(result.step);
  if (capability == v1::CAPABILITY_UNSPECIFIED) return;
  auto& summary = *response.add_results();
  summary.set_capability(capability);
  summary.set_works(result.outcome == StepOutcome::kOk);
  if (summary.works()) return;
  summary.set_problem(result.remedy.empty() ? result.message : result.message + ". " + result.remedy);
}

}  // namespace

void ConnectorHandler::Bind(grpcx::Methods& methods) {
  methods.Waiting("TestExchangeConnector", this, &ConnectorHandler::TestExchangeConnector);
}

absl::Status ConnectorHandler::TestExchangeConnector(const v1::TestExchangeConnectorRequest& request,
                                                     const grpcx::Call& call,
                                                     v1::TestExchangeConnectorResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, TenantOfConnector(request.name()));
  if (!feed_.Knows(tenant)) {
    return ErrorWithInfo(absl::StatusCode::kNotFound, tenant.Name() + " does not exist",
                         {.reason = "TENANT_UNKNOWN", .domain = "directory.crosspoint", .metadata = {}});
  }
  if (!request.mailbox().empty() && !IsEmail(request.mailbox())) {
    return InvalidField("mailbox", "must be an address such as ada@corp.example, or empty");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto report, test_run_.Run(tenant, request.mailbox(), call.steady_deadline));
  response.set_mailbox(report.mailbox);
  for (const auto& step : report.steps) AddStep(step, response);
  return absl::OkStatus();
}

}  // namespace crosspoint::directory
