// The process as an operator sees it.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "tests/component/voicemail/world.h"
#include "tests/support/smtp_server/smtp_server.h"

namespace crosspoint::testing {
namespace {

class Process : public VoicemailWorld {
 protected:
  void UseNotify(const std::string& address) {
    v1::UpdateDeliverySettingsRequest request;
    request.mutable_settings()->set_name(std::string(kAda) + "/deliverySettings");
    request.mutable_settings()->set_delivery_type(v1::DELIVERY_TYPE_NOTIFY);
    request.mutable_settings()->set_notify_address(address);
    v1::DeliverySettings response;
    const auto status = stub_->UpdateDeliverySettings(Soon().get(), request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
};

TEST_F(Process, MetricNamesAreThoseOnTheList) {
  Start();
  std::set<std::string> names;
  std::istringstream lines(service_->Get("/metrics").second);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# TYPE crosspoint_", 0) != 0) continue;
    names.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  std::string text;
  for (const auto& name : names) text += name + "\n";
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  const auto path =
      std::filesystem::path(source != nullptr ? source : ".") / "tests/component/voicemail/metrics.golden";
  if (std::getenv("CROSSPOINT_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream golden(path);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(golden), {}));
}

TEST_F(Process, EndsInOrderWhileWatchedAndWhileExchangeHangs) {
  Start();
  UseSynced();
  v1::WatchMailboxRequest request;
  request.set_parent(kAda);
  grpc::ClientContext context;
  const auto reader = stub_->WatchMailbox(&context, request);
  v1::WatchMailboxResponse seen;
  ASSERT_TRUE(reader->Read(&seen));
  exchange_.Kill();
  ASSERT_TRUE(Deposit(MakeWav()).ok());
  EXPECT_EQ(service_->Terminate(), 0);
}

TEST_F(Process, AMailThatTheRelayRefusesBecomesADeadLetterThatCanBeReplayed) {
  SmtpServer relay;
  Start(fmt::format("smtp: {{host: 127.0.0.1, port: {}, tls: none, from: voicemail@corp.example}}\n", relay.port()));
  UseNotify("ada@private.example");
  relay.Refuse("RCPT", "550 5.1.1 nobody here");
  ASSERT_TRUE(Deposit(MakeWav(), "202").ok());
  const auto operations = admin::v1::OperationsService::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials()));
  admin::v1::ListDeadLettersResponse letters;
  ASSERT_TRUE(Eventually([&] {
    EXPECT_TRUE(operations->ListDeadLetters(Soon().get(), {}, &letters).ok());
    return letters.dead_letters_size() == 1;
  }));
  EXPECT_EQ(letters.dead_letters(0).type(), "voicemail.notify");
  EXPECT_THAT(letters.dead_letters(0).error(), ::testing::HasSubstr("550"));
  EXPECT_EQ(List().size(), 1u) << "the message itself is safe";
  relay.TakeAll();
  admin::v1::ReplayDeadLetterRequest replay;
  replay.set_name(letters.dead_letters(0).name());
  admin::v1::ReplayDeadLetterResponse replayed;
  ASSERT_TRUE(operations->ReplayDeadLetter(Soon().get(), replay, &replayed).ok());
  EXPECT_EQ(relay.MailsTo("ada@private.example", 1).size(), 1u);
}

TEST_F(Process, NotifyNeedsARelayAndSyncedAMailbox) {
  Start();
  v1::UpdateDeliverySettingsRequest request;
  request.mutable_settings()->set_name(std::string(kAda) + "/deliverySettings");
  request.mutable_settings()->set_delivery_type(v1::DELIVERY_TYPE_NOTIFY);
  request.mutable_settings()->set_notify_address("a@b.example");
  v1::DeliverySettings response;
  const auto status = grpcx::FromGrpc(stub_->UpdateDeliverySettings(Soon().get(), request, &response));
  EXPECT_EQ(GetErrorInfo(status)->reason, "NO_MAIL_RELAY");
  const auto made = Deposit(MakeWav(), "202");
  v1::PlayMessageRequest play;
  play.set_name(made->name());
  v1::PlayMessageResponse played;
  const auto refused = grpcx::FromGrpc(stub_->PlayMessage(Soon().get(), play, &played));
  EXPECT_EQ(GetErrorInfo(refused)->reason, "NO_GATEWAY");
}

}  // namespace
}  // namespace crosspoint::testing
