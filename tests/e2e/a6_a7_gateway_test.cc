// A6: a client talks to the gateway alone. A7: every public call on its one port, authenticated in one place.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "crosspoint/common/v1/options.pb.h"
#include "crosspoint/directory/v1/connector_service.grpc.pb.h"
#include "gateway/api/public_services.h"
#include "tests/e2e/running_system.h"
#include "tests/support/refusals.h"

namespace crosspoint::e2e {
namespace {

std::unique_ptr<directory::DirectoryService::Stub> DirectoryThere() {
  return directory::DirectoryService::NewStub(TheStack().GatewayChannel());
}

TEST(A6, SearchAndPictureComeThroughTheGatewaysPortAlone) {
  const auto mailbox = NewMailbox("Portholm Winterbottom");
  TheStack().exchange().Post("/sim/photos", R"({"email": ")" + mailbox.email + R"(", "present": true})");
  directory::SearchPeopleRequest search;
  search.set_parent(testing::Stack::kTenant);
  search.set_query("Winterbottom");
  directory::SearchPeopleResponse people;
  auto status = Outcome(DirectoryThere()->SearchPeople(TheStack().AsUser("users/roamer").get(), search, &people));
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(people.people_size(), 1);
  EXPECT_EQ(people.people(0).display_name(), "Portholm Winterbottom");

  directory::GetPhotoRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_email(mailbox.email);
  directory::Photo photo;
  status = Outcome(DirectoryThere()->GetPhoto(TheStack().AsUser("users/roamer").get(), request, &photo));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GT(photo.content().size(), 100u);
}

TEST(A6, TheOtherPortsTakeNoClientWithoutCertificate) {
  for (const char* const service : {"directory", "presence", "meeting-sync"}) {
    const auto stub = directory::DirectoryService::NewStub(TheStack().ChannelAs("", service));
    directory::GetUserRequest request;
    request.set_name("tenants/default/users/roamer");
    directory::User user;
    EXPECT_TRUE(absl::IsUnavailable(Outcome(stub->GetUser(TheStack().AsUser("users/roamer").get(), request, &user))))
        << service;
  }
}

// Services that the stack runs; the others are refused as not configured.
bool Runs(const gateway::PublicService& service) { return !service.backend.empty() && TheStack().Has(service.backend); }

// Announced, but no service has them: what passes the gateway meets nobody who could look at the resource.
const std::set<std::string> kNotServed = {"crosspoint.directory.v1.TenantService",
                                          "crosspoint.presence.v1.CallRoutingService"};

TEST(A7, EveryMethodOfEveryServiceIsRefusedOnTheOnePortAsOnItsOwn) {
  const auto channel = TheStack().GatewayChannel();
  size_t tried = 0;
  for (const auto& service : gateway::PublicServices()) {
    if (!Runs(service)) continue;
    for (const auto& call : testing::CallWhatMustBeRefused(channel, service.full_name, "", TheStack().credentials())) {
      if (call.got == "UNIMPLEMENTED" && kNotServed.contains(service.full_name)) continue;
      ++tried;
      EXPECT_TRUE(call.as_expected()) << call.method << " with " << call.credentials << ": expected " << call.expected
                                      << ", got " << call.got;
    }
  }
  EXPECT_GT(tried, 400u);
}

TEST(A7, AServicesCertificateOpensNothingOnTheOnePort) {
  for (const char* const hop : {"gateway", "meeting-sync", "directory"}) {
    const auto channel = TheStack().ChannelAs(hop, "gateway");
    presence::GetPresenceRequest request;
    request.set_user("tenants/default/users/somebody");
    grpc::ClientContext context;
    presence::Presence answer;
    const auto status = Outcome(presence::PresenceService::NewStub(channel)->GetPresence(&context, request, &answer));
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << hop << ": " << status;
  }
}

TEST(A7, AChangeAndAWatchPassThroughAndErrorsKeepTheirReasons) {
  const auto person = NewPerson();
  const auto stub = presence::PresenceService::NewStub(TheStack().GatewayChannel());
  const auto context = TheStack().AsUser(person.name);
  const auto watch = stub->WatchPresence(context.get());
  presence::WatchPresenceRequest names;
  names.add_add_users(person.name);
  ASSERT_TRUE(watch->Write(names));
  presence::WatchPresenceResponse seen;
  while (watch->Read(&seen) && !seen.synced()) {
  }
  presence::SetAvailabilityRequest set;
  set.set_user(person.name);
  set.set_state("vacation");
  presence::Presence answer;
  ASSERT_TRUE(Outcome(stub->SetAvailability(TheStack().AsUser(person.name).get(), set, &answer)).ok());
  std::string state;
  while (state != "vacation" && watch->Read(&seen)) {
    for (const auto& one : seen.presences()) state = one.availability().state();
  }
  EXPECT_EQ(state, "vacation");
  context->TryCancel();

  set.set_state("on-the-moon");
  const auto refused = Outcome(stub->SetAvailability(TheStack().AsUser(person.name).get(), set, &answer));
  ASSERT_TRUE(GetErrorInfo(refused).has_value()) << refused;
  EXPECT_EQ(GetErrorInfo(refused)->metadata.at("field"), "state");
}

// What proto/README.md tells client programs to set.
std::string ServiceConfig() {
  const char* const source = std::getenv("CROSSPOINT_SOURCE_DIR");
  std::ifstream in(std::string(source == nullptr ? "." : source) + "/proto/service_config.json");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(A7, TheServiceConfigRepeatsAllThatOnlyReadsAndNothingElse) {
  const auto config = nlohmann::json::parse(ServiceConfig(), nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(config.is_object()) << "CROSSPOINT_SOURCE_DIR must name the source tree";
  std::set<std::string> repeated;
  for (const auto& name : config["methodConfig"][0]["name"]) {
    repeated.insert(name["service"].get<std::string>() + "/" + name["method"].get<std::string>());
  }
  std::set<std::string> reads = {"crosspoint.gateway.v1.GatewayService/ListSessions"};
  for (const auto& service : gateway::PublicServices()) {
    const auto* const descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service.full_name);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto& method = *descriptor->method(i);
      if (method.client_streaming() || method.server_streaming()) continue;
      for (const char* verb : {"Get", "List", "BatchGet", "Search", "Lookup", "Explain", "Route", "Download"}) {
        if (method.name().starts_with(verb)) reads.insert(service.full_name + "/" + method.name());
      }
    }
  }
  EXPECT_EQ(repeated, reads);
}

TEST(A7, AGatewaysRestartUnderLoadFailsNoCallThatMayBeRepeated) {
  const auto person = NewPerson();
  std::ifstream ca(TheStack().credentials().ca_file());
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfig());
  arguments.SetSslTargetNameOverride("gateway");
  const auto stub = presence::PresenceService::NewStub(grpc::CreateCustomChannel(
      "ipv4:" + TheStack().Address("gateway", 0) + "," + TheStack().Address("gateway", 1),
      grpc::SslCredentials({.pem_root_certs = {std::istreambuf_iterator<char>(ca), {}}}), arguments));
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0};
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&] {
        while (!stop) {
          presence::GetPresenceRequest request;
          request.set_user(person.name);
          presence::Presence answer;
          const auto status = Outcome(stub->GetPresence(TheStack().AsUser(person.name).get(), request, &answer));
          EXPECT_TRUE(status.ok()) << status;
          ++calls;
        }
      });
    }
    auto& replica = TheStack().gateway(1);
    for (const bool orderly : {true, false}) {
      testing::Pause(std::chrono::milliseconds(300));
      if (orderly) {
        EXPECT_EQ(replica.Terminate(), 0);
      } else {
        replica.Kill();
      }
      testing::Pause(std::chrono::milliseconds(300));
      replica.Start();
      replica.WaitReady();
    }
    testing::Pause(std::chrono::milliseconds(300));
    stop = true;
  }
  EXPECT_GT(calls, 100);
  RecordProperty("calls", calls.load());
}

// Reflection's messages, by number: requests are built and answers read without its proto.
google::protobuf::Empty AskReflection(int field, const std::string& text) {
  google::protobuf::Empty request;
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(field, text);
  const auto channel = TheStack().GatewayChannel();
  grpc::ClientContext context;
  grpc::internal::RpcMethod method("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                   grpc::internal::RpcMethod::BIDI_STREAMING);
  const std::unique_ptr<grpc::ClientReaderWriter<google::protobuf::Empty, google::protobuf::Empty>> stream(
      grpc::internal::ClientReaderWriterFactory<google::protobuf::Empty, google::protobuf::Empty>::Create(
          channel.get(), method, &context));
  stream->Write(request);
  google::protobuf::Empty answer;
  EXPECT_TRUE(stream->Read(&answer));
  context.TryCancel();
  return answer;
}

std::vector<std::string> Texts(const google::protobuf::Empty& message, int number) {
  const auto& fields = message.GetReflection()->GetUnknownFields(message);
  std::vector<std::string> texts;
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() == number) texts.push_back(fields.field(i).length_delimited());
  }
  return texts;
}

TEST(A7, ReflectionTellsAllPublicServicesAndTheirDescriptors) {
  std::set<std::string> listed;
  for (const auto& answer : Texts(AskReflection(7, ""), 6)) {
    google::protobuf::Empty list;
    ASSERT_TRUE(list.ParseFromString(answer));
    for (const auto& service : Texts(list, 1)) {
      google::protobuf::Empty fields;
      ASSERT_TRUE(fields.ParseFromString(service));
      listed.insert(Texts(fields, 1).at(0));
    }
  }
  std::vector<std::string> expected;
  for (const auto& service : gateway::PublicServices()) expected.push_back(service.full_name);
  for (const auto& name : expected) {
    EXPECT_TRUE(listed.contains(name)) << name;
    EXPECT_FALSE(Texts(AskReflection(4, name), 4).empty()) << "no descriptor of " << name;
  }
  EXPECT_FALSE(listed.contains("crosspoint.meeting_sync.v1.MailboxFeedService")) << "is for services alone";
}

}  // namespace
}  // namespace crosspoint::e2e
