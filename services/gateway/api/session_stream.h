#pragma once

#include <memory>

#include "common/grpcx/stream.h"
#include "crosspoint/gateway/v1/gateway_service.pb.h"
#include "gateway/app/session_hub.h"

namespace crosspoint::gateway {

// The stream of one session, by Connect or OpenSession: what the program says goes to the hub, what the session tells
// goes to the program. Kept by the stream's callbacks, which run one after another.
class SessionStream {
 public:
  using Connection = grpcx::BidiStream<v1::SessionMessage, v1::SessionEvent>;
  using Downward = grpcx::ServerStream<v1::SessionEvent>;

  // `hub` must outlive the stream.
  static void BeginConnection(SessionHub& hub, const std::shared_ptr<Connection>& stream);
  static void BeginDownward(SessionHub& hub, const v1::Hello& hello, const std::shared_ptr<Downward>& stream);

 private:
  SessionStream(SessionHub& hub, std::shared_ptr<Downward> stream) : hub_(hub), stream_(std::move(stream)) {}

  static void Attach(const std::shared_ptr<SessionStream>& self);
  absl::Status Open(const v1::Hello& hello);
  absl::Status Take(const v1::SessionMessage& message);
  void TakeHalfClose();

  SessionHub& hub_;
  const std::shared_ptr<Downward> stream_;  // shared with gRPC's side and the session's sink
  std::shared_ptr<LiveSession> session_;    // shared with the hub; null before the hello
};

}  // namespace crosspoint::gateway
