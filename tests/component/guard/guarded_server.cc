#include "tests/component/guard/guarded_server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace crosspoint::testing {
namespace {

template <class T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::abort();
}

}  // namespace

void TestingHandler::Bind(grpcx::Methods& methods) {
  methods.Unary("Echo", this, &TestingHandler::Echo);
  methods.Unary("EchoInTenant", this, &TestingHandler::Echo);
  methods.Quick("EchoItems", this, &TestingHandler::EchoItems);
  methods.Unary("EchoAnyone", this, &TestingHandler::Echo);
  methods.Unary("EchoServices", this, &TestingHandler::Echo);
  methods.Waiting("EchoSlowly", this, &TestingHandler::EchoSlowly);
  methods.ServerStream("Watch", this, &TestingHandler::Watch);
  methods.ClientStream("Upload", this, &TestingHandler::Upload);
  methods.Bidi("Chat", this, &TestingHandler::Chat);
}

absl::Status TestingHandler::Echo(const Request& request, const Call& call, Response& response) {
  ++runs_;
  response.set_text(request.text());
  response.set_payload(request.payload());
  return inside ? inside(request, call) : absl::OkStatus();
}

absl::Status TestingHandler::EchoItems(const v1::EchoItemsRequest&, const Call&, Response&) {
  ++runs_;
  return absl::OkStatus();
}

absl::Status TestingHandler::EchoSlowly(const Request& request, const Call&, Response& response) {
  ++runs_;
  std::unique_lock lock(mu_);
  ++slow_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return released_; });
  response.set_text(request.text());
  return absl::OkStatus();
}

void TestingHandler::Release() {
  const std::lock_guard lock(mu_);
  released_ = true;
  changed_.notify_all();
}

void TestingHandler::WaitForSlowCalls(int count) {
  std::unique_lock lock(mu_);
  changed_.wait(lock, [&] { return slow_ >= count; });
}

void TestingHandler::Watch(const Request& request, const Call& call,
                           std::shared_ptr<grpcx::ServerStream<Response>> stream) {
  ++runs_;
  if (on_watch) return on_watch(call, std::move(stream));
  Response response;
  response.set_text(request.text());
  for (int i = 0; i < 3; ++i) (void)stream->Write(response);
  stream->Finish(absl::OkStatus());
}

void TestingHandler::Upload(const Call&, std::shared_ptr<grpcx::ClientStream<Request, Response>> stream) {
  ++runs_;
  const auto all = std::make_shared<Response>();  // shared by both callbacks
  stream->OnMessage(
      [this, all](const Request& request) {
        ++runs_;
        all->set_text(all->text() + request.text());
      },
      [this, all, stream] {
        ++whole_;
        stream->FinishOk(*all);
      });
}

void TestingHandler::Chat(const Call& call, std::shared_ptr<grpcx::BidiStream<Request, Response>> stream) {
  ++runs_;
  if (on_chat) return on_chat(call, std::move(stream));
  stream->OnMessage(
      [this, stream](const Request& request) {
        ++runs_;
        Response response;
        response.set_text(request.text());
        (void)stream->Write(response);
      },
      [this, stream] {
        ++whole_;
        stream->Finish(absl::OkStatus());
      });
}

GuardedServer::TemporaryFolder::TemporaryFolder() {
  char name[] = "/tmp/crosspoint-guard-XXXXXX";
  if (mkdtemp(name) == nullptr) std::abort();
  path = name;
}

GuardedServer::TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

GuardedServer::GuardedServer(Options options)
    : credentials_(Credentials::Create(folder_.path)),
      clock_(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now())),
      log_("guard-test", options.log_level),
      transport_(options.transport) {
  options.auth.issuer = Credentials::kIssuer;
  options.auth.audience = Credentials::kAudience;
  if (options.keys == nullptr) options.keys = grpcx::FileJwksSource(credentials_.jwks_file());
  authenticator_ = std::make_unique<grpcx::Authenticator>(options.auth, std::move(options.keys), clock_, log_);
  guard_ = std::make_unique<grpcx::Guard>(
      *authenticator_, clock_, log_, grpcx::Guard::Options{options.guard, options.observer, std::move(options.grants)});
  service_ = grpcx::MakeGuarded<v1::TestingService>(handler_, *guard_);
  grpcx::ServerOptions server;
  server.address = options.address;
  if (transport_ == Transport::kMutualTls) {
    const auto files = credentials_.Certificate("testing");
    server.tls = {files.certificate, files.key, files.ca, options.tls_reread};
  }
  server.max_rpc_threads = options.guard.max_unary_calls;
  server.max_request_bytes = options.guard.max_request_bytes;
  server_ = OrDie(grpcx::RpcServer::Start(server, *guard_, {service_.get()}));
}

GuardedServer::~GuardedServer() { handler_.Release(); }

std::string GuardedServer::target() const { return "127.0.0.1:" + std::to_string(server_->port()); }

std::shared_ptr<grpc::Channel> GuardedServer::Channel(std::string_view service) {
  grpcx::ChannelConfig config;
  config.target = target();
  if (transport_ == Transport::kMutualTls) {
    const auto files = credentials_.Certificate(service);
    config.tls = {files.certificate, files.key, files.ca};
  }
  return OrDie(grpcx::MakeChannel(config));
}

std::unique_ptr<v1::TestingService::Stub> GuardedServer::Stub(std::string_view service) {
  return v1::TestingService::NewStub(Channel(service));
}

std::unique_ptr<grpc::ClientContext> ContextWith(std::string_view token, std::chrono::milliseconds timeout) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + timeout);
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + std::string(token));
  return context;
}

std::string CodeAndReason(const absl::Status& status) {
  std::string text = absl::StatusCodeToString(status.code());
  if (const auto info = GetErrorInfo(status)) text += " " + info->reason;
  return text;
}

std::string CodeAndReason(const grpc::Status& status) { return CodeAndReason(grpcx::FromGrpc(status)); }

}  // namespace crosspoint::testing
