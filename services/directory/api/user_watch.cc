#include "directory/api/user_watch.h"

#include <utility>

#include "directory/api/convert.h"

namespace crosspoint::directory {
namespace {

constexpr size_t kUsersPerMessage = 200;

}  // namespace

UserWatch::UserWatch(UserFeed& feed, TenantId tenant, FeedPosition position, std::shared_ptr<Stream> stream)
    : feed_(feed), tenant_(std::move(tenant)), stream_(std::move(stream)), position_(std::move(position)) {}

void UserWatch::Start(UserFeed& feed, const TenantId& tenant, FeedPosition position, std::shared_ptr<Stream> stream) {
  auto watch = std::make_shared<UserWatch>(feed, tenant, std::move(position), stream);
  // Weak in the feed, strong in the stream: the call's end is the watch's end.
  watch->subscription_ = feed.Subscribe(tenant, [weak = std::weak_ptr(watch)] {
    if (const auto alive = weak.lock()) alive->Pump();
  });
  stream->OnWritable([watch] { watch->Pump(); });
  stream->OnEnd([watch] { watch->subscription_.reset(); });
  watch->Pump();
}

void UserWatch::Pump() {
  const std::lock_guard lock(mu_);
  while (!stream_->closed()) {
    auto next = position_;
    const auto news = feed_.ReadNews(tenant_, next, kUsersPerMessage);
    const bool now_synced = news.complete && !synced_;
    if (news.users.empty() && !news.gap && !now_synced) return;
    v1::WatchUsersResponse message;
    for (const auto& user : news.users) *message.add_users() = ToProto(user);
    message.set_resume_token(next.Token());
    message.set_gap(news.gap);
    if (news.gap) synced_ = false;
    message.set_synced(news.complete && !synced_);
    if (!stream_->Write(message)) return;
    position_ = next;
    synced_ = synced_ || message.synced();
    if (news.complete) return;
  }
}

}  // namespace crosspoint::directory
