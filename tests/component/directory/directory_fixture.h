#pragma once

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "crosspoint/directory/v1/connector_service.grpc.pb.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/directory/v1/tenant_service.grpc.pb.h"
#include "tests/support/stack/stack.h"

namespace crosspoint::directory {

namespace v1 = ::crosspoint::directory::v1;

// Two replicas of the directory, made once for all tests of a suite.
class DirectoryProcesses : public ::testing::Test {
 protected:
  static testing::StackOptions Options() {
    auto options = testing::StackOptions::DirectoryAlone();
    options.directory = 2;
    return options;
  }
  static void SetUpTestSuite() {
    stack_ = std::make_unique<testing::Stack>(Options());
    stack_->Start();
  }
  static void TearDownTestSuite() { stack_.reset(); }

  static std::unique_ptr<grpc::ClientContext> Patient(std::unique_ptr<grpc::ClientContext> context) {
    context->set_wait_for_ready(true);  // a replica may just have been restarted
    return context;
  }
  static std::unique_ptr<grpc::ClientContext> Admin(const std::string& tenant = "default") {
    return Patient(stack_->AsAdmin(tenant));
  }
  static std::unique_ptr<grpc::ClientContext> Operator() { return Patient(stack_->AsOperator()); }
  static std::unique_ptr<v1::ConnectorService::Stub> Connectors(int replica = 0) {
    return v1::ConnectorService::NewStub(stack_->Channel("directory", replica));
  }
  static std::unique_ptr<v1::TenantService::Stub> Tenants(int replica = 0) {
    return v1::TenantService::NewStub(stack_->Channel("directory", replica));
  }
  static std::unique_ptr<v1::DirectoryService::Stub> People(int replica = 0) {
    return v1::DirectoryService::NewStub(stack_->Channel("directory", replica));
  }
  static std::string ReasonOf(const absl::Status& status) {
    const auto info = GetErrorInfo(status);
    return info ? info->reason : status.ToString();
  }

  static std::unique_ptr<testing::Stack> stack_;
};

inline std::unique_ptr<testing::Stack> DirectoryProcesses::stack_;

}  // namespace crosspoint::directory
