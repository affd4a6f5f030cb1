#include "connectors/ews/stream.h"

#include <utility>

#include "common/status/status.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

// At most 50 events are taken from a queue for one notification; with 200 subscriptions this leaves room.
constexpr XmlLimits kEnvelopeLimits{.max_bytes = 8u << 20, .max_nodes = 200'000};
constexpr size_t kMaxErrorBody = 64u << 10;

absl::Status StreamCut() {
  return ErrorWithInfo(
      absl::StatusCode::kUnavailable, "the stream ended before the server closed it",
      {"EWS_STREAM_CUT", std::string(kErrorDomain), {{"reaction", std::string(ReactionName(Reaction::kRetry))}}});
}

class RunningStream final : public EwsStream {
 public:
  RunningStream(std::shared_ptr<StreamSession> session, std::unique_ptr<http::HttpStream> http)
      : session_(std::move(session)), http_(std::move(http)) {}
  ~RunningStream() override {
    session_->Silence();
    http_.reset();
  }

 private:
  const std::shared_ptr<StreamSession> session_;  // shared with the callbacks of the HTTP stream
  std::unique_ptr<http::HttpStream> http_;
};

class NoStream final : public EwsStream {};

}  // namespace

StreamSession::StreamSession(EwsStreamCallbacks callbacks, ExplainRefusal explain_refusal)
    : callbacks_(std::move(callbacks)), explain_refusal_(std::move(explain_refusal)), scanner_(kEnvelopeLimits) {}

absl::Status StreamSession::OnHeaders(const http::HttpResponse& response) {
  head_ = response;
  return absl::OkStatus();
}

absl::Status StreamSession::OnChunk(std::string_view chunk) {
  if (head_.status != 200) {
    if (error_body_.size() + chunk.size() > kMaxErrorBody) {
      return StatusFromHttp(head_.status, head_.Get("Retry-After"));
    }
    error_body_.append(chunk);
    return absl::OkStatus();
  }
  return scanner_.Feed(chunk, [this](std::string_view xml) { return OnEnvelope(xml); });
}

absl::Status StreamSession::OnEnvelope(std::string_view xml) {
  CROSSPOINT_ASSIGN_OR_RETURN(const StreamMessage message, ReadGetStreamingEvents(xml, kEnvelopeLimits));
  if (silenced_) return absl::OkStatus();
  if (callbacks_.on_alive) callbacks_.on_alive();
  for (const StreamEvent& event : message.events) {
    if (silenced_) return absl::OkStatus();
    if (event.kind != StreamEvent::Kind::kStatus && callbacks_.on_event) callbacks_.on_event(event);
  }
  if (!message.lost_subscriptions.empty() && !silenced_ && callbacks_.on_lost) {
    callbacks_.on_lost(message.lost_subscriptions);
  }
  if (!message.error.ok()) return message.error;
  if (message.closed) {
    // The server may keep the connection a while; nothing more comes on it.
    closed_ = true;
    return absl::CancelledError("closed by the server");
  }
  return absl::OkStatus();
}

absl::Status StreamSession::Outcome(const absl::Status& transport) const {
  if (closed_) return absl::OkStatus();
  if (!transport.ok()) return transport;
  if (head_.status == 200) return StreamCut();
  const absl::Status fault = ReadFault(error_body_, kEnvelopeLimits);
  if (!ResponseCodeOf(fault).empty()) return fault;
  return head_.status == 401 ? explain_refusal_(head_) : StatusFromHttp(head_.status, head_.Get("Retry-After"));
}

void StreamSession::OnEnd(const absl::Status& status) {
  if (!silenced_ && callbacks_.on_end) callbacks_.on_end(Outcome(status));
}

std::unique_ptr<EwsStream> StartStream(http::HttpClient& client, const http::HttpRequest& request,
                                       EwsStreamCallbacks callbacks, StreamSession::ExplainRefusal explain_refusal) {
  auto session = std::make_shared<StreamSession>(std::move(callbacks), std::move(explain_refusal));
  auto http = client.Stream(
      request, {.on_headers = [session](const http::HttpResponse& response) { return session->OnHeaders(response); },
                .on_chunk = [session](std::string_view chunk) { return session->OnChunk(chunk); },
                .on_end = [session](const absl::Status& status) { session->OnEnd(status); }});
  return std::make_unique<RunningStream>(std::move(session), std::move(http));
}

std::unique_ptr<EwsStream> FailedStream(const EwsStreamCallbacks& callbacks, const absl::Status& why) {
  if (callbacks.on_end) callbacks.on_end(why);
  return std::make_unique<NoStream>();
}

}  // namespace crosspoint::ews
