#include "tests/support/gateway_program/gateway_program.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "common/grpcx/status.h"
#include "common/status/status.h"

namespace crosspoint::testing {

namespace v1 = gateway::v1;

GatewayProgram::GatewayProgram(const std::shared_ptr<grpc::Channel>& channel,
                               std::unique_ptr<grpc::ClientContext> context, const Hello& hello)
    : stub_(v1::GatewayService::NewStub(channel)),
      context_(std::move(context)),
      stream_((context_->set_wait_for_ready(true), stub_->Connect(context_.get()))) {
  v1::SessionMessage message;
  *message.mutable_hello() = hello;
  Send(message);
  reader_ = std::thread([this] { Read(); });
}

GatewayProgram::~GatewayProgram() {
  GoOnReading();
  context_->TryCancel();
  reader_.join();
}

void GatewayProgram::Read() {
  Event event;
  while (stream_->Read(&event)) {
    std::unique_lock lock(mu_);
    events_.push_back(event);
    changed_.notify_all();
    changed_.wait(lock, [this] { return reading_; });
  }
  const auto status = grpcx::FromGrpc(stream_->Finish());
  const std::lock_guard lock(mu_);
  end_ = absl::StatusCodeToString(status.code());
  if (const auto info = GetErrorInfo(status)) end_ += " " + info->reason;
  ended_ = true;
  changed_.notify_all();
}

bool GatewayProgram::Send(const v1::SessionMessage& message) { return stream_->Write(message); }

bool GatewayProgram::Heartbeat() {
  v1::SessionMessage message;
  message.set_heartbeat(true);
  return Send(message);
}

bool GatewayProgram::Watch(const std::vector<std::string>& users, const std::string& resume_token, v1::ClientRole as) {
  v1::SessionMessage message;
  auto& subscribe = *message.mutable_subscribe();
  subscribe.set_channel(v1::CHANNEL_PRESENCE);
  for (const auto& user : users) subscribe.add_add_users(user);
  subscribe.set_resume_token(resume_token);
  subscribe.set_as(as);
  return Send(message);
}

bool GatewayProgram::Answer(const std::string& command_id, v1::Outcome outcome, const std::string& detail) {
  v1::SessionMessage message;
  message.mutable_outcome()->set_command_id(command_id);
  message.mutable_outcome()->set_outcome(outcome);
  message.mutable_outcome()->set_detail(detail);
  return Send(message);
}

void GatewayProgram::StopReading() {
  const std::lock_guard lock(mu_);
  reading_ = false;
}

void GatewayProgram::GoOnReading() {
  const std::lock_guard lock(mu_);
  reading_ = true;
  changed_.notify_all();
}

void GatewayProgram::Close() { stream_->WritesDone(); }

int GatewayProgram::WaitFor(const std::function<bool(const Event&)>& wanted, size_t from,
                            std::chrono::milliseconds limit) const {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(mu_);
  while (true) {
    for (; from < events_.size(); ++from) {
      if (wanted(events_[from])) return static_cast<int>(from);
    }
    if (ended_ || changed_.wait_until(lock, until) == std::cv_status::timeout) {
      if (from >= events_.size()) return -1;
    }
  }
}

std::vector<GatewayProgram::Event> GatewayProgram::events() const {
  const std::lock_guard lock(mu_);
  return events_;
}

v1::Welcome GatewayProgram::welcome() const {
  const int at = WaitFor([](const Event& event) { return event.has_welcome(); });
  return at < 0 ? v1::Welcome() : events()[static_cast<size_t>(at)].welcome();
}

v1::Command GatewayProgram::NextCommand(size_t from, std::chrono::milliseconds limit) const {
  const int at = WaitFor([](const Event& event) { return event.has_command(); }, from, limit);
  return at < 0 ? v1::Command() : events()[static_cast<size_t>(at)].command();
}

std::string GatewayProgram::End(std::chrono::milliseconds limit) {
  std::unique_lock lock(mu_);
  changed_.wait_for(lock, limit, [this] { return ended_; });
  return ended_ ? end_ : "has not ended";
}

bool GatewayProgram::ended() const {
  const std::lock_guard lock(mu_);
  return ended_;
}

v1::Hello HelloOf(v1::ProgramKind program, const std::string& device, const std::vector<v1::Channel>& channels) {
  v1::Hello hello;
  hello.set_program(program);
  hello.set_device(device);
  hello.set_version("1.0");
  for (const auto channel : channels) hello.add_channels(channel);
  return hello;
}

}  // namespace crosspoint::testing
