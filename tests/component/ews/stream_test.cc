#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "connectors/ews/client.h"
#include "connectors/ews/errors.h"
#include "tests/component/ews/fixture.h"
#include "tests/component/ews/stream_recorder.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string Message(const std::string& content, const std::string& response_class = "Success",
                    const std::string& code = "NoError") {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"s\"><s:Body><m:GetStreamingEventsResponse "
         "xmlns:m=\"m\">"
         "<m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass=\"" +
         response_class + "\"><m:ResponseCode>" + code + "</m:ResponseCode>" + content +
         "</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse></s:Body></"
         "s:Envelope>";
}
std::string Created(const std::string& item) {
  return Message("<m:Notifications><m:Notification><SubscriptionId>s1</SubscriptionId><CreatedEvent><ItemId Id=\"" +
                 item + "\"/><ParentFolderId Id=\"f\"/></CreatedEvent></m:Notification></m:Notifications>");
}
std::string Heartbeat() {
  return Message(
      "<m:Notifications><m:Notification><SubscriptionId>s1</SubscriptionId><StatusEvent/></m:Notification></"
      "m:Notifications>");
}
std::string Closed() { return Message("<m:ConnectionStatus>Closed</m:ConnectionStatus>"); }

void WriteChunk(ScriptedReply& reply, std::string_view bytes) {
  reply.Write(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
}

class EwsStreamWire : public LoopbackClient {
 protected:
  void Open(const ScriptedServer& server, milliseconds silence = std::chrono::seconds(30)) {
    EwsConfig config = Config(server.Url("/EWS/Exchange.asmx"));
    config.stream_silence = silence;
    client_ = Make(config);
    stream_ = client_->OpenStream({"s1", "s2"}, minutes(30), recorder_.Callbacks(), {.mailbox = "anna@example.org"});
  }

  StreamRecorder recorder_;
  std::unique_ptr<EwsClient> client_;
  std::unique_ptr<EwsStream> stream_;
};

TEST_F(EwsStreamWire, EnvelopesAreReadWhereverThePiecesEnd) {
  const std::string row = Created("i1") + "\r\n" + Heartbeat() + Created("i2") + Closed();
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{17}, size_t{500}, row.size()}) {
    ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
      reply.Write(kHead);
      for (size_t at = 0; at < row.size(); at += piece) WriteChunk(reply, std::string_view(row).substr(at, piece));
      reply.WaitForHangUp();
    });
    StreamRecorder recorder;
    const auto client = Make(Config(server.Url()));
    const auto stream = client->OpenStream({"s1"}, minutes(1), recorder.Callbacks());
    EXPECT_TRUE(recorder.WaitForEnd().ok()) << piece;
    const auto events = recorder.events();
    ASSERT_EQ(events.size(), 2u) << piece;
    EXPECT_EQ(events[0].item_id, "i1");
    EXPECT_EQ(events[1].item_id, "i2");
    EXPECT_EQ(events[1].subscription_id, "s1");
    recorder.WaitForAlive(4);
  }
}

TEST_F(EwsStreamWire, EventArrivesWhileTheAnswerIsStillOpen) {
  std::promise<void> seen;
  ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kHead);
    WriteChunk(reply, Created("i1"));
    seen.get_future().wait();
    WriteChunk(reply, Closed());
    reply.WaitForHangUp();
  });
  Open(server);
  EXPECT_EQ(recorder_.WaitForItem("i1").kind, StreamEvent::Kind::kCreated);
  EXPECT_FALSE(recorder_.ended());
  seen.set_value();
  EXPECT_TRUE(recorder_.WaitForEnd().ok());
  const auto request = server.requests().at(0);
  EXPECT_THAT(request.body,
              HasSubstr("<m:SubscriptionIds><t:SubscriptionId>s1</t:SubscriptionId><t:SubscriptionId>s2"));
  EXPECT_THAT(request.body, HasSubstr("<m:ConnectionTimeout>30</m:ConnectionTimeout>"));
}

TEST_F(EwsStreamWire, LostSubscriptionIsNamedAndTheOthersGoOn) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kHead);
    WriteChunk(reply,
               Message("<m:ErrorSubscriptionIds><m:SubscriptionId>s2</m:SubscriptionId></m:ErrorSubscriptionIds>",
                       "Error", "ErrorSubscriptionNotFound"));
    WriteChunk(reply, Created("i1"));
    reply.WaitForHangUp();
  });
  Open(server);
  EXPECT_THAT(recorder_.WaitForLost(), ElementsAre("s2"));
  recorder_.WaitForItem("i1");
  EXPECT_FALSE(recorder_.ended());
}

TEST_F(EwsStreamWire, CutStreamIsUnavailable) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kHead);
    WriteChunk(reply, Heartbeat());
    reply.Close();
  });
  Open(server);
  EXPECT_EQ(recorder_.WaitForEnd().code(), absl::StatusCode::kUnavailable);
}

TEST_F(EwsStreamWire, EndWithoutClosedIsACutStream) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kHead);
    WriteChunk(reply, Heartbeat());
    reply.Write("0\r\n\r\n");
  });
  Open(server);
  EXPECT_EQ(ReasonOf(recorder_.WaitForEnd()), "EWS_STREAM_CUT");
}

TEST_F(EwsStreamWire, SilentStreamIsDead) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kHead);
    WriteChunk(reply, Heartbeat());
    reply.WaitForHangUp();
  });
  Open(server, milliseconds(80));
  EXPECT_EQ(recorder_.WaitForEnd().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(EwsStreamWire, FaultInsteadOfAStreamTellsItsBackOff) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Send(
        500,
        "<s:Envelope "
        "xmlns:s=\"s\"><s:Body><s:Fault><faultcode>a:ErrorExceededConnectionCount</faultcode><detail><MessageXml>"
        "<Value Name=\"BackOffMilliseconds\">900</Value></MessageXml></detail></s:Fault></s:Body></s:Envelope>");
  });
  Open(server);
  EXPECT_EQ(BackOffOf(recorder_.WaitForEnd()), milliseconds(900));
}

TEST_F(EwsStreamWire, RefusedLoginEndsIt) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(401, "no"); });
  Open(server);
  EXPECT_EQ(ReasonOf(recorder_.WaitForEnd()), "EWS_NOT_AUTHORIZED");
}

TEST_F(EwsStreamWire, GarbageOrAnEndlessEnvelopeEndsIt) {
  for (const bool endless : {false, true}) {
    ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
      reply.Write(kHead);
      WriteChunk(reply, endless ? "<a>" : "<!DOCTYPE a>");
      const std::string block(1 << 20, 'x');
      for (int i = 0; i < 16 && endless; ++i) WriteChunk(reply, block);
      reply.WaitForHangUp();
    });
    StreamRecorder recorder;
    const auto client = Make(Config(server.Url()));
    const auto stream = client->OpenStream({"s1"}, minutes(1), recorder.Callbacks());
    EXPECT_EQ(ReasonOf(recorder.WaitForEnd()), "EWS_BAD_ANSWER");
  }
}

TEST_F(EwsStreamWire, DestroyedStreamHangsUpAndSaysNothingMore) {
  std::promise<void> hung_up;
  ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kHead);
    WriteChunk(reply, Heartbeat());
    reply.WaitForHangUp();
    hung_up.set_value();
  });
  Open(server);
  recorder_.WaitForAlive(1);
  stream_.reset();
  EXPECT_FALSE(recorder_.ended());
  hung_up.get_future().wait();
}

TEST_F(EwsStreamWire, WhatCannotBeOpenedEndsAtOnce) {
  const auto client = Make(Config("http://127.0.0.1:1/"));
  for (const auto& [ids, time] : std::vector<std::pair<std::vector<std::string>, int>>{
           {{}, 1}, {{"s"}, 0}, {{"s"}, 31}, {std::vector<std::string>(201, "s"), 1}}) {
    StreamRecorder recorder;
    const auto stream = client->OpenStream(ids, minutes(time), recorder.Callbacks());
    EXPECT_EQ(recorder.WaitForEnd().code(), absl::StatusCode::kInvalidArgument);
  }
  std::filesystem::remove(secret_file());
  StreamRecorder recorder;
  const auto stream = client->OpenStream({"s"}, minutes(1), recorder.Callbacks());
  EXPECT_EQ(ReasonOf(recorder.WaitForEnd()), "EWS_SECRET_UNREADABLE");
}

}  // namespace
}  // namespace crosspoint::ews
