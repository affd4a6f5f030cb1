#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/grpcx/methods.h"
#include "crosspoint/directory/v1/connector_service.pb.h"
#include "directory/app/connector_book.h"
#include "directory/app/connector_test_run.h"
#include "directory/app/tenant_registry.h"

namespace crosspoint::directory {

namespace v1 = ::crosspoint::directory::v1;

// crosspoint.directory.v1.ConnectorService. Reached only through the Guard. Thread-safe.
class ConnectorHandler {
 public:
  ConnectorHandler(ConnectorBook& book, ConnectorTestRun& test_run, TenantRegistry& tenants)
      : book_(book), test_run_(test_run), tenants_(tenants) {}
  void Bind(grpcx::Methods& methods);

 private:
  absl::Status GetExchangeConnector(const v1::GetExchangeConnectorRequest& request, const grpcx::Call& call,
                                    v1::ExchangeConnector& response);
  absl::Status UpdateExchangeConnector(const v1::UpdateExchangeConnectorRequest& request, const grpcx::Call& call,
                                       v1::ExchangeConnector& response);
  absl::Status TestExchangeConnector(const v1::TestExchangeConnectorRequest& request, const grpcx::Call& call,
                                     v1::TestExchangeConnectorResponse& response);
  void WatchClientConfig(const v1::WatchClientConfigRequest& request, const grpcx::Call& call,
                         std::shared_ptr<grpcx::ServerStream<v1::ClientConfig>> stream);
  // A tenant that is there, by the name of its page.
  absl::StatusOr<TenantId> TenantOf(const std::string& name, std::string_view field, const grpcx::Call& call) const;

  ConnectorBook& book_;
  ConnectorTestRun& test_run_;
  TenantRegistry& tenants_;
};

}  // namespace crosspoint::directory
