// A5: contacts, meetings, calendar events, pictures and the directory through one connector, each tried and proven.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>

#include <map>

#include "crosspoint/directory/v1/connector_service.grpc.pb.h"
#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using ::testing::HasSubstr;

absl::Status TryConnector(const std::string& mailbox, directory::TestExchangeConnectorResponse& response) {
  directory::TestExchangeConnectorRequest request;
  request.set_name(std::string(testing::Stack::kTenant) + "/exchangeConnector");
  request.set_mailbox(mailbox);
  response.Clear();
  const auto stub = directory::ConnectorService::NewStub(TheStack().Channel("directory"));
  return Outcome(stub->TestExchangeConnector(TheStack().AsAdmin().get(), request, &response));
}

const directory::CapabilityResult& Result(const directory::TestExchangeConnectorResponse& response,
                                          directory::Capability capability) {
  for (const auto& result : response.results()) {
    if (result.capability() == capability) return result;
  }
  return directory::CapabilityResult::default_instance();
}

TEST(A5, FiveCapabilitiesAreTriedAndWork) {
  const auto person = NewPerson();
  const std::map<std::string, int> before = {{"CreateItem", ExchangeCalls("CreateItem")},
                                             {"DeleteItem", ExchangeCalls("DeleteItem")},
                                             {"FindItem", ExchangeCalls("FindItem")},
                                             {"GetUserPhoto", ExchangeCalls("GetUserPhoto")},
                                             {"ResolveNames", ExchangeCalls("ResolveNames")}};
  directory::TestExchangeConnectorResponse response;
  const auto status = TryConnector(person.email, response);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(response.mailbox(), person.email);
  ASSERT_EQ(response.results_size(), 5);
  for (const auto& result : response.results()) {
    EXPECT_TRUE(result.works()) << result.problem();
    EXPECT_EQ(result.problem(), "");
  }
  ASSERT_EQ(response.steps_size(), 11);
  for (const auto& step : response.steps()) {
    // The simulator is behind plain HTTP here.
    EXPECT_EQ(step.outcome(), step.step() == directory::CONNECTOR_STEP_TLS ? directory::STEP_OUTCOME_NOT_TRIED
                                                                           : directory::STEP_OUTCOME_OK)
        << step.message();
    EXPECT_NE(step.message(), "");
  }
  // Exchange was really asked for each of them.
  for (const auto& [operation, count] : before) EXPECT_GT(ExchangeCalls(operation), count) << operation;
}

TEST(A5, TheAppointmentOfTheTestIsGoneAfterwards) {
  const auto person = NewPerson();
  directory::TestExchangeConnectorResponse response;
  ASSERT_TRUE(TryConnector(person.email, response).ok());
  ASSERT_TRUE(Result(response, directory::CAPABILITY_MEETINGS).works());
  const auto mailbox = TheStack().exchange().Get("/sim/mailboxes?email=" + person.email);
  EXPECT_THAT(mailbox, HasSubstr("\"items\": 0"));
}

TEST(A5, FailedCapabilityIsToldWithARemedyAndWorksAgainLater) {
  const auto person = NewPerson();
  TheStack().exchange().Post("/sim/faults",
                             R"({"operation": "CreateItem", "kind": "server_busy", "back_off_ms": 5000})");
  directory::TestExchangeConnectorResponse response;
  ASSERT_TRUE(TryConnector(person.email, response).ok());
  const auto& meetings = Result(response, directory::CAPABILITY_MEETINGS);
  EXPECT_FALSE(meetings.works());
  EXPECT_THAT(meetings.problem(), HasSubstr("ErrorServerBusy"));
  EXPECT_THAT(meetings.problem(), HasSubstr("New-ThrottlingPolicy"));
  EXPECT_TRUE(Result(response, directory::CAPABILITY_PICTURES).works());
  TheStack().exchange().ForgetFaults();
  ASSERT_TRUE(TryConnector(person.email, response).ok());
  EXPECT_TRUE(Result(response, directory::CAPABILITY_MEETINGS).works());
}

TEST(A5, MailboxThatIsNotThereLeavesTheDirectory) {
  directory::TestExchangeConnectorResponse response;
  ASSERT_TRUE(TryConnector("nobody@corp.example", response).ok());
  EXPECT_FALSE(Result(response, directory::CAPABILITY_CONTACTS).works());
  EXPECT_EQ(response.steps(5).step(), directory::CONNECTOR_STEP_IMPERSONATION);
  EXPECT_EQ(response.steps(5).outcome(), directory::STEP_OUTCOME_FAILED);
  EXPECT_THAT(response.steps(5).remedy(), HasSubstr("Get-Mailbox"));
}

TEST(A5, WrongRequestsAreRefusedNamingTheField) {
  const auto stub = directory::ConnectorService::NewStub(TheStack().Channel("directory"));
  directory::TestExchangeConnectorResponse response;
  EXPECT_THAT(MessageOf(TryConnector("no address", response)), HasSubstr("mailbox"));
  directory::TestExchangeConnectorRequest request;
  request.set_name(testing::Stack::kTenant);
  EXPECT_THAT(MessageOf(Outcome(stub->TestExchangeConnector(TheStack().AsAdmin().get(), request, &response))),
              HasSubstr("tenants/{tenant}/exchangeConnector"));
}

}  // namespace
}  // namespace crosspoint::e2e
