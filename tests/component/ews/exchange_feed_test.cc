#include <fmt/format.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "common/tasks/task_pool.h"
#include "connectors/ews/feed/feed_hub.h"
#include "tests/component/ews/exchange_fixture.h"

// Grouped streaming subscriptions against a server that fails in every way it can. Every outage ends with all mailboxes
// fed again, and a change made at the worst moment is told, by name or as a gap.
namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What all mailboxes of a test hear.
class Ledger {
 public:
  struct Entry {
    int events = 0;
    int gaps = 0;
    int troubles = 0;
    int news() const { return events + gaps; }
  };
  template <class Change>
  void Note(const std::string& address, const Change& change) {
    const std::lock_guard lock(mu_);
    change(entries_[address]);
    changed_.notify_all();
  }
  template <class Condition>
  bool Await(const std::string& address, const Condition& condition) {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, seconds(30), [&] { return condition(entries_[address]); });
  }
  Entry Of(const std::string& address) {
    const std::lock_guard lock(mu_);
    return entries_[address];
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;  // guarded by mu_
};

class Listener final : public FeedListener {
 public:
  Listener(Ledger& ledger, std::string address) : ledger_(ledger), address_(std::move(address)) {}
  void OnEvent(const StreamEvent&) override {
    ledger_.Note(address_, [](auto& entry) { ++entry.events; });
  }
  void OnGap() override {
    ledger_.Note(address_, [](auto& entry) { ++entry.gaps; });
  }
  void OnTrouble(const absl::Status&) override {
    ledger_.Note(address_, [](auto& entry) { ++entry.troubles; });
  }

 private:
  Ledger& ledger_;
  const std::string address_;
};

class ExchangeFeed : public ::testing::Test {
 protected:
  static constexpr int kPeople = 12;

  static std::string Address(int i) { return fmt::format("feed{:02}@corp.example", i); }
  static void AddPeople(testing::ExchangeProcess& exchange) {
    for (int i = 0; i < kPeople; ++i) {
      exchange.Post("/sim/mailboxes", fmt::format(R"({{"email": "{0}", "display_name": "{0}"}})", Address(i)));
    }
  }
  static std::unique_ptr<EwsClient> Connect(const testing::ExchangeProcess& exchange) {
    return EwsClient::Create({.url = exchange.ews_url(),
                              .auth = BasicAuth{"svc", exchange.password_file()},
                              .allow_loopback = true,
                              .stream_silence = seconds(2)})
        .value();
  }

  ExchangeFeed() { AddPeople(exchange_); }
  ~ExchangeFeed() override {
    seats_.clear();
    hub_.Stop();
    tasks_.Stop();
    const std::string stats = exchange_.Get("/sim/stats");
    EXPECT_NE(stats.find("\"request_schema_violations\": 0"), std::string::npos) << stats;
    EXPECT_NE(stats.find("\"answer_schema_violations\": 0"), std::string::npos) << stats;
  }

  void Add(int i, FeedServer& server) {
    seats_.push_back(hub_.Add({.address = Address(i), .server = &server, .grouping = ""},
                              std::make_unique<Listener>(ledger_, Address(i))));
  }
  void AddAll() {
    for (int i = 0; i < kPeople; ++i) Add(i, server_);
    ASSERT_TRUE(AwaitFed(kPeople));
  }
  bool AwaitFed(size_t count) {
    for (int i = 0; i < 3000; ++i) {
      if (hub_.stats().fed == count) return true;
      std::this_thread::sleep_for(milliseconds{10});
    }
    return false;
  }
  // Something happens in the mailbox.
  void Change(EwsClient& client, int i) {
    const auto start = std::chrono::ceil<std::chrono::hours>(SystemClock().Now()) + std::chrono::microseconds(0);
    const auto made =
        client.CreateCalendarItem({.subject = "news", .start = start, .end = start + std::chrono::minutes(30)},
                                  Invitations::kNone, {.mailbox = Address(i)});
    ASSERT_TRUE(made.ok()) << made.status();
  }
  // Once `trouble` is done, all are fed again, and from then on everything is told by name; what happened in between
  // was told too, one way or the other.
  template <class Trouble>
  void Survives(const Trouble& trouble) {
    std::map<int, int> before;
    for (int i = 0; i < kPeople; ++i) before[i] = ledger_.Of(Address(i)).news();
    trouble();
    for (int i = 0; i < kPeople; i += 5) {
      Change(*client_, i);
      EXPECT_TRUE(ledger_.Await(Address(i), [&](const auto& entry) { return entry.news() > before[i]; })) << i;
    }
    ASSERT_TRUE(AwaitFed(kPeople));
    EverybodyHearsByName();
  }
  void EverybodyHearsByName() {
    for (int i = 0; i < kPeople; ++i) {
      const auto events = ledger_.Of(Address(i)).events;
      Change(*client_, i);
      EXPECT_TRUE(ledger_.Await(Address(i), [&](const auto& entry) { return entry.events > events; })) << i;
    }
  }

  testing::ExchangeProcess exchange_{{"--people", "0", "--heartbeat-ms", "200", "--servers", "3"}};
  const std::unique_ptr<EwsClient> client_ = Connect(exchange_);
  EwsFeedServer server_{*client_};
  // Of a test with two; here because servers must outlive the hub's tasks.
  std::unique_ptr<EwsClient> other_client_;
  std::unique_ptr<EwsFeedServer> other_server_;
  TaskPool tasks_{6};
  FeedHub hub_{tasks_,
               {.group_size = 5,
                .gather = milliseconds{50},
                .longest_gather = milliseconds{300},
                .reopen_interval = milliseconds{100},
                .first_retry = milliseconds{50},
                .max_retry = milliseconds{500}},
               [] { return 0.5; }};
  Ledger ledger_;
  std::vector<std::unique_ptr<FeedSeat>> seats_;
};

TEST_F(ExchangeFeed, GroupsShareConnectionsAndEverybodyHearsItsOwn) {
  AddAll();
  EXPECT_EQ(hub_.stats().connections, 3u);
  EXPECT_EQ(hub_.stats().groups, 3u);
  EverybodyHearsByName();
  for (int i = 0; i < kPeople; ++i) EXPECT_EQ(ledger_.Of(Address(i)).gaps, 1) << i;
}

TEST_F(ExchangeFeed, GrowthLosesNothingAndNeedsNoSync) {
  for (int i = 0; i < 3; ++i) Add(i, server_);
  ASSERT_TRUE(AwaitFed(3));
  Add(3, server_);
  Change(*client_, 0);
  ASSERT_TRUE(AwaitFed(4));
  EXPECT_TRUE(ledger_.Await(Address(0), [](const auto& entry) { return entry.events > 0; }));
  EXPECT_EQ(ledger_.Of(Address(0)).gaps, 1) << "handed over from the old connection to the new";
}

TEST_F(ExchangeFeed, CutStreams) {
  AddAll();
  Survives([&] { exchange_.Post("/sim/cut-streams"); });
}

TEST_F(ExchangeFeed, DroppedSubscriptions) {
  AddAll();
  Survives([&] { exchange_.Post("/sim/drop-subscriptions"); });
}

TEST_F(ExchangeFeed, FailoverOfOneBackEnd) {
  AddAll();
  for (const int server : {1, 2, 3}) {
    Survives([&] { exchange_.Post("/sim/drop-subscriptions", fmt::format(R"({{"server": {}}})", server)); });
  }
}

TEST_F(ExchangeFeed, StreamsThatBreakFallSilentOrAreRefused) {
  AddAll();
  for (const std::string kind : {"stream_drop", "stream_truncated", "stream_silent", "stream_401"}) {
    SCOPED_TRACE(kind);
    Survives([&] {
      exchange_.Post("/sim/faults", fmt::format(R"({{"kind": "{}", "count": 2}})", kind));
      Change(*client_, 1);
      Change(*client_, 11);
    });
  }
}

TEST_F(ExchangeFeed, DuplicatedAndReorderedNotificationsAreJustNews) {
  AddAll();
  for (const std::string kind : {"notification_duplicated", "notification_reordered"}) {
    SCOPED_TRACE(kind);
    Survives([&] { exchange_.Post("/sim/faults", fmt::format(R"({{"kind": "{}", "count": 3}})", kind)); });
  }
}

TEST_F(ExchangeFeed, FolderNotificationsAreNews) {
  AddAll();
  exchange_.Post("/sim/quirks", R"({"on": ["folder_notifications", "types_notification", "prefixes"]})");
  EverybodyHearsByName();
}

TEST_F(ExchangeFeed, RestartedServer) {
  AddAll();
  Survives([&] {
    exchange_.Kill();
    ASSERT_TRUE(AwaitFed(0));
    exchange_.Restart();
    AddPeople(exchange_);
  });
}

TEST_F(ExchangeFeed, BusyServerAndHttpErrors) {
  exchange_.Post("/sim/faults", R"({"operation": "Subscribe", "kind": "server_busy", "back_off_ms": 300, "count": 3})");
  exchange_.Post("/sim/faults", R"({"operation": "Subscribe", "kind": "http_503", "count": 2})");
  exchange_.Post("/sim/faults", R"({"operation": "GetStreamingEvents", "kind": "http_500", "count": 2})");
  AddAll();
  Survives([&] {
    exchange_.Post("/sim/faults", R"({"operation": "GetStreamingEvents", "kind": "http_503", "count": 2})");
    exchange_.Post("/sim/cut-streams");
  });
}

TEST_F(ExchangeFeed, MailboxThatIsNotThereDoesNotDisturbTheOthers) {
  seats_.push_back(hub_.Add({.address = "aaa.nobody@corp.example", .server = &server_, .grouping = ""},
                            std::make_unique<Listener>(ledger_, "nobody")));
  AddAll();
  EXPECT_TRUE(ledger_.Await("nobody", [](const auto& entry) { return entry.troubles > 0; }));
  EverybodyHearsByName();
  exchange_.Post("/sim/mailboxes", R"({"email": "aaa.nobody@corp.example", "display_name": "Nobody"})");
  EXPECT_TRUE(ledger_.Await("nobody", [](const auto& entry) { return entry.gaps > 0; }));
  EXPECT_TRUE(AwaitFed(kPeople + 1));
}

TEST_F(ExchangeFeed, WhoLeavesIsUnsubscribed) {
  AddAll();
  seats_.clear();
  ASSERT_TRUE(AwaitFed(0));
  std::string stats;
  for (int i = 0; i < 1000; ++i) {
    stats = exchange_.Get("/sim/stats");
    if (stats.find("\"subscriptions\": 0") != std::string::npos) break;
    std::this_thread::sleep_for(milliseconds{10});
  }
  EXPECT_NE(stats.find("\"subscriptions\": 0"), std::string::npos) << stats;
  EXPECT_NE(stats.find("\"open_streams\": 0"), std::string::npos) << stats;
}

TEST_F(ExchangeFeed, TwoServersHaveConnectionsOfTheirOwnAndOneMayDie) {
  testing::ExchangeProcess other({"--people", "0", "--heartbeat-ms", "200"});
  AddPeople(other);
  other_client_ = Connect(other);
  other_server_ = std::make_unique<EwsFeedServer>(*other_client_);
  for (int i = 0; i < kPeople; ++i) Add(i, i % 2 == 0 ? server_ : *other_server_);
  ASSERT_TRUE(AwaitFed(kPeople));
  EXPECT_EQ(hub_.stats().connections, 4u);
  other.Kill();
  ASSERT_TRUE(AwaitFed(kPeople / 2));
  Change(*client_, 0);
  EXPECT_TRUE(ledger_.Await(Address(0), [](const auto& entry) { return entry.events > 0; }));
  other.Restart();
  AddPeople(other);
  ASSERT_TRUE(AwaitFed(kPeople));
  Change(*other_client_, 1);
  EXPECT_TRUE(ledger_.Await(Address(1), [](const auto& entry) { return entry.events > 0; }));
}

}  // namespace
}  // namespace crosspoint::ews
