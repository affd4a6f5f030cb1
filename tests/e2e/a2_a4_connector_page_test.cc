// A2: the connector page and what clients learn of it. A4: its username and password are kept and never used.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>

#include <fstream>
#include <iterator>

#include "crosspoint/directory/v1/connector_service.grpc.pb.h"
#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using ::testing::HasSubstr;

// A hosted tenant's, so that nobody else's tests meet a disabled Exchange.
constexpr char kTenant[] = "south";
constexpr char kPage[] = "tenants/south/exchangeConnector";

std::unique_ptr<directory::ConnectorService::Stub> Connectors() {
  return directory::ConnectorService::NewStub(TheStack().Channel("directory"));
}

directory::ExchangeConnector Page(bool enabled) {
  directory::ExchangeConnector page;
  page.set_name(kPage);
  page.set_enabled(enabled);
  page.set_server_address(TheStack().exchange().ews_url());
  page.set_username("unused");
  page.set_password("unused");
  return page;
}

absl::Status Update(const directory::ExchangeConnector& page) {
  directory::UpdateExchangeConnectorRequest request;
  *request.mutable_connector() = page;
  directory::ExchangeConnector stored;
  const auto context = TheStack().AsAdmin(kTenant);
  context->set_wait_for_ready(true);
  return Outcome(Connectors()->UpdateExchangeConnector(context.get(), request, &stored));
}

absl::Status Search(directory::SearchPeopleResponse& response, const std::string& query) {
  directory::SearchPeopleRequest request;
  request.set_parent(std::string("tenants/") + kTenant);
  request.set_query(query);
  return Outcome(
      Directory()->SearchPeople(TheStack().AsUser("tenants/south/users/searcher").get(), request, &response));
}

TEST(A2, ClientsAreToldTheServerAndNoneOnceItIsDisabled) {
  ASSERT_TRUE(Update(Page(true)).ok());
  directory::WatchClientConfigRequest request;
  request.set_parent(std::string("tenants/") + kTenant);
  const auto context = TheStack().AsUser("tenants/south/users/client");
  const auto stub = Connectors();
  const auto reader = stub->WatchClientConfig(context.get(), request);
  directory::ClientConfig config;
  ASSERT_TRUE(reader->Read(&config));
  EXPECT_TRUE(config.exchange_enabled());
  EXPECT_EQ(config.exchange_server(), TheStack().exchange().ews_url());
  ASSERT_TRUE(Update(Page(false)).ok());
  ASSERT_TRUE(reader->Read(&config));
  EXPECT_FALSE(config.exchange_enabled());
  EXPECT_EQ(config.exchange_server(), "");
  ASSERT_TRUE(Update(Page(true)).ok());
  ASSERT_TRUE(reader->Read(&config));
  EXPECT_EQ(config.exchange_server(), TheStack().exchange().ews_url());
}

TEST(A2, DisabledConnectorIsNotSearchedAndEnabledItIsAgain) {
  const auto mailbox = NewMailbox("Galonly Umberto");
  ASSERT_TRUE(Update(Page(false)).ok());
  directory::SearchPeopleResponse response;
  ASSERT_TRUE(Search(response, "Umberto").ok());
  EXPECT_EQ(response.people_size(), 0);
  EXPECT_FALSE(response.partial()) << "nothing is missing: there is no such list";
  ASSERT_TRUE(Update(Page(true)).ok());
  response.Clear();
  ASSERT_TRUE(Search(response, "Umberto").ok());
  EXPECT_EQ(response.people_size(), 1);
}

TEST(A4, JunkInTheTextsIsKeptAndTheConnectorWorks) {
  auto page = Page(true);
  page.set_username("nobody@nowhere.invalid\n' OR 1=1 --");
  page.set_password("\xE4\xB8\xAD wrong password <>&\"");
  ASSERT_TRUE(Update(page).ok());
  directory::GetExchangeConnectorRequest get;
  get.set_name(kPage);
  directory::ExchangeConnector stored;
  ASSERT_TRUE(Outcome(Connectors()->GetExchangeConnector(TheStack().AsAdmin(kTenant).get(), get, &stored)).ok());
  EXPECT_EQ(stored.username(), page.username());
  EXPECT_EQ(stored.password(), page.password());
  const auto person = NewMailbox("Junk Proof");
  directory::TestExchangeConnectorRequest test;
  test.set_name(kPage);
  test.set_mailbox(person.email);
  directory::TestExchangeConnectorResponse response;
  const auto context = TheStack().AsAdmin(kTenant);
  const auto tested = Outcome(Connectors()->TestExchangeConnector(context.get(), test, &response));
  ASSERT_TRUE(tested.ok()) << tested;
  ASSERT_EQ(response.results_size(), 5);
  for (const auto& result : response.results()) EXPECT_TRUE(result.works()) << result.problem();
}

TEST(A4, EmptyTextsAreRefusedNamingTheField) {
  auto page = Page(true);
  page.clear_username();
  auto status = Update(page);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(status), HasSubstr("connector.username"));
  page = Page(true);
  page.clear_password();
  status = Update(page);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(status), HasSubstr("connector.password"));
}

TEST(A4, NeitherTextGetsIntoAnyLog) {
  auto page = Page(true);
  page.set_username("telltale-user-4711");
  page.set_password("telltale-password-4711");
  ASSERT_TRUE(Update(page).ok());
  page.set_server_address("no address");
  ASSERT_FALSE(Update(page).ok());
  for (auto* process : TheStack().processes()) {
    std::ifstream log(process->log_file());
    const std::string text{std::istreambuf_iterator<char>(log), {}};
    EXPECT_EQ(text.find("telltale-"), std::string::npos) << process->label();
  }
}

}  // namespace
}  // namespace crosspoint::e2e
