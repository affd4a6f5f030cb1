#include "connectors/ews/diagnosis_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const TimePoint kNow = TimePoint{std::chrono::hours{24 * 365 * 56}};

http::TlsFacts GoodFor(std::chrono::hours left) {
  return {.version = "TLSv1.3",
          .certificate = {.subject = "CN=mail", .issuer = "CN=authority", .names = {"mail"}, .not_after = kNow + left}};
}

TEST(DiagnosisWords, CertificateThatSoonExpiresIsFineWithAWarning) {
  const Finding later = OfTls(GoodFor(std::chrono::hours(24 * 90)), "mail", "", kNow);
  EXPECT_EQ(later.outcome, StepOutcome::kOk);
  EXPECT_THAT(later.remedy, IsEmpty());
  const Finding soon = OfTls(GoodFor(std::chrono::hours(24 * 10)), "mail", "", kNow);
  EXPECT_EQ(soon.outcome, StepOutcome::kOk);
  EXPECT_THAT(soon.remedy, HasSubstr("10 days are left"));
}

TEST(DiagnosisWords, ChainThatEndsTooEarlyIsToldWithWhatTheServerSent) {
  http::TlsFacts facts = GoodFor(std::chrono::hours(24 * 90));
  facts.problem = http::TlsProblem::kUnknownAuthority;
  facts.certificates_sent = 1;
  EXPECT_THAT(OfTls(facts, "mail", "/ca.pem", kNow).remedy, HasSubstr("it sends one certificate"));
  facts.certificates_sent = 3;
  EXPECT_THAT(OfTls(facts, "mail", "/ca.pem", kNow).remedy, Not(HasSubstr("one certificate")));
}

TEST(DiagnosisWords, CommandsQuoteNamesAndNameAnUnknownAccountAsSuch) {
  const absl::Status denied = StatusFromResponseCode("ErrorImpersonateUserDenied", "no");
  EXPECT_THAT(OfCall(DiagnosisStep::kImpersonation, denied, "CORP\\o\"neil", "a@corp.example").remedy,
              HasSubstr("-User \"CORP\\o`\"neil\""));
  EXPECT_THAT(OfCall(DiagnosisStep::kImpersonation, denied, "", "a@corp.example").remedy,
              HasSubstr("-User \"SERVICE ACCOUNT\""));
}

TEST(DiagnosisWords, EveryFailureOfEveryCallHasARemedy) {
  for (const char* code :
       {"ErrorAccessDenied", "ErrorServerBusy", "ErrorMailboxMoveInProgress", "ErrorItemNotFound",
        "ErrorCrossSiteRequest", "ErrorOfTomorrow", "ErrorPasswordExpired", "ErrorSchemaValidation"}) {
    for (size_t step = static_cast<size_t>(DiagnosisStep::kAuthentication); step < kDiagnosisSteps; ++step) {
      const Finding finding =
          OfCall(static_cast<DiagnosisStep>(step), StatusFromResponseCode(code, ""), "svc", "a@corp.example");
      EXPECT_EQ(finding.outcome, StepOutcome::kFailed);
      EXPECT_THAT(finding.message, HasSubstr(code));
      EXPECT_THAT(finding.remedy, Not(IsEmpty())) << code << step;
    }
  }
}

}  // namespace
}  // namespace crosspoint::ews
