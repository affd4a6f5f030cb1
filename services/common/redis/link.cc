#include "common/redis/link.h"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

namespace crosspoint {
namespace {

constexpr std::chrono::milliseconds kFirstBackoff{10};
constexpr std::chrono::milliseconds kMaxBackoff{500};

}  // namespace

RedisLink::RedisLink(const RedisConfig& config, std::string client_name, int epoll_fd, Events events)
    : config_(config),
      client_name_(std::move(client_name)),
      epoll_fd_(epoll_fd),
      events_(std::move(events)),
      redial_(std::chrono::steady_clock::now()),
      last_error_(absl::UnavailableError("not connected yet")) {}

RedisLink::~RedisLink() = default;

void RedisLink::Dial(Time now) {
  give_up_ = now + config_.connect_timeout;
  auto wire = RedisWire::Dial(config_, client_name_, attempts_++);
  if (!wire.ok()) {
    Drop(wire.status());
    return;
  }
  wire_ = *std::move(wire);
  watched_ = false;
  Advance();
}

void RedisLink::OnReady() {
  if (wire_) Advance();
}

void RedisLink::Advance() {
  auto status = wire_->Advance([this](RedisReply reply) {
    if (drop_requested_.ok()) events_.on_reply(std::move(reply));
  });
  if (status.ok()) status = std::exchange(drop_requested_, absl::OkStatus());
  if (!status.ok()) {
    Drop(status);
    return;
  }
  if (wire_->ready() && !up_) {
    up_ = true;
    failures_ = 0;
    last_error_ = absl::OkStatus();
    events_.on_up();
  }
  Flush();
}

void RedisLink::Flush() {
  if (!wire_) return;
  auto status = std::exchange(drop_requested_, absl::OkStatus());
  if (status.ok()) status = wire_->Flush();
  if (status.ok()) {
    Watch();
  } else {
    Drop(status);
  }
}

void RedisLink::RequestDrop(absl::Status why) {
  if (drop_requested_.ok()) drop_requested_ = std::move(why);
}

void RedisLink::Watch() {
  const uint32_t wanted = EPOLLIN | (wire_->wants_write() ? EPOLLOUT : 0U);
  if (watched_ && wanted == interest_) return;
  epoll_event event{};
  event.events = wanted;
  event.data.ptr = this;
  epoll_ctl(epoll_fd_, watched_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, wire_->fd(), &event);
  watched_ = true;
  interest_ = wanted;
}

void RedisLink::Drop(const absl::Status& why) {
  drop_requested_ = absl::OkStatus();
  wire_.reset();  // closing the descriptor takes it out of the epoll set
  watched_ = false;
  const bool was_up = std::exchange(up_, false);
  last_error_ = why;
  // A connection that stood is tried again almost at once; each failure doubles the pause.
  const auto longest = std::min<std::chrono::milliseconds>(kMaxBackoff, kFirstBackoff * (1 << std::min(failures_, 8U)));
  const auto jitter = std::uniform_int_distribution<int64_t>(longest.count() / 2, longest.count())(random_);
  if (!was_up) ++failures_;
  redial_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(jitter);
  events_.on_down(why);
}

void RedisLink::OnTime(Time now) {
  if (wire_ && !drop_requested_.ok()) {
    Drop(std::exchange(drop_requested_, absl::OkStatus()));
  } else if (!wire_ && now >= redial_) {
    Dial(now);
  } else if (wire_ && !up_ && now >= give_up_) {
    Drop(absl::UnavailableError("connect: no answer in time"));
  }
}

RedisLink::Time RedisLink::next_time() const {
  if (!wire_) return redial_;
  return up_ ? Time::max() : give_up_;
}

}  // namespace crosspoint
