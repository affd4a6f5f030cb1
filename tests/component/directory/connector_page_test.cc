// The connector page at two replicas: what is stored at one is in effect, and told to watchers, at both.
#include <optional>

#include "tests/component/directory/directory_fixture.h"

namespace crosspoint::directory {
namespace {

using ::testing::HasSubstr;

constexpr char kPage[] = "tenants/default/exchangeConnector";

// One open WatchClientConfig.
class ConfigWatch {
 public:
  explicit ConfigWatch(v1::ConnectorService::Stub& stub, std::unique_ptr<grpc::ClientContext> context)
      : context_(std::move(context)) {
    v1::WatchClientConfigRequest request;
    request.set_parent("tenants/default");
    reader_ = stub.WatchClientConfig(context_.get(), request);
  }
  // The next configuration; nullopt when the stream ends.
  std::optional<v1::ClientConfig> Next() {
    v1::ClientConfig config;
    if (!reader_->Read(&config)) return std::nullopt;
    return config;
  }

 private:
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReader<v1::ClientConfig>> reader_;
};

class ConnectorPageOfTwo : public DirectoryProcesses {
 protected:
  void SetUp() override { Restore(); }

  static v1::ExchangeConnector Page(bool enabled) {
    v1::ExchangeConnector page;
    page.set_name(kPage);
    page.set_enabled(enabled);
    page.set_server_address(stack_->exchange().ews_url());
    page.set_username("any text");
    page.set_password("at all");
    return page;
  }
  static absl::Status Update(const v1::ExchangeConnector& page, v1::ExchangeConnector* stored = nullptr,
                             const std::vector<std::string>& mask = {}, int replica = 0) {
    v1::UpdateExchangeConnectorRequest request;
    *request.mutable_connector() = page;
    for (const auto& path : mask) request.mutable_update_mask()->add_paths(path);
    v1::ExchangeConnector answer;
    const auto status = grpcx::FromGrpc(Connectors(replica)->UpdateExchangeConnector(Admin().get(), request, &answer));
    if (stored != nullptr) *stored = answer;
    return status;
  }
  static absl::Status TryGet(v1::ExchangeConnector& page, int replica) {
    v1::GetExchangeConnectorRequest request;
    request.set_name(kPage);
    return grpcx::FromGrpc(Connectors(replica)->GetExchangeConnector(Admin().get(), request, &page));
  }
  static v1::ExchangeConnector Get() {
    v1::ExchangeConnector page;
    const auto status = TryGet(page, 0);
    EXPECT_TRUE(status.ok()) << status;
    return page;
  }
  static absl::Status Test(int replica) {
    v1::TestExchangeConnectorRequest request;
    request.set_name(kPage);
    v1::TestExchangeConnectorResponse response;
    const auto context = Admin();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return grpcx::FromGrpc(Connectors(replica)->TestExchangeConnector(context.get(), request, &response));
  }
  static void Restore() { ASSERT_TRUE(Update(Page(true)).ok()); }
};

TEST_F(ConnectorPageOfTwo, EveryReplicaTellsTheStateAndThenTheChange) {
  const auto first = Connectors(0);
  const auto second = Connectors(1);
  ConfigWatch here(*first, Admin());
  ConfigWatch there(*second, Admin());
  for (auto* watch : {&here, &there}) {
    // The replica may still be about to hear of an earlier change.
    auto config = watch->Next();
    while (config && !config->exchange_enabled()) config = watch->Next();
    ASSERT_TRUE(config);
    EXPECT_EQ(config->exchange_server(), stack_->exchange().ews_url());
  }
  ASSERT_TRUE(Update(Page(false)).ok());
  for (auto* watch : {&here, &there}) {
    const auto config = watch->Next();
    ASSERT_TRUE(config);
    EXPECT_FALSE(config->exchange_enabled());
    EXPECT_EQ(config->exchange_server(), "");
  }
  ASSERT_TRUE(Update(Page(true)).ok());
  for (auto* watch : {&here, &there}) EXPECT_TRUE(watch->Next()->exchange_enabled());
}

TEST_F(ConnectorPageOfTwo, DisabledMeansNotAskedAtAnyReplicaAndEnabledAgain) {
  ASSERT_TRUE(Update(Page(false)).ok());
  for (int replica : {0, 1}) {
    EXPECT_TRUE(testing::Eventually([&] { return ReasonOf(Test(replica)) == "NO_CONNECTOR"; })) << replica;
  }
  Restore();
  for (int replica : {0, 1}) EXPECT_TRUE(testing::Eventually([&] { return Test(replica).ok(); })) << replica;
}

TEST_F(ConnectorPageOfTwo, PageOutlivesEveryProcess) {
  auto page = Page(true);
  page.set_username("kept over restarts");
  ASSERT_TRUE(Update(page).ok());
  for (int replica : {0, 1}) stack_->directory(replica).Kill();
  stack_->redis().Kill();
  stack_->redis().Restart();
  for (int replica : {0, 1}) stack_->directory(replica).Start();
  for (int replica : {0, 1}) stack_->directory(replica).WaitReady();
  for (int replica : {0, 1}) {
    // The first call may meet the connection to the process that is gone.
    EXPECT_TRUE(testing::Eventually([&] {
      v1::ExchangeConnector page;
      return TryGet(page, replica).ok() && page.username() == "kept over restarts";
    }));
  }
}

TEST_F(ConnectorPageOfTwo, StaleEtagIsAborted) {
  auto page = Get();
  v1::ExchangeConnector stored;
  page.set_username("first");
  ASSERT_TRUE(Update(page, &stored).ok());
  page.set_username("second");
  EXPECT_EQ(ReasonOf(Update(page)), "ETAG_STALE");
  stored.set_username("second");
  EXPECT_TRUE(Update(stored).ok());
}

TEST_F(ConnectorPageOfTwo, MaskChangesWhatItNames) {
  auto page = Page(false);
  page.set_username("");
  ASSERT_TRUE(Update(page, nullptr, {"enabled"}).ok());
  EXPECT_FALSE(Get().enabled());
  EXPECT_EQ(Get().username(), "any text");
  EXPECT_THAT(MessageOf(Update(page, nullptr, {"etag"})), HasSubstr("update_mask"));
}

TEST_F(ConnectorPageOfTwo, AddressesThatCannotWorkAreRefusedWithTheReason) {
  auto page = Page(true);
  page.set_server_address("outlook.office365.com");
  EXPECT_EQ(ReasonOf(Update(page)), "MEANS_GRAPH");
  EXPECT_THAT(MessageOf(Update(page)), HasSubstr("Microsoft Graph"));
  page.set_server_address("https://mail.attacker.example/EWS/Exchange.asmx");
  EXPECT_EQ(ReasonOf(Update(page)), "HOST_NOT_ALLOWED");
  page = Page(true);
  page.set_credential_secret("nobody-has-it");
  EXPECT_EQ(ReasonOf(Update(page)), "SECRET_UNKNOWN");
  page = Page(true);
  page.set_server_address("no address");
  EXPECT_EQ(Update(page).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Get().server_address(), stack_->exchange().ews_url()) << "nothing of it was stored";
}

TEST_F(ConnectorPageOfTwo, NoRedisMeansUnavailableAndThenItGoesOn) {
  stack_->redis().Kill();
  v1::UpdateExchangeConnectorRequest request;
  *request.mutable_connector() = Page(false);
  v1::ExchangeConnector answer;
  const auto context = Admin();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  const auto status = grpcx::FromGrpc(Connectors()->UpdateExchangeConnector(context.get(), request, &answer));
  EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) << status;
  stack_->redis().Restart();
  EXPECT_TRUE(testing::Eventually([] { return Update(Page(true)).ok(); }));
}

}  // namespace
}  // namespace crosspoint::directory
