#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "tests/component/app/sample_process.h"
#include "tests/support/otlp_collector.h"

namespace crosspoint::testing {
namespace {

namespace v1 = crosspoint::admin::v1;
using namespace std::chrono_literals;

constexpr char kTraceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

void CallWithTrace(const SampleProcess& sample) {
  const auto stub = v1::OperationsService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(sample.port("grpc")), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 30s);
  context.AddMetadata("traceparent", kTraceparent);
  v1::ListDeadLettersResponse response;
  EXPECT_TRUE(stub->ListDeadLetters(&context, {}, &response).ok());
}

TEST(AppTracing, CallIsExportedAsAStepOfItsCallersTrace) {
  OtlpCollector collector;
  SampleProcess sample;
  sample.Configure("tracing: {endpoint: '" + collector.url() + "'}\n");
  sample.StartAndWait();
  CallWithTrace(sample);
  const auto body = collector.WaitForBody(20s);
  EXPECT_EQ(Dig(body, {1, 2, 2, 1}), "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c");
  EXPECT_EQ(Dig(body, {1, 2, 2, 4}), "\xb7\xad\x6b\x71\x69\x20\x33\x31");
  EXPECT_EQ(Dig(body, {1, 2, 2, 5}), "crosspoint.admin.v1.OperationsService/ListDeadLetters");
  EXPECT_THAT(Dig(body, {1, 1}), ::testing::HasSubstr("crosspoint-app_sample"));
  std::printf("idle with export: resident %ld kB, private %ld kB dirty\n", sample.MemoryKb("Rss"),
              sample.MemoryKb("Private_Dirty"));
  EXPECT_LT(sample.MemoryKb("Rss"), 50 * 1024);
  EXPECT_LT(sample.MemoryKb("Private_Dirty"), 20 * 1024);
}

TEST(AppTracing, CollectorThatIsAwayDoesNoHarm) {
  SampleProcess sample;
  sample.Configure("tracing: {endpoint: 'http://127.0.0.1:1/v1/traces'}\n");
  sample.StartAndWait();
  CallWithTrace(sample);
  sample.Signal(SIGTERM);
  EXPECT_EQ(sample.Wait(), 0);
}

}  // namespace
}  // namespace crosspoint::testing
