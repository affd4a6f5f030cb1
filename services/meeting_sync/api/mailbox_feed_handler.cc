#include "meeting_sync/api/mailbox_feed_handler.h"

#include <chrono>
#include <condition_variable>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::meeting_sync {
namespace {

// How long a change may wait for its watchers.
constexpr std::chrono::milliseconds kLook{100};
constexpr size_t kPage = 64;

v1::MailboxFolder ToProto(MailboxFolder folder) {
  switch (folder) {
    case MailboxFolder::kCalendar:
      return v1::MAILBOX_FOLDER_CALENDAR;
    case MailboxFolder::kInbox:
      return v1::MAILBOX_FOLDER_INBOX;
    case MailboxFolder::kOther:
      return v1::MAILBOX_FOLDER_OTHER;
    case MailboxFolder::kContacts:
      break;
  }
  return v1::MAILBOX_FOLDER_CONTACTS;
}

}  // namespace

void MailboxFeedHandler::Bind(grpcx::Methods& methods) {
  methods.ServerStream("WatchChanges", this, &MailboxFeedHandler::WatchChanges);
}

void MailboxFeedHandler::WatchChanges(const v1::WatchChangesRequest& request, const grpcx::Call& /*call*/,
                                      std::shared_ptr<grpcx::ServerStream<v1::WatchChangesResponse>> stream) {
  auto tenant = TenantId::Parse(request.parent(), "parent");
  if (!tenant.ok()) return stream->Finish(tenant.status());
  Watcher watcher{*std::move(tenant), request.watermark(), stream};
  if (watcher.watermark.empty()) {
    auto newest = feed_.Newest(watcher.tenant);
    if (!newest.ok()) return stream->Finish(newest.status());
    watcher.watermark = *std::move(newest);
    v1::WatchChangesResponse begin;
    begin.set_watermark(watcher.watermark);
    begin.set_gap(true);
    if (!stream->Write(begin)) return;  // the caller has gone
  } else if (auto page = feed_.Read(watcher.tenant, watcher.watermark, 1); !page.ok()) {
    return stream->Finish(page.status());
  }
  const std::lock_guard lock(mu_);
  new_watchers_.push_back(std::move(watcher));
}

void MailboxFeedHandler::Serve(Watcher& watcher) {
  while (!watcher.stream->closed()) {
    const auto page = feed_.Read(watcher.tenant, watcher.watermark, kPage);
    if (!page.ok()) return;  // the store is away: the feed goes on where it stood when it is back
    bool gap = page->gap;
    for (const auto& entry : page->entries) {
      v1::WatchChangesResponse response;
      response.set_user(entry.user.Name());
      response.set_folder(ToProto(entry.folder));
      response.set_watermark(entry.watermark);
      response.set_gap(gap);
      if (!watcher.stream->Write(response)) return;
      watcher.watermark = entry.watermark;
      gap = false;
    }
    if (page->entries.size() < kPage) return;
  }
}

void MailboxFeedHandler::Run(std::stop_token stop) {
  std::list<Watcher> watchers;
  std::condition_variable_any wake;
  std::mutex sleep_mu;
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mu_);
      watchers.splice(watchers.end(), new_watchers_);
    }
    watchers.remove_if([](const Watcher& watcher) { return watcher.stream->closed(); });
    for (auto& watcher : watchers) Serve(watcher);
    std::unique_lock lock(sleep_mu);
    wake.wait_for(lock, stop, kLook, [] { return false; });
  }
}

}  // namespace crosspoint::meeting_sync
