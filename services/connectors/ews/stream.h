#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/client.h"
#include "connectors/ews/client.h"
#include "connectors/ews/soap/xml_scanner.h"

namespace crosspoint::ews {

// The answer to GetStreamingEvents: a row of SOAP envelopes, cut and read as the pieces come. Its functions are the
// callbacks of one HTTP stream and run on that stream's thread; Silence may come from any.
class StreamSession {
 public:
  // What a 401 means; called on the stream's thread.
  using ExplainRefusal = std::function<absl::Status(const http::HttpResponse&)>;

  StreamSession(EwsStreamCallbacks callbacks, ExplainRefusal explain_refusal);

  absl::Status OnHeaders(const http::HttpResponse& response);
  absl::Status OnChunk(std::string_view chunk);
  void OnEnd(const absl::Status& status);
  // No callback begins any more.
  void Silence() { silenced_ = true; }

 private:
  absl::Status OnEnvelope(std::string_view xml);
  absl::Status Outcome(const absl::Status& transport) const;

  const EwsStreamCallbacks callbacks_;
  const ExplainRefusal explain_refusal_;
  XmlScanner scanner_;
  std::atomic<bool> silenced_ = false;
  http::HttpResponse head_;  // status and headers
  std::string error_body_;   // of an answer that is no stream
  bool closed_ = false;      // the server said it is done
};

// Starts the transfer and ties its life to the returned stream.
std::unique_ptr<EwsStream> StartStream(http::HttpClient& client, const http::HttpRequest& request,
                                       EwsStreamCallbacks callbacks, StreamSession::ExplainRefusal explain_refusal);

// A stream that never began; on_end has been told why.
std::unique_ptr<EwsStream> FailedStream(const EwsStreamCallbacks& callbacks, const absl::Status& why);

}  // namespace crosspoint::ews
