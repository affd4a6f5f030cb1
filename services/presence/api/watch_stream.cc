#include "presence/api/watch_stream.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "presence/api/convert.h"
#include "presence/api/email_owners.h"
#include "presence/api/view.h"

namespace crosspoint::presence {
namespace {

// What a thread wrote last for somebody who sees all details: whoever watches the same people gets the very same bytes.
struct LastFrame {
  bool IsOf(const WatchUpdate& other) const {
    return frame.size() != 0 && other.resume_token == update.resume_token && other.synced == update.synced &&
           other.gap == update.gap && other.may_be_stale == update.may_be_stale && other.presences == update.presences;
  }
  WatchUpdate update;
  grpcx::Frame frame;
};

class StreamSink final : public WatchSink {
 public:
  StreamSink(std::shared_ptr<WatchStream::Stream> stream, const TableBook& tables)
      : stream_(std::move(stream)), tables_(tables) {}

  size_t Backlog() const override { return stream_->queued(); }

  bool Write(const WatchUpdate& update) override {
    thread_local LastFrame last;
    View view(tables_, *stream_->call().principal);
    const bool shared =
        !update.presences.empty() && view.SeesAllDetails(update.presences.front()->presence().user.tenant);
    if (shared && last.IsOf(update)) return stream_->Write(last.frame);
    const auto frame = FrameOf(update, view);
    if (shared) last = {update, frame};
    return stream_->Write(frame);
  }

 private:
  // Fields one after another are a message: the states, which others are sent too, and what is this stream's own.
  static grpcx::Frame FrameOf(const WatchUpdate& update, View& view) {
    std::vector<std::string_view> fields;
    fields.reserve(update.presences.size() + 1);
    for (const auto& told : update.presences) fields.push_back(view.Rendered(*told));
    v1::WatchPresenceResponse rest;
    if (update.resume_token != nullptr) rest.set_resume_token(*update.resume_token);
    rest.set_synced(update.synced);
    rest.set_gap(update.gap);
    rest.set_may_be_stale(update.may_be_stale);
    const auto own = rest.SerializeAsString();
    fields.push_back(own);
    return grpcx::Frame(fields);
  }

  const std::shared_ptr<WatchStream::Stream> stream_;  // shared with gRPC's side of the call
  const TableBook& tables_;
};

absl::StatusOr<std::vector<UserKey>> Users(const google::protobuf::RepeatedPtrField<std::string>& names,
                                           std::string_view field) {
  if (names.size() > static_cast<int>(kMaxUsersPerMessage)) return InvalidField(field, "must be at most 1,000 names");
  std::vector<UserKey> users;
  for (const auto& name : names) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(name, field));
    users.push_back(KeyOf(user));
  }
  return users;
}

}  // namespace

void WatchStream::Begin(WatchHub& hub, PeopleFinder& people, const TableBook& tables, std::shared_ptr<Stream> stream) {
  const std::shared_ptr<WatchStream> self(new WatchStream(hub, people, tables, stream));
  stream->OnWritable([self] {
    if (self->watch_) self->hub_.Resume(self->watch_);
  });
  stream->OnEnd([self] {
    if (self->watch_) self->hub_.Close(self->watch_);
  });
  stream->OnMessage(
      [self](const v1::WatchPresenceRequest& request) {
        if (const auto status = self->OnMessage(request); !status.ok()) self->stream_->Finish(status);
      },
      [] {});  // a caller that says no more keeps what it watches
}

absl::Status WatchStream::AddOwners(const v1::WatchPresenceRequest& request, std::vector<UserKey>& added) {
  if (request.add_emails().empty()) return absl::OkStatus();
  if (added.size() + static_cast<size_t>(request.add_emails_size()) > kMaxUsersPerMessage) {
    return InvalidField("add_emails", "must be at most 1,000, together with add_users");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owners,
                              OwnersOf(people_, *stream_->call().principal, request.add_emails(), "add_emails"));
  v1::WatchPresenceResponse answer;
  for (const auto& [email, user] : owners) {
    ToProto(email, user, *answer.add_owners());
    if (user) added.push_back(KeyOf(*user));
  }
  // So that an answer with a token never lacks what was asked before it.
  if (!stream_->Write(answer)) {
    return ErrorWithInfo(absl::StatusCode::kResourceExhausted, "read what was sent before adding more",
                         {"READER_TOO_SLOW", "crosspoint", {}});
  }
  return absl::OkStatus();
}

absl::Status WatchStream::OnMessage(const v1::WatchPresenceRequest& request) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto added, Users(request.add_users(), "add_users"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto removed, Users(request.remove_users(), "remove_users"));
  CROSSPOINT_RETURN_IF_ERROR(AddOwners(request, added));
  const bool first = watch_ == nullptr;
  if (first) {
    watch_ = hub_.Open(std::make_shared<StreamSink>(stream_, tables_), request.resume_token());
  } else if (!request.resume_token().empty()) {
    return InvalidField("resume_token", "must be in the first message only");
  }
  if (!removed.empty()) hub_.Remove(watch_, removed);
  if (first || !added.empty()) return hub_.Add(watch_, added);
  return absl::OkStatus();
}

}  // namespace crosspoint::presence
