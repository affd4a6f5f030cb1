#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "connectors/ews/properties.h"
#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"
#include "tests/component/voicemail/fake_peers.h"
#include "tests/support/exchange_process/exchange_process.h"
#include "tests/support/redis_server.h"
#include "tests/support/stack/service_process.h"
#include "tests/support/wav.h"

namespace crosspoint::testing {

namespace v1 = ::crosspoint::voicemail::v1;

inline constexpr char kAda[] = "tenants/acme/users/ada";
inline constexpr char kBob[] = "tenants/acme/users/bob";

// A service with everything around it. Every test has its own.
class VoicemailWorld : public ::testing::Test {
 protected:
  VoicemailWorld() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-voicemail-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
    for (const std::string id : {"ada", "bob"}) {
      exchange_.Post("/sim/mailboxes", fmt::format(R"({{"email": "{0}@corp.example", "display_name": "{0}"}})", id));
      peers_.AddUser(id, id + "@corp.example", id == "ada" ? "201" : "202");
    }
    peers_.AddContact("+493023125088", "Uncle Joe");
    ews::EwsConfig config{.url = exchange_.ews_url(), .auth = ews::BasicAuth{"svc", exchange_.password_file()}};
    config.allow_loopback = true;
    config.allow_plain_http = true;
    client_ = *ews::EwsClient::Create(config);
  }
  ~VoicemailWorld() override {
    service_.reset();
    std::filesystem::remove_all(dir_);
  }

  // `more`: further keys of the configuration.
  void Start(const std::string& more = "") {
    const auto yaml = fmt::format(
        "server: {{address: 127.0.0.1, port: {}, health_port: 0, http_port: 0, drain_delay: 0s}}\n"
        "auth: {{off: true}}\n"
        "redis: {{address: 'unix:{}'}}\n"
        "directory: {{target: '{}'}}\n"
        "meeting_sync: {{target: '{}'}}\n"
        "contact: {{target: '{}'}}\n"
        "blobs: {{directory: '{}'}}\n"
        "tenants:\n"
        "  acme:\n"
        "    region: DE\n"
        "    ews: {{url: '{}', user: svc, password_file: '{}', allow_loopback: true, allow_plain_http: true}}\n{}",
        port_, redis_.socket_path(), peers_.target(), peers_.target(), peers_.target(), (dir_ / "blobs").string(),
        exchange_.ews_url(), exchange_.password_file(), more);
    service_ = std::make_unique<ServiceProcess>("voicemail", "voicemail", dir_, yaml);
    service_->Start();
    service_->WaitReady();
    stub_ = v1::VoicemailService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials()));
  }
  void Restart() {
    service_->Kill();
    service_->Start();
    service_->WaitReady();
  }

  static std::unique_ptr<grpc::ClientContext> Soon() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    context->set_wait_for_ready(true);
    return context;
  }
  absl::StatusOr<v1::Voicemail> Deposit(const std::string& wav, const std::string& caller = "",
                                        const std::string& request_id = "", size_t piece = 60'000,
                                        const std::string& user = kAda) {
    v1::Voicemail made;
    const auto context = Soon();
    const auto writer = stub_->DepositMessage(context.get(), &made);
    v1::DepositMessageRequest part;
    part.mutable_header()->set_parent(user);
    part.mutable_header()->set_caller(caller);
    part.mutable_header()->set_request_id(request_id);
    writer->Write(part);
    for (size_t at = 0; at < wav.size(); at += piece) {
      part.set_audio(wav.substr(at, piece));
      if (!writer->Write(part)) break;
    }
    writer->WritesDone();
    const auto status = grpcx::FromGrpc(writer->Finish());
    if (!status.ok()) return status;
    return made;
  }
  std::vector<v1::Voicemail> List(bool show_deleted = false, const std::string& user = kAda) {
    v1::ListMessagesRequest request;
    request.set_parent(user);
    request.set_show_deleted(show_deleted);
    v1::ListMessagesResponse response;
    const auto status = stub_->ListMessages(Soon().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.messages().begin(), response.messages().end()};
  }
  void UseSynced() {
    v1::UpdateDeliverySettingsRequest request;
    request.mutable_settings()->set_name(std::string(kAda) + "/deliverySettings");
    request.mutable_settings()->set_delivery_type(v1::DELIVERY_TYPE_SYNCED);
    v1::DeliverySettings response;
    const auto status = stub_->UpdateDeliverySettings(Soon().get(), request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  // Files of audio, those on their way in left out.
  int Blobs() const {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_ / "blobs")) {
      count += entry.is_regular_file() && entry.path().extension() == ".wav" ? 1 : 0;
    }
    return count;
  }
  // Ada's mails of ours in a folder.
  std::vector<ews::Message> Mails(const std::string& folder = "inbox") {
    ews::FindItemsQuery query;
    query.folder = ews::FolderRef::Named(folder);
    query.restriction = ews::Exists(ews::CrosspointIdPath());
    query.properties = {ews::CrosspointIdPath()};
    const auto page = client_->FindMessages(query, AsAda());
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->items : std::vector<ews::Message>{};
  }
  bool AwaitMails(size_t count, const std::string& folder = "inbox") {
    return Eventually([&] { return Mails(folder).size() == count; }, std::chrono::seconds(20));
  }
  ews::EwsCall AsAda() const {
    ews::EwsCall call;
    call.mailbox = "ada@corp.example";
    return call;
  }

  std::filesystem::path dir_;
  const int port_ = FreeTcpPort();
  RedisServer redis_;
  ExchangeProcess exchange_;
  FakePeers peers_;
  std::unique_ptr<ews::EwsClient> client_;
  std::unique_ptr<ServiceProcess> service_;
  std::unique_ptr<v1::VoicemailService::Stub> stub_;
};

}  // namespace crosspoint::testing
