#include "voicemail/api/mailbox_watch.h"

#include <algorithm>

#include "voicemail/api/convert.h"

namespace crosspoint::voicemail {
namespace {

constexpr size_t kMessagesPerAnswer = 100;
constexpr std::chrono::seconds kStoreRetry{1};

}  // namespace

void MailboxWatch::Start(const Parts& parts, const UserId& user, std::optional<uint64_t> resume,
                         std::shared_ptr<Stream> stream) {
  auto watch = std::make_shared<MailboxWatch>(parts, user, resume, stream);
  // Weak in the watches, strong in the stream: the call's end is the watch's end.
  watch->wake_ = std::make_shared<MailboxWatches::Wake>([weak = std::weak_ptr(watch)] {
    if (const auto alive = weak.lock()) alive->Pump();
  });
  parts.watches.Add(user, watch->wake_);
  stream->OnWritable([watch] { watch->Pump(); });
  stream->OnEnd([watch] { watch->wake_.reset(); });
  watch->Pump();
}

void MailboxWatch::Pump() {
  {
    const std::lock_guard lock(mu_);
    again_ = true;
    if (pumping_) return;
    pumping_ = true;
  }
  while (true) {
    {
      const std::lock_guard lock(mu_);
      if (!again_ || stream_->closed()) {
        pumping_ = false;
        return;
      }
      again_ = false;
    }
    Send();
  }
}

void MailboxWatch::Send() {
  const uint64_t since = synced_ ? position_ : resume_.value_or(0);
  auto state = parts_.store.StateSince(user_, since);
  if (!state.ok()) {
    // A stream that has not begun says so; one that stands goes on when the store is back.
    if (!synced_) {
      stream_->Finish(state.status());
    } else {
      parts_.tasks.PostAfter(kStoreRetry, [weak = weak_from_this()] {
        if (const auto alive = weak.lock()) alive->Pump();
      });
    }
    return;
  }
  // Another history, or one that was forgotten in part: the difference cannot be told.
  const bool gap = since != 0 && (since > state->revision || since < state->forgotten);
  if (gap) {
    resume_.reset();
    synced_ = false;
    state = parts_.store.StateSince(user_, 0);
    if (!state.ok()) return stream_->Finish(state.status());
  }
  Write(*state, gap);
}

void MailboxWatch::Write(const MailboxState& state, bool gap) {
  if (synced_ && state.messages.empty()) {
    position_ = std::max(position_, state.revision);
    return;
  }
  const bool whole = !synced_ && !resume_;  // the state, not a difference
  for (size_t first = 0; first == 0 || first < state.messages.size(); first += kMessagesPerAnswer) {
    const size_t end = std::min(first + kMessagesPerAnswer, state.messages.size());
    const bool last = end == state.messages.size();
    v1::WatchMailboxResponse answer;
    *answer.mutable_summary() = ToProto(state.summary);
    for (size_t i = first; i < end; ++i) *answer.add_messages() = ToProto(user_, state.messages[i]);
    // A difference comes in the order of its revisions; of the state only the end can be resumed from.
    const uint64_t reached = last ? state.revision : whole ? 0 : state.messages[end - 1].revision;
    answer.set_resume_token(std::to_string(reached));
    answer.set_gap(gap && first == 0);
    answer.set_synced(last && !synced_);
    if (!stream_->Write(answer)) return;  // goes on when there is room
    if (last) {
      position_ = reached;
      synced_ = true;
      resume_.reset();
    } else if (!whole) {
      (synced_ ? position_ : *resume_) = reached;
    }
  }
}

}  // namespace crosspoint::voicemail
