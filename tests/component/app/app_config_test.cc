#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/component/app/sample_process.h"
#include "tests/support/credentials.h"

namespace crosspoint::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a start with this configuration says, all of it; it must be one line and exit code 2.
std::string Refusal(const std::string& yaml, const std::map<std::string, std::string>& environment = {}) {
  SampleProcess sample;
  sample.ConfigureOnly(yaml);
  sample.Start({"--config", (sample.dir() / "sample.yaml").string()}, environment);
  EXPECT_EQ(sample.Wait(), 2) << yaml;
  auto text = sample.Stderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_THAT(text, StartsWith("crosspoint-app-sample: "));
  return text;
}

TEST(AppConfig, WrongConfigurationIsOneLineThatNamesTheKeyAndExitCode2) {
  EXPECT_THAT(Refusal("auth: {off: true}\nserver:\n  prot: 1\n"),
              HasSubstr("sample.yaml:3: server.prot: unknown key; did you mean server.port?"));
  EXPECT_THAT(Refusal("auth: {off: true}\nwork: soon\n"),
              HasSubstr("sample.yaml:2: work: \"soon\" must be a duration"));
  EXPECT_THAT(Refusal("auth: {off: true}\n", {{"CROSSPOINT_APP_SAMPLE_WROK", "1s"}}),
              HasSubstr("CROSSPOINT_APP_SAMPLE_WROK: unknown variable; did you mean CROSSPOINT_APP_SAMPLE_WORK?"));
  EXPECT_THAT(Refusal("auth: {off: true}\ntracing: {endpoint: 'collector:4317'}\n"),
              HasSubstr("tracing.endpoint: must be an http or https URL"));
}

TEST(AppConfig, AuthenticationOffIsForLoopbackOnly) {
  EXPECT_THAT(Refusal("auth: {off: true}\nserver: {address: 0.0.0.0}\n"),
              HasSubstr("auth.off: is for loopback only; set server.address to 127.0.0.1"));
}

TEST(AppConfig, BeyondLoopbackACertificateIsRequired) {
  SampleProcess folder;
  const auto credentials = Credentials::Create(folder.dir() / "pki");
  EXPECT_THAT(
      Refusal("auth: {issuer: x, jwks_file: " + credentials.jwks_file().string() + "}\nserver: {address: 0.0.0.0}\n"),
      HasSubstr("server.certificate_file: is required"));
}

TEST(AppConfig, CertificateAndKeyGoTogether) {
  SampleProcess folder;
  const auto files = Credentials::Create(folder.dir() / "pki").Certificate("app-sample");
  EXPECT_THAT(Refusal("auth: {off: true}\nserver: {certificate_file: " + files.certificate.string() + "}\n"),
              HasSubstr("server.key_file: goes with server.certificate_file"));
}

TEST(AppConfig, MissingFileIsSaid) {
  SampleProcess sample;
  sample.Start({"--config", "/nowhere/sample.yaml"});
  EXPECT_EQ(sample.Wait(), 2);
  EXPECT_EQ(sample.Stderr(), "crosspoint-app-sample: /nowhere/sample.yaml: cannot be read\n");
}

TEST(AppConfig, UnknownArgumentIsExitCode2) {
  SampleProcess sample;
  sample.Start({"--confg", "x"});
  EXPECT_EQ(sample.Wait(), 2);
  EXPECT_THAT(sample.Stderr(), HasSubstr("--confg"));
}

TEST(AppConfig, CheckConfigSaysGoodOrBadAndStartsNothing) {
  SampleProcess good;
  good.Start({"--config", (good.dir() / "sample.yaml").string(), "--check-config", "--ports-file",
              (good.dir() / "ports.json").string()});
  EXPECT_EQ(good.Wait(), 0);
  EXPECT_EQ(good.Stdout(), "crosspoint-app-sample: the configuration is good\n");
  EXPECT_FALSE(std::filesystem::exists(good.dir() / "ports.json"));
  EXPECT_TRUE(good.Diary().empty());

  SampleProcess bad;
  bad.Configure("wrok: 1s\n");
  bad.Start({"--config", (bad.dir() / "sample.yaml").string(), "--check-config"});
  EXPECT_EQ(bad.Wait(), 2);
  EXPECT_THAT(bad.Stderr(), HasSubstr("did you mean work?"));
}

TEST(AppConfig, VersionIsPrinted) {
  SampleProcess sample;
  sample.Start({"--version"});
  EXPECT_EQ(sample.Wait(), 0);
  EXPECT_THAT(sample.Stdout(), ::testing::MatchesRegex("crosspoint-app-sample [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(AppConfig, OtherFailuresOfTheSetupAreExitCode1) {
  SampleProcess sample;
  sample.Configure("setup_error: the disk is gone\n");
  sample.Start();
  EXPECT_EQ(sample.Wait(), 1);
  EXPECT_THAT(sample.Stderr(), HasSubstr("crosspoint-app-sample: the disk is gone\n"));
}

TEST(AppConfig, TakenPortIsNamed) {
  SampleProcess first;
  first.StartAndWait();
  for (const std::string which : {"health", "http", "grpc"}) {
    SampleProcess second;
    const auto key = which == "grpc" ? std::string("PORT") : which == "http" ? "HTTP_PORT" : "HEALTH_PORT";
    second.Start({"--config", (second.dir() / "sample.yaml").string()},
                 {{"CROSSPOINT_APP_SAMPLE_SERVER_" + key, std::to_string(first.port(which))}});
    EXPECT_EQ(second.Wait(), 1);
    EXPECT_THAT(second.Stderr(), HasSubstr(which == "grpc" ? "server.port: " : "server." + which + "_port: "));
  }
}

}  // namespace
}  // namespace crosspoint::testing
