#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "common/grpcx/outgoing.h"
#include "common/grpcx/status.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "common/tasks/task_runner.h"

namespace crosspoint::clients {

// One watch, opened again whenever it ends. A stream is the reactor of one call; between streams nothing of gRPC lives
// here, so it costs no thread. Take and Fill never overlap. Derive, make it with make_shared, Open, and Stop before
// it and what it uses go: a channel whose last reference were given up by a callback would wait for its own thread.
template <class Request, class Response>
class ReopenedWatch : public std::enable_shared_from_this<ReopenedWatch<Request, Response>> {
 public:
  // `peer` as log events name it: PEER_unreachable, PEER_reachable. References must outlive it.
  ReopenedWatch(std::string peer, std::string tenant, TaskRunner& tasks, log::Logger& log)
      : peer_(std::move(peer)), tenant_(std::move(tenant)), tasks_(tasks), log_(log) {}
  virtual ~ReopenedWatch() = default;

  void Open() {
    const std::lock_guard lock(mu_);
    if (stopped_ || busy_) return;
    busy_ = true;
    stream_ = std::make_unique<Stream>(*this);  // until OnDone
    Fill(stream_->request);
    Call(stream_->context.get(), stream_->request, *stream_);
    stream_->StartRead(&stream_->response);
    stream_->StartCall();
  }

  // Ends the stream and waits for its last callback. Idempotent.
  void Stop() {
    std::unique_lock lock(mu_);
    stopped_ = true;
    if (stream_ != nullptr) stream_->context->TryCancel();
    idle_.wait(lock, [this] { return !busy_; });
  }

 protected:
  // Fills the request of a new stream; nothing is being taken meanwhile.
  virtual void Fill(Request& request) = 0;
  virtual void Call(grpc::ClientContext* context, const Request& request,
                    grpc::ClientReadReactor<Response>& reactor) = 0;
  virtual void Take(const Response& response) = 0;
  // The place to resume from was refused: begin anew.
  virtual void Forget() = 0;

 private:
  struct Stream final : grpc::ClientReadReactor<Response> {
    explicit Stream(ReopenedWatch& owner) : owner(owner), context(grpcx::OutgoingContext::Watch()) {}
    void OnReadDone(bool ok) override {
      if (!ok) return;
      owner.Take(response);
      owner.Taken();
      this->StartRead(&response);
    }
    void OnDone(const grpc::Status& status) override { owner.Ended(grpcx::FromGrpc(status, owner.peer_)); }
    ReopenedWatch& owner;  // waits for the end in Stop
    grpcx::OutgoingContext context;
    Request request;
    Response response;
  };

  void Taken() {
    const std::lock_guard lock(mu_);
    failures_ = 0;
    if (std::exchange(down_, false)) log_.Info(peer_ + "_reachable", {{"tenant", tenant_}});
  }

  void Ended(const absl::Status& why) {
    std::unique_ptr<Stream> ended;
    {
      const std::lock_guard lock(mu_);
      ended = std::move(stream_);
    }
    ended.reset();  // and with it gRPC's hold of the channel, before Stop returns
    const std::lock_guard lock(mu_);
    if (why.code() == absl::StatusCode::kInvalidArgument) Forget();
    if (!stopped_) {
      const auto delay = std::min(kFirstRetry * (1 << std::min(failures_++, 8)), kMaxRetry);
      if (!std::exchange(down_, true)) {
        log_.Warn(peer_ + "_unreachable", {{"tenant", tenant_}, {"problem", MessageOf(why)}});
      }
      tasks_.PostAfter(delay, [weak = this->weak_from_this()] {
        if (const auto self = weak.lock()) self->Open();
      });
    }
    busy_ = false;
    idle_.notify_all();
  }

  static constexpr std::chrono::milliseconds kFirstRetry{200};
  static constexpr std::chrono::milliseconds kMaxRetry{5'000};

  const std::string peer_;
  const std::string tenant_;
  TaskRunner& tasks_;
  log::Logger& log_;

  std::mutex mu_;
  std::condition_variable idle_;
  std::unique_ptr<Stream> stream_;  // guarded by mu_
  bool busy_ = false;               // guarded by mu_; from the opening of a stream until its last callback is over
  int failures_ = 0;                // guarded by mu_
  bool down_ = false;               // guarded by mu_
  bool stopped_ = false;            // guarded by mu_
};

}  // namespace crosspoint::clients
