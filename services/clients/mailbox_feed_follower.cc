#include "clients/mailbox_feed_follower.h"

#include "clients/reopened_watch.h"
#include "crosspoint/meeting_sync/v1/mailbox_feed_service.grpc.pb.h"

namespace crosspoint::clients {

namespace v1 = crosspoint::meeting_sync::v1;

class MailboxFeedFollower::Watch final : public ReopenedWatch<v1::WatchChangesRequest, v1::WatchChangesResponse> {
 public:
  Watch(std::shared_ptr<grpc::Channel> channel, const TenantId& tenant, MailboxFeedListener& listener,
        TaskRunner& tasks, log::Logger& log)
      : ReopenedWatch("mailbox_feed", tenant.value, tasks, log),
        stub_(v1::MailboxFeedService::NewStub(std::move(channel))),
        tenant_(tenant),
        listener_(listener) {}

 private:
  void Fill(v1::WatchChangesRequest& request) override {
    request.set_parent(tenant_.Name());
    request.set_watermark(watermark_);
  }

  void Call(grpc::ClientContext* context, const v1::WatchChangesRequest& request,
            grpc::ClientReadReactor<v1::WatchChangesResponse>& reactor) override {
    stub_->async()->WatchChanges(context, &request, &reactor);
  }

  void Take(const v1::WatchChangesResponse& response) override {
    watermark_ = response.watermark();
    if (response.gap()) listener_.OnGap(tenant_);
    if (response.user().empty()) return;
    if (const auto user = UserId::Parse(response.user()); user.ok()) listener_.OnChange(*user, response.folder());
  }

  void Forget() override { watermark_.clear(); }

  const std::unique_ptr<v1::MailboxFeedService::Stub> stub_;
  const TenantId tenant_;
  MailboxFeedListener& listener_;
  std::string watermark_;  // of the stream's callbacks and the opening of the next, which never overlap
};

MailboxFeedFollower::MailboxFeedFollower(std::shared_ptr<grpc::Channel> channel, const std::vector<TenantId>& tenants,
                                         MailboxFeedListener& listener, TaskRunner& tasks, log::Logger& log) {
  for (const auto& tenant : tenants) watches_.push_back(std::make_shared<Watch>(channel, tenant, listener, tasks, log));
}

MailboxFeedFollower::~MailboxFeedFollower() { Stop(); }

void MailboxFeedFollower::Start() {
  for (const auto& watch : watches_) watch->Open();
}

void MailboxFeedFollower::Stop() {
  for (const auto& watch : watches_) watch->Stop();
}

}  // namespace crosspoint::clients
