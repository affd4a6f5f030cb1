#include "tests/story/mailbox_watcher.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"

namespace crosspoint::story {

namespace v1 = ::crosspoint::voicemail::v1;

MailboxWatcher::MailboxWatcher(const std::shared_ptr<grpc::Channel>& channel,
                               std::unique_ptr<grpc::ClientContext> context, std::string user)
    : context_(std::move(context)) {
  context_->set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  reader_ = std::thread([this, channel, user = std::move(user)] { Read(channel, user); });
}

MailboxWatcher::~MailboxWatcher() {
  context_->TryCancel();
  reader_.join();
}

void MailboxWatcher::Read(const std::shared_ptr<grpc::Channel>& channel, const std::string& user) {
  const auto stub = v1::VoicemailService::NewStub(channel);
  v1::WatchMailboxRequest request;
  request.set_parent(user);
  const auto stream = stub->WatchMailbox(context_.get(), request);
  v1::WatchMailboxResponse response;
  while (stream->Read(&response)) {
    const auto now = SystemClock().Now();
    if (!response.has_summary()) continue;
    const std::lock_guard lock(mu_);
    known_ = true;
    lit_ = response.summary().lamp();
    messages_ = response.summary().new_messages();
    at_ = now;
    news_.notify_all();
  }
  stream->Finish();
  const std::lock_guard lock(mu_);
  ended_ = true;
  news_.notify_all();
}

std::optional<TimePoint> MailboxWatcher::WaitFor(bool lit, int new_messages, std::chrono::milliseconds limit) {
  std::unique_lock lock(mu_);
  const auto seen = [&] { return known_ && lit_ == lit && messages_ == new_messages; };
  news_.wait_for(lock, limit, [&] { return seen() || ended_; });
  if (!seen()) return std::nullopt;
  return at_;
}

}  // namespace crosspoint::story
