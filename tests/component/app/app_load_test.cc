#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "tests/component/app/sample_process.h"

namespace crosspoint::testing {
namespace {

namespace v1 = crosspoint::admin::v1;
using namespace std::chrono_literals;

struct Tally {
  std::atomic<int> answered{0};
  std::atomic<int> refused{0};    // UNAVAILABLE: came too late, another replica would take it
  std::atomic<int> cut{0};        // CANCELLED: met gRPC's shutdown on the wire; no handler saw it
  std::atomic<int> surprises{0};  // anything else
};

// Calls one after another on a connection of its own until the service is gone.
void CallUntilGone(int port, Tally& tally, std::stop_token stop) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = v1::OperationsService::NewStub(
      grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments));
  while (!stop.stop_requested()) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 30s);
    v1::ListDeadLettersResponse response;
    const auto status = stub->ListDeadLetters(&context, {}, &response);
    if (status.ok()) {
      ++tally.answered;
    } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
      ++tally.refused;
      std::this_thread::sleep_for(5ms);
    } else if (status.error_code() == grpc::StatusCode::CANCELLED) {
      ++tally.cut;
    } else {
      ++tally.surprises;
      ADD_FAILURE() << status.error_code() << " " << status.error_message();
    }
  }
}

// Every call whose handler ran was answered: what the service handled equals what the callers got.
TEST(AppUnderLoad, NoAcceptedCallFailsWhenTheServiceIsStopped) {
  for (int round = 0; round < 3; ++round) {
    SampleProcess sample;
    sample.Configure("work: 20ms\n");
    sample.StartAndWait();
    Tally tally;
    std::vector<std::jthread> callers;
    for (int i = 0; i < 16; ++i) {
      callers.emplace_back([&](std::stop_token stop) { CallUntilGone(sample.port("grpc"), tally, std::move(stop)); });
    }
    ASSERT_TRUE(Eventually([&] { return tally.answered > 200; }));
    sample.Signal(SIGTERM);
    EXPECT_EQ(sample.Wait(), 0);
    for (auto& caller : callers) caller.request_stop();
    callers.clear();
    EXPECT_EQ(tally.surprises, 0);
    EXPECT_THAT(sample.Diary(), ::testing::Contains("handled " + std::to_string(tally.answered.load())))
        << tally.refused << " refused";
    std::printf("answered %d of as many handled, refused %d, cut before a handler saw them %d\n", tally.answered.load(),
                tally.refused.load(), tally.cut.load());
  }
}

}  // namespace
}  // namespace crosspoint::testing
