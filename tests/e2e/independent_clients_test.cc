// Clients that share no code with us: Python generated from the contracts, Python by reflection alone, grpcurl.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

struct Ended {
  int status = -1;
  std::string text;
};

Ended Shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  Ended ended;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) ended.text.push_back(static_cast<char>(c));
  ended.status = pclose(pipe);
  return ended;
}

std::string TokenOf(const Person& person) {
  return TheStack().credentials().Token("default", person.name.substr(person.name.rfind('/') + 1),
                                        {"user", "tenant_admin"});
}

Ended Python(const std::string& program, const Person& person, const std::string& more = "") {
  const char* const source = std::getenv("CROSSPOINT_SOURCE_DIR");
  return Shell(fmt::format(
      "/usr/bin/python3 -B {}/tests/e2e/python/{} --server {} --server-name gateway --ca {} --token {} --user {} {}",
      source == nullptr ? "." : source, program, TheStack().Address("gateway"),
      TheStack().credentials().ca_file().string(), TokenOf(person), person.name, more));
}

TEST(IndependentClients, PythonGeneratedFromTheContractsUsesTheGateway) {
  const auto ended = Python("generated_client.py", NewPerson());
  EXPECT_EQ(ended.status, 0) << ended.text;
  EXPECT_NE(ended.text.find("a refusal names the field"), std::string::npos) << ended.text;
}

TEST(IndependentClients, PythonByReflectionAloneListsDescribesAndCalls) {
  const auto ended = Python("reflection_client.py", NewPerson());
  EXPECT_EQ(ended.status, 0) << ended.text;
  EXPECT_NE(ended.text.find("by its description alone"), std::string::npos) << ended.text;
}

TEST(IndependentClients, ABrowserHasASessionByGrpcWebThroughEnvoy) {
  const char* const given = std::getenv("CROSSPOINT_ENVOY");
  const std::string envoy = given != nullptr ? given : "envoy";
  if (Shell("command -v " + envoy).status != 0) {
    std::cerr << "\n*** ENVOY IS NOT THERE: gRPC-Web is not tried through it ***\n\n";
    GTEST_SKIP() << "Envoy is not there (CROSSPOINT_ENVOY names it): gRPC-Web was not tried through it";
  }
  const auto ended = Python("web_client.py", NewPerson(), "--envoy " + envoy);
  EXPECT_EQ(ended.status, 0) << ended.text;
  EXPECT_NE(ended.text.find("the change comes down the stream"), std::string::npos) << ended.text;
}

TEST(IndependentClients, GrpcurlListsAndCalls) {
  const char* const given = std::getenv("CROSSPOINT_GRPCURL");
  const std::string grpcurl = given != nullptr ? given : "grpcurl";
  if (Shell("command -v " + grpcurl).status != 0) {
    std::cerr << "\n*** grpcurl IS NOT THERE: the gateway is not asked by it ***\n\n";
    GTEST_SKIP() << "grpcurl is not there (CROSSPOINT_GRPCURL names it): the gateway was not asked by it";
  }
  const auto person = NewPerson();
  const auto call = fmt::format("{} -cacert {} -authority gateway -H 'authorization: Bearer {}' ", grpcurl,
                                TheStack().credentials().ca_file().string(), TokenOf(person));
  const auto server = TheStack().Address("gateway");
  const auto list = Shell(call + server + " list");
  EXPECT_EQ(list.status, 0) << list.text;
  EXPECT_NE(list.text.find("crosspoint.presence.v1.PresenceService"), std::string::npos) << list.text;
  const auto got = Shell(fmt::format(
      "{} -d '{{\"user\": \"{}\"}}' {} crosspoint.presence.v1.PresenceService/GetPresence", call, person.name, server));
  EXPECT_EQ(got.status, 0) << got.text;
  EXPECT_NE(got.text.find("\"available\""), std::string::npos) << got.text;
}

}  // namespace
}  // namespace crosspoint::e2e
