#include "contact/api/contact_watch.h"

#include <chrono>
#include <utility>

#include "contact/api/convert.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kContactsPerMessage = 200;
constexpr std::chrono::seconds kLoadLimit{5};

}  // namespace

ContactWatch::ContactWatch(Shelf& shelf, UserId owner, WatchPosition position, std::shared_ptr<Stream> stream)
    : shelf_(shelf), owner_(std::move(owner)), stream_(std::move(stream)), position_(std::move(position)) {}

void ContactWatch::Start(Shelf& shelf, const UserId& owner, WatchPosition position, std::shared_ptr<Stream> stream) {
  auto watch = std::make_shared<ContactWatch>(shelf, owner, std::move(position), stream);
  // Weak on the shelf, strong in the stream: the call's end is the watch's end.
  watch->subscription_ = shelf.Subscribe(owner, [weak = std::weak_ptr(watch)] {
    if (const auto alive = weak.lock()) alive->Pump();
  });
  stream->OnWritable([watch] { watch->Pump(); });
  stream->OnEnd([watch] { watch->subscription_.reset(); });
  // Latest: what the caller was acknowledged before must be in the state.
  if (const auto loaded = shelf.Refresh(owner, std::chrono::steady_clock::now() + kLoadLimit); !loaded.ok()) {
    return stream->Finish(loaded);
  }
  watch->Pump();
}

void ContactWatch::Pump() {
  const std::lock_guard lock(mu_);
  while (!stream_->closed()) {
    auto next = position_;
    const auto news = shelf_.ReadNews(owner_, next, kContactsPerMessage);
    const bool now_synced = news.complete && !synced_;
    if (news.contacts.empty() && !news.gap && !now_synced) return;
    v1::WatchContactsResponse message;
    for (const auto& contact : news.contacts) {
      if (contact.deleted) {
        message.add_removed(ContactId{owner_, contact.id}.Name());
      } else {
        *message.add_contacts() = ToProto(owner_, contact);
      }
    }
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

}  // namespace crosspoint::contact
