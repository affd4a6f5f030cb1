#include "tests/story/presence_watcher.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "crosspoint/presence/v1/presence_service.grpc.pb.h"

namespace crosspoint::story {

namespace v1 = ::crosspoint::presence::v1;

PresenceWatcher::PresenceWatcher(const std::shared_ptr<grpc::Channel>& channel,
                                 std::unique_ptr<grpc::ClientContext> context, std::vector<std::string> users)
    : context_(std::move(context)) {
  context_->set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  reader_ = std::thread([this, channel, users = std::move(users)] { Read(channel, users); });
}

PresenceWatcher::~PresenceWatcher() {
  context_->TryCancel();
  reader_.join();
}

void PresenceWatcher::Read(const std::shared_ptr<grpc::Channel>& channel, const std::vector<std::string>& users) {
  const auto stub = v1::PresenceService::NewStub(channel);
  const auto stream = stub->WatchPresence(context_.get());
  v1::WatchPresenceRequest request;
  for (const auto& user : users) request.add_add_users(user);
  stream->Write(request);
  v1::WatchPresenceResponse response;
  while (stream->Read(&response)) {
    const auto now = SystemClock().Now();
    const std::lock_guard lock(mu_);
    for (const auto& presence : response.presences()) {
      seen_.push_back({presence.user(), presence.availability().state(), presence.availability().color(), now});
    }
    news_.notify_all();
  }
  stream->Finish();
  const std::lock_guard lock(mu_);
  ended_ = true;
  news_.notify_all();
}

std::optional<PresenceWatcher::Seen> PresenceWatcher::WaitFor(const std::string& user, const std::string& state,
                                                              size_t skip, std::chrono::milliseconds limit) {
  std::unique_lock lock(mu_);
  std::optional<Seen> found;
  news_.wait_for(lock, limit, [&] {
    for (size_t i = skip; i < seen_.size() && !found; ++i) {
      if (seen_[i].user == user && seen_[i].state == state) found = seen_[i];
    }
    return found.has_value() || ended_;
  });
  return found;
}

size_t PresenceWatcher::count() const {
  const std::lock_guard lock(mu_);
  return seen_.size();
}

std::vector<PresenceWatcher::Seen> PresenceWatcher::seen() const {
  const std::lock_guard lock(mu_);
  return seen_;
}

bool PresenceWatcher::ended() const {
  const std::lock_guard lock(mu_);
  return ended_;
}

}  // namespace crosspoint::story
