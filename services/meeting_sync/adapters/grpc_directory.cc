#include "meeting_sync/adapters/grpc_directory.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "common/grpcx/outgoing.h"
#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"

namespace crosspoint::meeting_sync {
namespace {

namespace v1 = crosspoint::directory::v1;
using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{200};
constexpr milliseconds kMaxRetry{5'000};

Binding BindingFrom(v1::MailboxBinding binding) {
  switch (binding) {
    case v1::MAILBOX_BINDING_EWS:
      return Binding::kEws;
    case v1::MAILBOX_BINDING_GRAPH:
      return Binding::kGraph;
    case v1::MAILBOX_BINDING_NONE:
      return Binding::kNone;
    default:
      return Binding::kUnset;
  }
}

}  // namespace

// One tenant's watch. A stream is the reactor of one call; between streams nothing of gRPC lives here.
struct GrpcDirectory::Watch : std::enable_shared_from_this<Watch> {
  struct Stream final : grpc::ClientReadReactor<v1::WatchUsersResponse> {
    explicit Stream(std::shared_ptr<Watch> owner) : owner(std::move(owner)), context(grpcx::OutgoingContext::Watch()) {}
    void OnReadDone(bool ok) override {
      if (!ok) return;
      owner->Take(response);
      StartRead(&response);
    }
    void OnDone(const grpc::Status& status) override {
      const auto watch = std::move(owner);
      watch->Ended(grpcx::FromGrpc(status, "directory"));  // from here on nobody else knows this stream
      delete this;
    }
    std::shared_ptr<Watch> owner;
    grpcx::OutgoingContext context;
    v1::WatchUsersRequest request;
    v1::WatchUsersResponse response;
  };

  Watch(std::shared_ptr<grpc::Channel> channel, TenantId tenant, UserBook& book, TaskRunner& tasks, log::Logger& log)
      : stub(v1::DirectoryService::NewStub(std::move(channel))),
        tenant(std::move(tenant)),
        book(book),
        tasks(tasks),
        log(log) {}

  void Open() {
    const std::lock_guard lock(mu);
    if (stopped || stream != nullptr) return;
    stream = new Stream(shared_from_this());  // deletes itself in OnDone
    stream->request.set_parent(tenant.Name());
    stream->request.set_resume_token(resume_token);
    begins_anew = resume_token.empty();
    stub->async()->WatchUsers(stream->context.get(), &stream->request, stream);
    stream->StartRead(&stream->response);
    stream->StartCall();
  }

  void Take(const v1::WatchUsersResponse& response) {
    if (response.gap() || std::exchange(begins_anew, false)) {
      book.Restart(tenant);
      complete = false;
    }
    for (const auto& user : response.users()) {
      auto id = UserId::Parse(user.name());
      if (!id.ok()) continue;
      book.Put({.user = *std::move(id),
                .address = user.email(),
                .binding = BindingFrom(user.mailbox_binding()),
                .deleted = user.has_delete_time()});
    }
    if (response.synced()) {
      book.Synced(tenant);
      complete = true;
    }
    const std::lock_guard lock(mu);
    // A token from before the state was complete would resume without the rest of it.
    resume_token = complete ? response.resume_token() : std::string();
    failures = 0;
    if (std::exchange(down, false)) log.Info("directory_reachable", {{"tenant", tenant.value}});
  }

  void Ended(const absl::Status& why) {
    milliseconds delay = kFirstRetry;
    {
      const std::lock_guard lock(mu);
      stream = nullptr;
      idle.notify_all();
      if (stopped) return;
      if (why.code() == absl::StatusCode::kInvalidArgument) resume_token.clear();
      delay = std::min(kFirstRetry * (1 << std::min(failures++, 8)), kMaxRetry);
      if (!std::exchange(down, true)) {
        log.Warn("directory_unreachable", {{"tenant", tenant.value}, {"problem", MessageOf(why)}});
      }
    }
    tasks.PostAfter(delay, [self = shared_from_this()] { self->Open(); });
  }

  void Stop() {
    std::unique_lock lock(mu);
    stopped = true;
    if (stream != nullptr) stream->context->TryCancel();
    idle.wait(lock, [this] { return stream == nullptr; });
  }

  const std::unique_ptr<v1::DirectoryService::Stub> stub;
  const TenantId tenant;
  UserBook& book;
  TaskRunner& tasks;
  log::Logger& log;
  bool begins_anew = true;  // of the stream's callbacks, which never overlap
  bool complete = false;    // likewise

  std::mutex mu;
  std::condition_variable idle;
  Stream* stream = nullptr;  // guarded by mu
  std::string resume_token;  // guarded by mu
  int failures = 0;          // guarded by mu
  bool down = false;         // guarded by mu
  bool stopped = false;      // guarded by mu
};

GrpcDirectory::GrpcDirectory(std::shared_ptr<grpc::Channel> channel, std::vector<TenantId> tenants, UserBook& book,
                             TaskRunner& tasks, log::Logger& log) {
  for (auto& tenant : tenants) watches_.push_back(std::make_shared<Watch>(channel, tenant, book, tasks, log));
}

GrpcDirectory::~GrpcDirectory() { Stop(); }

void GrpcDirectory::Start() {
  for (const auto& watch : watches_) watch->Open();
}

void GrpcDirectory::Stop() {
  for (const auto& watch : watches_) watch->Stop();
}

}  // namespace crosspoint::meeting_sync
