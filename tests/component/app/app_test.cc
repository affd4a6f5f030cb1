#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "tests/component/app/sample_process.h"

namespace crosspoint::testing {
namespace {

namespace v1 = crosspoint::admin::v1;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

grpc::Status Call(const SampleProcess& sample) {
  const auto stub = v1::OperationsService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(sample.port("grpc")), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 30s);
  v1::ListDeadLettersResponse response;
  return stub->ListDeadLetters(&context, {}, &response);
}

bool Ready(const SampleProcess& sample) { return !sample.Logged("ready").empty(); }

TEST(App, IsReadyWithinASecondAndSaysItsPortsOnce) {
  SampleProcess sample;
  sample.StartAndWait();
  ASSERT_TRUE(Eventually([&] { return Ready(sample); })) << sample.Stderr();
  EXPECT_EQ(sample.Health(), "SERVING");
  EXPECT_EQ(sample.Get("/healthz").first, 200);
  EXPECT_EQ(sample.Get("/livez").first, 200);
  EXPECT_TRUE(Call(sample).ok());
  ASSERT_THAT(sample.Logged("ready"), SizeIs(1));
  const auto line = sample.Logged("ready")[0];
  EXPECT_EQ(line["grpc_port"], sample.port("grpc"));
  EXPECT_EQ(line["health_port"], sample.port("health"));
  EXPECT_EQ(line["http_port"], sample.port("http"));
  EXPECT_LT(line["since_start_ms"], 1000);
  std::printf("ready after %d ms\n", line["since_start_ms"].get<int>());
}

TEST(App, IdleMemoryIsSmall) {
  SampleProcess sample;
  sample.StartAndWait();
  ASSERT_TRUE(Eventually([&] { return Ready(sample); }));
  ASSERT_TRUE(Call(sample).ok());
  const auto resident = sample.MemoryKb("Rss");
  const auto clean = sample.MemoryKb("Private_Clean");
  const auto dirty = sample.MemoryKb("Private_Dirty");
  std::printf("idle: resident %ld kB, private %ld kB dirty and %ld kB clean\n", resident, dirty, clean);
  EXPECT_LT(resident, 50 * 1024);
  EXPECT_LT(dirty, 20 * 1024);
}

TEST(App, IsNotReadyWhileACheckFailsAndReadyAgainAfter) {
  SampleProcess sample;
  const auto file = sample.dir() / "up";
  sample.Configure("ready_file: " + file.string() + "\n");
  sample.StartAndWait();
  ASSERT_TRUE(Eventually([&] { return sample.Logged("readiness_check_fails").size() == 1; }));
  EXPECT_THAT(sample.Get("/metrics").second, ::testing::Not(HasSubstr("crosspoint_log_warnings_total 0\n")));
  EXPECT_EQ(sample.Health(), "NOT_SERVING");
  EXPECT_EQ(sample.Get("/healthz").first, 503);
  EXPECT_EQ(sample.Get("/livez").first, 200);
  const auto health = nlohmann::json::parse(sample.Get("/healthz").second);
  EXPECT_EQ(health["checks"]["file"]["reason"], "UNAVAILABLE: the file is not there");
  EXPECT_THAT(sample.Get("/metrics").second, HasSubstr("crosspoint_app_sample_ready 0\n"));

  std::ofstream(file) << "x";
  ASSERT_TRUE(Eventually([&] { return sample.Health() == "SERVING"; }));
  EXPECT_EQ(sample.Get("/healthz").first, 200);
  EXPECT_THAT(sample.Get("/metrics").second, HasSubstr("crosspoint_app_sample_ready 1\n"));

  std::filesystem::remove(file);
  ASSERT_TRUE(Eventually([&] { return sample.Health() == "NOT_SERVING"; }));
  std::ofstream(file) << "x";
  ASSERT_TRUE(Eventually([&] { return sample.Health() == "SERVING"; }));
  EXPECT_THAT(sample.Logged("readiness_check_fails"), SizeIs(2));  // once per change, however often asked
  EXPECT_THAT(sample.Logged("readiness_check_passes"), SizeIs(2));
}

TEST(App, MetricsExistAtZeroFromStart) {
  SampleProcess sample;
  sample.StartAndWait();
  const auto before = sample.Get("/metrics").second;
  EXPECT_THAT(before, HasSubstr("crosspoint_app_sample_rpcs_total{code=\"OK\",method=\"OperationsService/"
                                "ListDeadLetters\"} 0\n"));
  EXPECT_THAT(before, HasSubstr("crosspoint_app_sample_rpcs_in_flight 0\n"));
  EXPECT_THAT(before, HasSubstr("crosspoint_build_info{version=\""));
  EXPECT_THAT(before, HasSubstr("process_resident_memory_bytes "));
  EXPECT_THAT(before, HasSubstr("crosspoint_log_errors_total 0\n"));
  EXPECT_TRUE(Call(sample).ok());
  EXPECT_TRUE(Eventually([&] {
    return sample.Get("/metrics")
               .second.find("rpcs_total{code=\"OK\",method=\"OperationsService/ListDeadLetters\"} 1") !=
           std::string::npos;
  }));
}

// What the App itself exports; a change here is a change for dashboards and alerts.
TEST(App, ExportsTheMetricsItPromises) {
  SampleProcess sample;
  sample.StartAndWait();
  std::vector<std::string> names;
  std::istringstream lines(sample.Get("/metrics").second);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) names.push_back(line.substr(7));
  }
  EXPECT_THAT(names,
              ::testing::UnorderedElementsAre(
                  "crosspoint_app_sample_ready gauge", "crosspoint_app_sample_rpc_duration_seconds histogram",
                  "crosspoint_app_sample_rpcs_in_flight gauge", "crosspoint_app_sample_rpcs_total counter",
                  "crosspoint_app_sample_token_cache_hits_total counter",
                  "crosspoint_app_sample_token_key_fetch_errors_total counter",
                  "crosspoint_app_sample_token_refusals_total counter",
                  "crosspoint_app_sample_token_verifications_total counter", "crosspoint_build_info gauge",
                  "crosspoint_log_errors_total counter", "crosspoint_log_warnings_total counter",
                  "process_cpu_seconds_total counter", "process_open_fds gauge", "process_resident_memory_bytes gauge",
                  "process_start_time_seconds gauge", "process_threads gauge"));
}

TEST(App, ReflectionListsTheServices) {
  SampleProcess sample;
  sample.StartAndWait();
  EXPECT_THAT(sample.Reflection(), HasSubstr("crosspoint.admin.v1.OperationsService"));
}

TEST(App, EndsInOrderAndDestroysInReverse) {
  for (const int signal : {SIGTERM, SIGINT}) {
    SampleProcess sample;
    sample.StartAndWait();
    EXPECT_TRUE(Call(sample).ok());
    sample.Signal(signal);
    EXPECT_EQ(sample.Wait(), 0);
    EXPECT_THAT(sample.Diary(), ElementsAre("drain second hook", "drain first hook", "handled 1", "gone second",
                                            "gone background", "gone first"));
    EXPECT_THAT(sample.Logged("stopped"), SizeIs(1));
  }
}

TEST(App, DuringTheDrainDelayItIsNotReadyButServes) {
  SampleProcess sample;
  sample.ConfigureOnly(
      "server: {port: 0, health_port: 0, http_port: 0, drain_delay: 1500ms}\nauth: {off: true}\ndiary_file: " +
      (sample.dir() / "diary").string() + "\n");
  sample.StartAndWait();
  ASSERT_TRUE(Eventually([&] { return sample.Health() == "SERVING"; }));
  sample.Signal(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return sample.Health() == "NOT_SERVING"; }));
  EXPECT_EQ(sample.Get("/healthz").first, 503);
  EXPECT_EQ(sample.Get("/livez").first, 200);
  EXPECT_TRUE(Call(sample).ok());
  EXPECT_EQ(sample.Wait(), 0);
}

TEST(App, CallLongerThanTheDrainTimeoutIsCut) {
  SampleProcess sample;
  sample.ConfigureOnly(
      "server: {port: 0, health_port: 0, http_port: 0, drain_timeout: 200ms}\nauth: {off: true}\nwork: "
      "3s\ndiary_file: " +
      (sample.dir() / "diary").string() + "\n");
  sample.StartAndWait();
  std::thread caller([&] { EXPECT_FALSE(Call(sample).ok()); });
  ASSERT_TRUE(Eventually(
      [&] { return sample.Get("/metrics").second.find("app_sample_rpcs_in_flight 1\n") != std::string::npos; }));
  sample.Signal(SIGTERM);
  caller.join();
  EXPECT_EQ(sample.Wait(), 0);
}

TEST(App, SecondSignalEndsAtOnce) {
  SampleProcess sample;
  sample.Configure("work: 20s\n");
  sample.StartAndWait();
  std::thread caller([&] { EXPECT_FALSE(Call(sample).ok()); });
  ASSERT_TRUE(Eventually(
      [&] { return sample.Get("/metrics").second.find("app_sample_rpcs_in_flight 1\n") != std::string::npos; }));
  sample.Signal(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return !sample.Logged("draining").empty(); }));
  sample.Signal(SIGTERM);
  EXPECT_EQ(sample.Wait(2s), 1);
  caller.join();
}

}  // namespace
}  // namespace crosspoint::testing
