#include "tests/bench/presence/sides.h"
#include "tests/support/process_usage.h"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "common/grpcx/tls.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"

namespace crosspoint::bench {
namespace {

namespace pb = presence::v1;

// As the gateway calls presence: with its certificate.
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentials(const std::filesystem::path& folder) {
  return *grpcx::MakeChannelCredentials({folder / "gateway.pem", folder / "gateway-key.pem", folder / "ca.pem"});
}

std::string WatchRequest() {
  pb::WatchPresenceRequest request;
  for (int user = 0; user < kUsers; ++user) request.add_add_users(UserName(user));
  return request.SerializeAsString();
}

// States take turns, so that every update changes more than the note.
pb::SetAvailabilityRequest RequestFor(int user, int mark) {
  pb::SetAvailabilityRequest request;
  request.set_user(UserName(user));
  request.set_state(mark % 2 == 0 ? "do-not-disturb" : "vacation");
  request.set_note(NoteOf(mark));
  return request;
}

}  // namespace

std::string UserName(int user) { return fmt::format("tenants/{}/users/u{}", kTenant, user); }
std::string NoteOf(int mark) { return fmt::format("back at noon {}", Tally::Text(mark)); }

class UpdateCaller {
 public:
  UpdateCaller(const std::string& address, const std::filesystem::path& folder, std::vector<std::string> tokens)
      : stub_(pb::PresenceService::NewStub(grpc::CreateChannel(address, ChannelCredentials(folder)))),
        tokens_(std::move(tokens)) {}
  ~UpdateCaller() {
    while (under_way_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  void Update(int user, int mark) {
    struct Call {
      grpc::ClientContext context;
      pb::SetAvailabilityRequest request;
      pb::Presence response;
    };
    auto call = std::make_shared<Call>();  // shared: callbacks are copied
    call->context.set_wait_for_ready(true);
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    if (!tokens_.empty()) {
      call->context.AddMetadata("authorization", "Bearer " + tokens_[static_cast<size_t>(user)]);
    }
    call->request = RequestFor(user, mark);
    ++under_way_;
    stub_->async()->SetAvailability(&call->context, &call->request, &call->response, [this, call](grpc::Status status) {
      if (!status.ok()) {
        fmt::print(stderr, "SetAvailability: {}\n", status.error_message());
        std::exit(1);
      }
      --under_way_;
    });
  }

 private:
  std::unique_ptr<pb::PresenceService::Stub> stub_;
  const std::vector<std::string> tokens_;
  std::atomic<int> under_way_{0};
};

OurSide::OurSide(const testing::Credentials& credentials, const std::filesystem::path& folder)
    : credentials_(credentials), folder_(folder), ports_{testing::FreeTcpPort(), testing::FreeTcpPort()} {
  std::vector<std::string> tokens;
  for (int user = 0; user < kUsers; ++user) tokens.push_back(credentials_.Token(kTenant, fmt::format("u{}", user)));
  for (int i = 0; i < 2; ++i) {
    replicas_[i] =
        std::make_unique<testing::ServiceProcess>("presence", fmt::format("presence-{}", i), folder_, Yaml(ports_[i]));
    replicas_[i]->Start();
  }
  for (const auto& replica : replicas_) replica->WaitReady();
  updates_ = std::make_unique<UpdateCaller>(address(0), folder_, std::move(tokens));
}

OurSide::~OurSide() {
  watchers_.reset();
  updates_.reset();
}

std::string OurSide::Yaml(int port) const {
  const auto files = credentials_.Certificate("presence");
  const auto tls =
      fmt::format("certificate_file: '{}', key_file: '{}'", files.certificate.string(), files.key.string());
  return fmt::format(
      "server: {{address: 127.0.0.1, port: {}, health_port: 0, http_port: 0, {}, client_ca_file: '{}'}}\n"
      "auth: {{issuer: '{}', audience: '{}', jwks_file: '{}'}}\n"
      "redis: {{address: 'unix:{}', durability: single}}\n"
      "bus: {{bind: 'tcp://127.0.0.1:*'}}\n"
      "directory: {{target: 'ipv4:127.0.0.1:1', {}, ca_file: '{}'}}\n",
      port, tls, files.ca.string(), testing::Credentials::kIssuer, testing::Credentials::kAudience,
      credentials_.jwks_file().string(), redis_.socket_path(), tls, files.ca.string());
}

std::shared_ptr<grpc::Channel> OurSide::Channel(int replica) const {
  return grpc::CreateChannel(address(replica), ChannelCredentials(folder_));
}

void OurSide::Watch(int watchers, int connections) {
  watchers_.reset();
  const WatchTarget target{address(1), ChannelCredentials(folder_), WatchRequest(), connections,
                           [this](int watcher) { return credentials_.Token(kTenant, fmt::format("w{}", watcher)); }};
  watchers_ = std::make_unique<Watchers>(target, watchers, tally_);
}

void OurSide::Update(int user, int mark) { updates_->Update(user, mark); }

double OurSide::AllCpuSeconds() const {
  return testing::CpuSeconds(redis_.pid()) + testing::CpuSeconds(replicas_[0]->pid()) +
         testing::CpuSeconds(replicas_[1]->pid());
}

MessageShape OurSide::Shape() {
  Watch(1, 1);
  // Every user has a state from here on.
  for (int user = 0; user < kUsers; ++user) {
    const int mark = tally_.NewMark();
    Update(user, mark);
    tally_.WaitFor(mark);
  }
  const auto stub = pb::PresenceService::NewStub(Channel(1));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + credentials_.Token(kTenant, "w0"));
  const auto stream = stub->WatchPresence(&context);
  pb::WatchPresenceRequest request;
  request.ParseFromString(WatchRequest());
  stream->Write(request);
  pb::WatchPresenceResponse response;
  while (stream->Read(&response) && !response.synced()) {
  }
  const int mark = tally_.NewMark();
  Update(0, mark);
  if (!stream->Read(&response) || response.presences_size() != 1) {
    fmt::print(stderr, "the update did not come alone\n");
    std::exit(1);
  }
  context.TryCancel();
  pb::WatchPresenceResponse state;
  *state.add_presences() = response.presences(0);
  state.mutable_presences(0)->mutable_availability()->set_note(NoteOf(0));
  response.clear_presences();
  return {state.SerializeAsString(), response.SerializeAsString()};
}

FloorSide::FloorSide(const std::filesystem::path& folder) : folder_(folder) {
  const auto where = "--folder=" + folder.string();
  publisher_ = std::make_unique<Child>(std::vector<std::string>{"/proc/self/exe", "--serve=floor-publisher", where});
  std::istringstream line(publisher_->ReadLine());
  std::string port;
  std::string endpoint;
  std::string key;
  line >> port >> endpoint >> key;
  updates_ = std::make_unique<UpdateCaller>("127.0.0.1:" + port, folder_, std::vector<std::string>{});
  streams_ = std::make_unique<Child>(std::vector<std::string>{"/proc/self/exe", "--serve=floor-streams", where,
                                                              "--endpoint=" + endpoint, "--key=" + key});
  address_ = "127.0.0.1:" + streams_->ReadLine();
}

FloorSide::~FloorSide() {
  watchers_.reset();
  updates_.reset();
}

void FloorSide::Watch(int watchers, int connections) {
  watchers_.reset();
  const WatchTarget target{address_, ChannelCredentials(folder_), WatchRequest(), connections, {}};
  watchers_ = std::make_unique<Watchers>(target, watchers, tally_);
}

void FloorSide::Update(int user, int mark) { updates_->Update(user, mark); }

double FloorSide::AllCpuSeconds() const {
  return testing::CpuSeconds(publisher_->pid()) + testing::CpuSeconds(streams_->pid());
}

}  // namespace crosspoint::bench
