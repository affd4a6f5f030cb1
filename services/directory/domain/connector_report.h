#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace crosspoint::directory {

enum class ConnectorStep {
  kNameLookup,
  kTcp,
  kTls,
  kExchange,
  kAuthentication,
  kImpersonation,
  kContacts,
  kMeetings,
  kCalendarEvents,
  kPictures,
  kDirectory,
};

enum class StepOutcome { kOk, kFailed, kNotTried };

struct ConnectorStepResult {
  ConnectorStep step = ConnectorStep::kNameLookup;
  StepOutcome outcome = StepOutcome::kNotTried;
  std::chrono::milliseconds took{0};
  std::string message;
  std::string remedy;  // empty: nothing is to be done
};

// What a test of a tenant's connector came to.
struct ConnectorReport {
  std::string mailbox;                     // tried with; empty: none was known
  std::vector<ConnectorStepResult> steps;  // in the order of ConnectorStep
};

}  // namespace crosspoint::directory
