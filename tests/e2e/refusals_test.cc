// Every method of every service, called without, with wrong and with foreign credentials: refused as its policy states,
// and nothing is written.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <string>

#include "crosspoint/admin/v1/operations_service.pb.h"
#include "crosspoint/directory/v1/connector_service.pb.h"
#include "crosspoint/directory/v1/tenant_service.pb.h"
#include "crosspoint/meeting_sync/v1/mailbox_feed_service.pb.h"
#include "crosspoint/presence/v1/call_routing_service.pb.h"
#include "crosspoint/voicemail/v1/voicemail_service.pb.h"
#include "tests/e2e/running_system.h"
#include "tests/support/refusals.h"

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
                       name.find(":sync") != std::string::npos || name.find("bell") != std::string::npos ||
                       name.ends_with("}:sessions") || name.ends_with("}:owners");
    if (!beats) stored[name] = redis.Command({"DUMP", name}).text();
  }
  return stored;
}

// What is stored once nothing has been written for a second: new mailboxes are read when their users appear.
std::map<std::string, std::string> StoredAtRest() {
  using SteadyClock = std::chrono::steady_clock;
  auto stored = Stored();
  auto since = SteadyClock::now();
  const auto end = since + std::chrono::seconds(30);
  while (SteadyClock::now() - since < std::chrono::seconds(1) && SteadyClock::now() < end) {
    testing::Pause(std::chrono::milliseconds(50));
    if (auto now = Stored(); now != stored) {
      stored = std::move(now);
      since = SteadyClock::now();
    }
  }
  return stored;
}

// When Redis itself removes those of `stored` that have an end, unless they are renewed.
std::map<std::string, std::chrono::steady_clock::time_point> ExpiriesOf(
    const std::map<std::string, std::string>& stored) {
  std::map<std::string, std::chrono::steady_clock::time_point> expiries;
  for (const auto& [key, value] : stored) {
    const auto left = TheStack().redis().Command({"PTTL", key}).AsInteger().value_or(-1);
    if (left == -1) continue;  // has no end; -2: it is over already
    expiries[key] = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::max<int64_t>(left, 0));
  }
  return expiries;
}

struct Target {
  const char* process;
  const char* service;
};

constexpr Target kServed[] = {{"directory", "crosspoint.directory.v1.DirectoryService"},
                              {"directory", "crosspoint.directory.v1.ConnectorService"},
                              {"directory", "crosspoint.directory.v1.TenantService"},
                              {"presence", "crosspoint.presence.v1.PresenceService"},
                              {"presence", "crosspoint.presence.v1.CallRoutingService"},
                              {"meeting-sync", "crosspoint.meeting_sync.v1.MeetingService"},
                              {"meeting-sync", "crosspoint.meeting_sync.v1.MailboxFeedService"},
                              {"meeting-sync", "crosspoint.admin.v1.OperationsService"},
                              {"gateway", "crosspoint.gateway.v1.GatewayService"},
                              {"gateway", "crosspoint.gateway.v1.CommandService"},
                              {"contact", "crosspoint.contact.v1.ContactService"},
                              {"contact", "crosspoint.admin.v1.OperationsService"},
                              {"voicemail", "crosspoint.voicemail.v1.VoicemailService"},
                              {"voicemail", "crosspoint.admin.v1.OperationsService"}};

TEST(Refusals, EveryMethodOfEveryServiceRefusesForeignCredentialsAndWritesNothing) {
  const auto person = NewPerson();
  ASSERT_TRUE(testing::Eventually([&] { return StateOf(person.name) == "available"; }, std::chrono::seconds(30)));
  const auto before = StoredAtRest();
  ASSERT_FALSE(before.empty());
  const auto expiries = ExpiriesOf(before);

  // Descriptors are looked up by name: their files must be linked.
  ASSERT_NE(admin::v1::DeadLetter::descriptor(), nullptr);
  ASSERT_NE(presence::RouteCallRequest::descriptor(), nullptr);
  ASSERT_NE(meetings::WatchChangesRequest::descriptor(), nullptr);
  ASSERT_NE(directory::TestExchangeConnectorRequest::descriptor(), nullptr);
  ASSERT_NE(directory::CreateTenantRequest::descriptor(), nullptr);
  ASSERT_NE(voicemail::v1::Voicemail::descriptor(), nullptr);
  size_t tried = 0;
  for (const auto& [process, service] : kServed) {
    // Behind the hop of a service that no policy names, of one that some name, and of each other one.
    for (const char* hop : {"nobody", "gateway", "directory", "presence", "meeting-sync", "voicemail", "contact"}) {
      const auto channel = TheStack().ChannelAs(hop, process);
      for (const auto& call : testing::CallWhatMustBeRefused(channel, service, hop, TheStack().credentials())) {
        ++tried;
        EXPECT_TRUE(call.as_expected()) << call.method << " from " << hop << " with " << call.credentials
                                        << ": expected " << call.expected << ", got " << call.got;
      }
    }
  }
  EXPECT_GT(tried, 1000u);
  RecordProperty("cases", std::to_string(tried));
  std::cout << tried << " refusals\n";

  const auto after = Stored();
  for (const auto& [key, value] : after) {
    const auto it = before.find(key);
    EXPECT_TRUE(it != before.end() && it->second == value) << "written: " << key;
  }
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [key, value] : before) {
    const auto expiry = expiries.find(key);
    const bool expired = expiry != expiries.end() && expiry->second <= now;
    EXPECT_TRUE(after.contains(key) || expired) << "removed: " << key;
  }
}

}  // namespace
}  // namespace crosspoint::e2e
