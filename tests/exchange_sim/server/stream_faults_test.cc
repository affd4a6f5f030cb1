#include <nlohmann/json.hpp>

#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

using std::chrono::milliseconds;

class StreamFaults : public SimTest {
 protected:
  StreamFaults() : SimTest(SimOptions{.heartbeat = milliseconds(300)}) {}
  void SetUp() override {
    SimTest::SetUp();
    id_ = Subscribe(me_);
    Open();
  }
  void Open() {
    wire_ = OpenStream({id_}, me_);
    EXPECT_EQ(Next().Text("ConnectionStatus"), "OK");
  }
  void Order(std::string_view fault) { EXPECT_EQ(Admin("POST", "/sim/faults", fault).status, 200) << fault; }
  Reply Next() { return ParseReply({200, "", wire_->ReadEnvelope()}); }
  // The next notification that tells of a new item; empty at the end of the stream.
  std::string NextId() {
    for (int i = 0; i < 100; ++i) {
      const std::string envelope = wire_->ReadEnvelope();
      if (envelope.empty()) return "";
      const Reply reply = ParseReply({200, "", envelope});
      if (!reply.All("CreatedEvent").empty()) return reply.All("ItemId").at(0).attribute("Id").value();
    }
    return "only signs of life";
  }
  std::string Meet() { return Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z").id; }
  // What every test ends with: a stream that tells what happens.
  void ExpectRecovery() {
    Open();
    const std::string id = Meet();
    EXPECT_EQ(NextId(), id);
  }
  const std::string me_ = Someone();
  std::string id_;
  std::unique_ptr<Wire> wire_;
};

TEST_F(StreamFaults, StreamBreaksAfterSoManyNotifications) {
  Order(R"({"kind": "stream_drop", "after": 1})");
  const std::string first = Meet();
  EXPECT_EQ(NextId(), first);
  Meet();
  EXPECT_EQ(NextId(), "");
  ExpectRecovery();
}

TEST_F(StreamFaults, StreamBreaksInsideAnEnvelope) {
  Order(fmt::format(R"({{"kind": "stream_truncated", "mailbox": "{}"}})", me_));
  Meet();
  EXPECT_EQ(NextId(), "");
  ExpectRecovery();
}

TEST_F(StreamFaults, EnvelopeIsBrokenDripsOrNeverEnds) {
  Order(R"({"kind": "stream_drip", "bytes": 200})");
  const std::string first = Meet();
  EXPECT_EQ(NextId(), first);
  Order(R"({"kind": "stream_malformed"})");
  Meet();
  std::string envelope;
  do {  // signs of life come before
    envelope = wire_->ReadEnvelope();
  } while (envelope.find("StatusEvent") != std::string::npos);
  EXPECT_FALSE(pugi::xml_document().load_string(envelope.c_str()));
  Open();
  Order(R"({"kind": "stream_endless", "delay_ms": 1})");
  Meet();
  do {
    envelope = wire_->ReadEnvelope(milliseconds(500));
  } while (!envelope.empty());
  wire_.reset();
  ExpectRecovery();
}

TEST_F(StreamFaults, FaultOfAnotherMailboxLeavesTheStreamAlone) {
  Order(fmt::format(R"({{"kind": "stream_drop", "mailbox": "{}"}})", Someone(1)));
  const std::string id = Meet();
  EXPECT_EQ(NextId(), id);
}

TEST_F(StreamFaults, SilentStreamShowsNoLifeAtAll) {
  Order(R"({"kind": "stream_silent"})");
  Meet();
  std::string envelope;
  do {  // signs of life from before
    envelope = wire_->ReadEnvelope(milliseconds(1200));
  } while (!envelope.empty());
  Meet();
  EXPECT_EQ(wire_->ReadEnvelope(milliseconds(700)), "");
  wire_.reset();
  ExpectRecovery();
}

TEST_F(StreamFaults, NotificationIsLostOrComesTwice) {
  Order(R"({"kind": "notification_lost"})");
  Meet();
  const Reply life = Next();
  EXPECT_FALSE(life.All("StatusEvent").empty());
  const std::string second = Meet();
  EXPECT_EQ(NextId(), second);
  Order(R"({"kind": "notification_duplicated"})");
  const std::string third = Meet();
  EXPECT_EQ(NextId(), third);
  EXPECT_EQ(NextId(), third);
  ExpectRecovery();
}

TEST_F(StreamFaults, EventsComeInAnotherOrder) {
  Order(R"({"kind": "notification_reordered", "count": 2})");
  Meet();  // tells of the item and of its folder
  const Reply news = Next();
  const auto notifications = news.All("Notification");
  ASSERT_FALSE(notifications.empty()) << news.http.body;
  const auto events = Elements(notifications[0]);
  ASSERT_GT(events.size(), 3u) << news.http.body;
  EXPECT_EQ(LocalName(events.back()), "CreatedEvent");
  Admin("DELETE", "/sim/faults");
  ExpectRecovery();
}

TEST_F(StreamFaults, StreamEndsAndMayNotBeOpenedAgainAtFirst) {
  Order(R"({"kind": "stream_401", "count": 2})");
  EXPECT_EQ(NextId(), "");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(OpenStream({id_}, me_)->ReadReply().status, 401);
  ExpectRecovery();
}

TEST_F(StreamFaults, StatsTellOfStreams) {
  Meet();
  EXPECT_NE(NextId(), "");
  const auto stats = nlohmann::json::parse(Admin("GET", "/sim/stats").body);
  EXPECT_EQ(stats["streams_opened"], 1);
  EXPECT_EQ(stats["most_open_streams"], 1);
  EXPECT_EQ(stats["most_subscriptions_of_a_stream"], 1);
  EXPECT_GE(stats["events_streamed"], 1);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
