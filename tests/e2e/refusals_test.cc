// Every method of every service, called without, with wrong and with foreign credentials: refused as its policy states,
// and nothing is written.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>

#include <iostream>
#include <map>

#include "crosspoint/admin/v1/operations_service.pb.h"
#include "tests/e2e/running_system.h"
#include "tests/support/refusal_matrix.h"

namespace crosspoint::e2e {
namespace {

// All that services keep for good, byte by byte. Left out is what beats by itself: leases, peers, replicas, the clock
// of a reader's last success.
std::map<std::string, std::string> Stored() {
  std::map<std::string, std::string> stored;
  auto& redis = TheStack().redis();
  for (const auto& key : redis.Command({"KEYS", "cp:*"}).array()) {
    const auto& name = key.text();
    const bool beats = name.starts_with("cp:{bus}") || name.find("lease") != std::string::npos ||
                       name.find("replica") != std::string::npos || name.find("outbox") != std::string::npos ||
                       name.find(":sync") != std::string::npos || name.find("bell") != std::string::npos;
    if (!beats) stored[name] = redis.Command({"DUMP", name}).text();
  }
  return stored;
}

struct Target {
  const char* process;
  const google::protobuf::FileDescriptor* file;
};

TEST(Refusals, EveryMethodOfEveryServiceRefusesForeignCredentialsAndWritesNothing) {
  const auto person = NewPerson();
  const auto id = person.name.substr(person.name.rfind('/') + 1);
  ASSERT_TRUE(testing::Eventually([&] { return StateOf(person.name) == "available"; }));
  const auto before = Stored();
  ASSERT_FALSE(before.empty());

  size_t tried = 0;
  for (const auto& [process, file] : {Target{"directory", directory::User::descriptor()->file()},
                                      Target{"presence", presence::Presence::descriptor()->file()},
                                      Target{"meeting-sync", meetings::Meeting::descriptor()->file()},
                                      Target{"meeting-sync", admin::v1::DeadLetter::descriptor()->file()}}) {
    const std::string service = process;
    const auto cases =
        testing::TryRefusals({.service = file->service(0),
                              .credentials = &TheStack().credentials(),
                              // The hop is a service that no policy names, so that only the token speaks.
                              .plain = TheStack().ChannelAs("nobody", service),
                              .with_certificate =
                                  [&service](const testing::Credentials::Files& files) {
                                    // CERTIFICATE.pem is named after the service it speaks for.
                                    return TheStack().ChannelAs(files.certificate.stem().string(), service);
                                  },
                              .tenant = "default",
                              .user = id});
    for (const auto& refusal : cases) {
      EXPECT_TRUE(refusal.as_stated()) << service << " " << refusal.method << " with " << refusal.caller
                                       << ": expected " << refusal.expected << ", got " << refusal.got << " "
                                       << refusal.message;
    }
    EXPECT_GT(cases.size(), 20u) << service;
    tried += cases.size();
  }
  RecordProperty("cases", std::to_string(tried));
  std::cout << tried << " refusals\n";

  const auto after = Stored();
  for (const auto& [key, value] : after) {
    const auto it = before.find(key);
    EXPECT_TRUE(it != before.end() && it->second == value) << "written: " << key;
  }
  for (const auto& [key, value] : before) EXPECT_TRUE(after.contains(key)) << "removed: " << key;
}

}  // namespace
}  // namespace crosspoint::e2e
