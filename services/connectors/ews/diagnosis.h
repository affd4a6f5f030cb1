#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/probe.h"
#include "connectors/ews/config.h"

namespace crosspoint::ews {

enum class DiagnosisStep {
  kNameLookup,
  kTcp,
  kTls,
  kExchange,        // EWS answers at this address
  kAuthentication,  // the service account may log in
  kImpersonation,   // and act for a mailbox
  kContacts,        // from here on what Crosspoint does with it
  kMeetings,
  kCalendarEvents,
  kPictures,
  kDirectory,
};
inline constexpr size_t kDiagnosisSteps = static_cast<size_t>(DiagnosisStep::kDirectory) + 1;

enum class StepOutcome { kOk, kFailed, kNotTried };

struct StepReport {
  DiagnosisStep step = DiagnosisStep::kNameLookup;
  StepOutcome outcome = StepOutcome::kNotTried;
  std::chrono::milliseconds took{0};
  std::string message;  // what was found, or why the step was not tried
  std::string remedy;   // what an administrator can do; empty when nothing is to be done
};

struct DiagnosisRequest {
  std::string mailbox;  // primary address of the mailbox to try with; empty: steps that need one are not tried
  std::chrono::steady_clock::time_point deadline;
  http::Resolver resolve = http::Resolve;
};

// Tries a connection to Exchange step by step, in the order of DiagnosisStep, each once; a step whose ground is missing
// is not tried. The name is looked up once: later steps go to the very address that was checked. Everything is read
// only, but for one private appointment without attendees that is put into the mailbox's calendar of 2001 and deleted
// at once. `config` as Validate() wants it. Blocks its thread; beyond the deadline nothing is tried any more.
std::vector<StepReport> Diagnose(const EwsConfig& config, const DiagnosisRequest& request);

}  // namespace crosspoint::ews
