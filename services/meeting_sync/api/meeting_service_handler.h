#pragma once

#include <functional>

#include "common/grpcx/methods.h"

namespace crosspoint::meeting_sync {

// MeetingService, whose methods are served by several handlers, each for a part of it; all must outlive this.
template <class... Handlers>
class MeetingServiceHandler {
 public:
  explicit MeetingServiceHandler(Handlers&... handlers)
      : bind_([&handlers...](grpcx::Methods& methods) { (handlers.Bind(methods), ...); }) {}

  void Bind(grpcx::Methods& methods) { bind_(methods); }

 private:
  const std::function<void(grpcx::Methods&)> bind_;
};

}  // namespace crosspoint::meeting_sync
