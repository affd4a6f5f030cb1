#include "directory/adapters/ews_connector_probe.h"

#include "common/status/status.h"
#include "connectors/ews/diagnosis.h"

namespace crosspoint::directory {
namespace {

ConnectorStep StepOf(ews::DiagnosisStep step) {
  switch (step) {
    case ews::DiagnosisStep::kNameLookup:
      return ConnectorStep::kNameLookup;
    case ews::DiagnosisStep::kTcp:
      return ConnectorStep::kTcp;
    case ews::DiagnosisStep::kTls:
      return ConnectorStep::kTls;
    case ews::DiagnosisStep::kExchange:
      return ConnectorStep::kExchange;
    case ews::DiagnosisStep::kAuthentication:
      return ConnectorStep::kAuthentication;
    case ews::DiagnosisStep::kImpersonation:
      return ConnectorStep::kImpersonation;
    case ews::DiagnosisStep::kContacts:
      return ConnectorStep::kContacts;
    case ews::DiagnosisStep::kMeetings:
      return ConnectorStep::kMeetings;
    case ews::DiagnosisStep::kCalendarEvents:
      return ConnectorStep::kCalendarEvents;
    case ews::DiagnosisStep::kPictures:
      return ConnectorStep::kPictures;
    case ews::DiagnosisStep::kDirectory:
      break;
  }
  return ConnectorStep::kDirectory;
}

StepOutcome OutcomeOf(ews::StepOutcome outcome) {
  switch (outcome) {
    case ews::StepOutcome::kOk:
      return StepOutcome::kOk;
    case ews::StepOutcome::kFailed:
      return StepOutcome::kFailed;
    case ews::StepOutcome::kNotTried:
      break;
  }
  return StepOutcome::kNotTried;
}

}  // namespace

absl::StatusOr<ConnectorReport> EwsConnectorProbe::Probe(const TenantId& tenant, const std::string& mailbox,
                                                         Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto config, connections_.ConfigOf(tenant));
  ConnectorReport report;
  for (auto& step : ews::Diagnose(config, {.mailbox = mailbox, .deadline = deadline})) {
    report.steps.push_back(
        {StepOf(step.step), OutcomeOf(step.outcome), step.took, std::move(step.message), std::move(step.remedy)});
  }
  return report;
}

}  // namespace crosspoint::directory
