#include "clients/directory_follower.h"

#include <utility>

#include "clients/reopened_watch.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"

namespace crosspoint::clients {

namespace v1 = crosspoint::directory::v1;

class DirectoryFollower::Watch final : public ReopenedWatch<v1::WatchUsersRequest, v1::WatchUsersResponse> {
 public:
  Watch(std::shared_ptr<grpc::Channel> channel, const TenantId& tenant, UserListener& listener, TaskRunner& tasks,
        log::Logger& log)
      : ReopenedWatch("directory", tenant.value, tasks, log),
        stub_(v1::DirectoryService::NewStub(std::move(channel))),
        tenant_(tenant),
        listener_(listener) {}

 private:
  void Fill(v1::WatchUsersRequest& request) override {
    request.set_parent(tenant_.Name());
    request.set_resume_token(resume_token_);
    begins_anew_ = resume_token_.empty();
  }

  void Call(grpc::ClientContext* context, const v1::WatchUsersRequest& request,
            grpc::ClientReadReactor<v1::WatchUsersResponse>& reactor) override {
    stub_->async()->WatchUsers(context, &request, &reactor);
  }

  void Take(const v1::WatchUsersResponse& response) override {
    if (response.gap() || std::exchange(begins_anew_, false)) {
      listener_.Restart(tenant_);
      complete_ = false;
    }
    for (const auto& user : response.users()) {
      if (const auto id = UserId::Parse(user.name()); id.ok()) listener_.Put(*id, user);
    }
    if (response.synced()) {
      listener_.Synced(tenant_);
      complete_ = true;
    }
    // A token from before the state was complete would resume without the rest of it.
    resume_token_ = complete_ ? response.resume_token() : std::string();
  }

  void Forget() override { resume_token_.clear(); }

  const std::unique_ptr<v1::DirectoryService::Stub> stub_;
  const TenantId tenant_;
  UserListener& listener_;
  // Of the stream's callbacks and the opening of the next, which never overlap.
  std::string resume_token_;
  bool begins_anew_ = true;
  bool complete_ = false;
};

DirectoryFollower::DirectoryFollower(std::shared_ptr<grpc::Channel> channel, const std::vector<TenantId>& tenants,
                                     UserListener& listener, TaskRunner& tasks, log::Logger& log)
    : channel_(std::move(channel)), listener_(listener), tasks_(tasks), log_(log) {
  for (const auto& tenant : tenants) AddLocked(tenant);
}

void DirectoryFollower::AddLocked(const TenantId& tenant) {
  watches_.emplace(tenant, std::make_shared<Watch>(channel_, tenant, listener_, tasks_, log_));
}

DirectoryFollower::~DirectoryFollower() { Stop(); }

void DirectoryFollower::Start() {
  const std::lock_guard lock(mu_);
  running_ = true;
  for (const auto& [tenant, watch] : watches_) watch->Open();
}

void DirectoryFollower::Follow(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  if (!running_ || watches_.contains(tenant)) return;
  AddLocked(tenant);
  watches_.at(tenant)->Open();
}

void DirectoryFollower::Stop() {
  std::map<TenantId, std::shared_ptr<Watch>> watches;
  {
    const std::lock_guard lock(mu_);
    running_ = false;
    watches = watches_;
  }
  for (const auto& [tenant, watch] : watches) watch->Stop();
}

}  // namespace crosspoint::clients
