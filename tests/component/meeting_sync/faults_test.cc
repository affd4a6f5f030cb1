#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/component/meeting_sync/world.h"

// Every kind of trouble that a mail server makes ends the same way: presence holds what the mailbox says, nothing was
// deleted that is still there, and the server was not asked while it wanted silence.
namespace crosspoint::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

struct Fault {
  const char* name;
  const char* order;  // as POST /sim/faults takes it
};

class Faults : public MeetingSyncWorld, public ::testing::WithParamInterface<Fault> {
 protected:
  // Outlook logs in by itself: what it asks while the service was told to wait is none of the service's doing.
  void SetUp() override {
    exchange_.Post("/sim/accounts", R"({"account": "outlook", "password": "of its own"})");
    std::ofstream(folder_ / "outlook") << "of its own";
    exchange_client_ = ews::EwsClient::Create({.url = exchange_.ews_url(),
                                               .auth = ews::BasicAuth{"outlook", (folder_ / "outlook").string()},
                                               .allow_loopback = true})
                           .value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A hung exchange is given up after a second, and everything is compared every three.
  std::unique_ptr<ServiceProcess> StartImpatient() {
    std::string yaml = Yaml();
    const auto put = [&yaml](const std::string& before, const std::string& what) {
      const size_t at = yaml.find(before);
      ASSERT_NE(at, std::string::npos) << yaml;
      yaml.insert(at, what);
    };
    put("lease: 30s", "reconcile: 3s, ");
    put("user: svc", "call_timeout: 1s, ");
    auto service = std::make_unique<ServiceProcess>(yaml);
    service->AwaitPorts();
    EXPECT_TRUE(service->AwaitReady()) << service->Get("/healthz").second;
    EXPECT_TRUE(AwaitRead(kAda));
    return service;
  }
  static std::filesystem::path MakeFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "crosspoint-faults-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    return name;
  }
  const std::filesystem::path folder_ = MakeFolder();

  nlohmann::json Stats() { return nlohmann::json::parse(exchange_.Get("/sim/stats")); }
};

TEST_P(Faults, EndConverged) {
  const auto service = StartImpatient();
  Create(Meeting("stays", In(hours{1})));
  const auto moves = Create(Meeting("moves", In(hours{2})));
  const auto goes = Create(Meeting("goes", In(hours{3})));
  ASSERT_TRUE(presence_.AwaitCount(kAda, 3));
  ASSERT_TRUE(presence_.AwaitClaim(kAda, In(hours{3})));
  const int deletes_before = presence_.deletes();

  exchange_.Post("/sim/faults", GetParam().order);
  const auto begin = SteadyClock::now();
  Create(Meeting("comes", In(hours{4})));
  Update(moves, {.start = In(hours{5}), .end = In(hours{5} + minutes{30})});
  Delete(goes);

  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{4}), seconds(30)));
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{5}), seconds(30)));
  EXPECT_TRUE(presence_.AwaitCount(kAda, 3, seconds(30)));
  const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin);
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{1}), milliseconds(0))) << "what did not change is still there";
  EXPECT_LE(presence_.deletes() - deletes_before, 2) << "at most the one that went and the one that moved";

  const auto stats = Stats();
  int hit = 0;
  for (const auto& [kind, count] : stats.at("injected").items()) hit += count.get<int>();
  EXPECT_GT(hit, 0) << "the trouble never came: " << stats.dump(2);
  EXPECT_EQ(stats.at("throttling").at("early_requests"), 0) << stats.dump(2);

  // And afterwards everything goes as before.
  exchange_.ForgetFaults();
  Create(Meeting("afterwards", In(hours{6})));
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{6})));
  std::cout << GetParam().name << ": equal again after " << took.count() << " ms, " << hit << " times hit\n";
}

constexpr Fault kFaults[] = {
    {"TooManyRequests", R"({"operation": "SyncFolderItems", "kind": "http_429", "retry_after_s": 1, "count": 2})"},
    {"Unavailable503", R"({"operation": "SyncFolderItems", "kind": "http_503", "count": 3})"},
    {"Broken500", R"({"operation": "SyncFolderItems", "kind": "http_500", "count": 3})"},
    {"ServerBusy",
     R"({"operation": "SyncFolderItems", "kind": "server_busy", "back_off_ms": 700, "enforce": true, "count": 2})"},
    {"ServerBusyWithHttp200",
     R"({"operation": "SyncFolderItems", "kind": "http200_fault", "back_off_ms": 700, "count": 2})"},
    {"BusyInsideAnInternalError",
     R"({"operation": "SyncFolderItems", "kind": "internal_busy", "back_off_ms": 700, "count": 2})"},
    {"Unauthorized", R"({"operation": "SyncFolderItems", "kind": "http_401", "count": 2})"},
    {"UnauthorizedInMidStream", R"({"kind": "stream_401", "count": 2})"},
    {"DroppedStream", R"({"kind": "stream_drop", "count": 1})"},
    {"TruncatedStream", R"({"kind": "stream_truncated", "count": 1})"},
    {"MalformedStream", R"({"kind": "stream_malformed", "count": 1})"},
    {"EndlessStream", R"({"kind": "stream_endless", "count": 1, "delay_ms": 1})"},
    {"DrippingStream", R"({"kind": "stream_drip", "count": 1, "bytes": 20, "delay_ms": 2})"},
    {"SilentStream", R"({"kind": "stream_silent", "count": 1})"},
    {"LostNotifications", R"({"kind": "notification_lost", "count": 20})"},
    {"DuplicatedNotifications", R"({"kind": "notification_duplicated", "count": 20})"},
    {"ReorderedNotifications", R"({"kind": "notification_reordered", "count": 20})"},
    {"BadSyncState", R"({"operation": "SyncFolderItems", "kind": "bad_sync_state", "count": 1})"},
    {"SlowDrip", R"({"operation": "SyncFolderItems", "kind": "slow_drip", "bytes": 1, "delay_ms": 20, "count": 2})"},
    {"EndlessAnswer", R"({"operation": "SyncFolderItems", "kind": "endless_answer", "delay_ms": 1, "count": 2})"},
    {"TruncatedAnswer", R"({"operation": "SyncFolderItems", "kind": "truncated", "count": 2})"},
    {"DroppedConnection", R"({"operation": "SyncFolderItems", "kind": "drop_connection", "count": 2})"},
    {"MalformedXml", R"({"operation": "SyncFolderItems", "kind": "malformed_xml", "count": 2})"},
    {"DocumentType", R"({"operation": "SyncFolderItems", "kind": "doctype", "count": 2})"},
    {"XmlBomb", R"({"operation": "SyncFolderItems", "kind": "xml_bomb", "count": 2})"},
    {"DeepXml", R"({"operation": "SyncFolderItems", "kind": "deep_xml", "count": 2})"},
    {"SignInPage", R"({"operation": "SyncFolderItems", "kind": "html_page", "count": 2})"},
    {"SlowAnswer", R"({"operation": "SyncFolderItems", "kind": "delay", "delay_ms": 1500, "count": 2})"},
};

INSTANTIATE_TEST_SUITE_P(Exchange, Faults, ::testing::ValuesIn(kFaults),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace crosspoint::testing
