#pragma once

#include "common/grpcx/methods.h"
#include "crosspoint/directory/v1/connector_service.pb.h"
#include "directory/app/connector_test_run.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

namespace v1 = ::crosspoint::directory::v1;

// crosspoint.directory.v1.ConnectorService. Reached only through the Guard. Thread-safe.
class ConnectorHandler {
 public:
  ConnectorHandler(ConnectorTestRun& test_run, const UserFeed& feed) : test_run_(test_run), feed_(feed) {}
  void Bind(grpcx::Methods& methods);

 private:
  absl::Status TestExchangeConnector(const v1::TestExchangeConnectorRequest& request, const grpcx::Call& call,
                                     v1::TestExchangeConnectorResponse& response);

  ConnectorTestRun& test_run_;
  const UserFeed& feed_;
};

}  // namespace crosspoint::directory
