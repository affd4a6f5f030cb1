#include "common/redis/blocking_connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "common/redis/errors.h"
#include "common/redis/wire.h"
#include "common/status/status.h"

namespace crosspoint {

class RedisBlockingConnection::Impl {
 public:
  Impl(RedisConfig config, std::string client_name)
      : config_(std::move(config)),
        client_name_(std::move(client_name)),
        interrupt_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (interrupt_fd_ < 0) std::abort();  // out of descriptors
  }
  ~Impl() { close(interrupt_fd_); }

  absl::StatusOr<RedisReply> Call(const std::vector<std::string>& args, Deadline deadline) {
    bool sent = false;
    auto result = Attempt(args, deadline, sent);
    if (!result.ok()) wire_.reset();
    if (result.ok() && result->is_error()) return StatusOfRedisError(result->text());
    if (absl::IsUnavailable(result.status())) {
      return RedisUnavailable(MessageOf(result.status()), sent ? Happened::kUnknown : Happened::kNo);
    }
    return result;
  }

  void Interrupt() {
    const uint64_t one = 1;
    if (write(interrupt_fd_, &one, sizeof one) < 0) std::abort();
  }

 private:
  absl::StatusOr<RedisReply> Attempt(const std::vector<std::string>& args, Deadline deadline, bool& sent) {
    std::optional<RedisReply> answer;
    const auto on_reply = [&answer](RedisReply reply) { answer = std::move(reply); };
    if (!wire_) {
      CROSSPOINT_ASSIGN_OR_RETURN(wire_, RedisWire::Dial(config_, client_name_, attempts_++));
      const auto give_up = std::min(deadline, std::chrono::steady_clock::now() + config_.connect_timeout);
      CROSSPOINT_RETURN_IF_ERROR(wire_->Advance(on_reply));
      while (!wire_->ready()) {
        const auto status = WaitReady(give_up);
        if (absl::IsDeadlineExceeded(status)) return absl::UnavailableError("connect: no answer in time");
        CROSSPOINT_RETURN_IF_ERROR(status);
        CROSSPOINT_RETURN_IF_ERROR(wire_->Advance(on_reply));
      }
    }
    wire_->Append(EncodeRedisCommand(args));
    sent = true;
    CROSSPOINT_RETURN_IF_ERROR(wire_->Flush());
    while (!answer) {
      CROSSPOINT_RETURN_IF_ERROR(WaitReady(deadline));
      CROSSPOINT_RETURN_IF_ERROR(wire_->Advance(on_reply));
    }
    return *std::move(answer);
  }

  absl::Status WaitReady(Deadline until) {
    std::array<pollfd, 2> waits{};
    waits[0].fd = wire_->fd();
    waits[0].events = static_cast<int16_t>(POLLIN | (wire_->wants_write() ? POLLOUT : 0));
    waits[1].fd = interrupt_fd_;
    waits[1].events = POLLIN;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    const int count = poll(waits.data(), waits.size(), static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30)));
    if (waits[1].revents != 0) return absl::CancelledError("interrupted");
    if (count == 0) return RedisDeadline("no reply from Redis in time", Happened::kUnknown);
    return absl::OkStatus();
  }

  const RedisConfig config_;
  const std::string client_name_;
  const int interrupt_fd_;  // readable for good once interrupted
  std::unique_ptr<RedisWire> wire_;
  unsigned attempts_ = 0;
};

RedisBlockingConnection::RedisBlockingConnection(RedisConfig config, std::string client_name)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(client_name))) {}

RedisBlockingConnection::~RedisBlockingConnection() = default;

absl::StatusOr<RedisReply> RedisBlockingConnection::Call(const std::vector<std::string>& args, Deadline deadline) {
  return impl_->Call(args, deadline);
}

void RedisBlockingConnection::Interrupt() { impl_->Interrupt(); }

}  // namespace crosspoint
