#include "tests/story/desk_phone.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "crosspoint/gateway/v1/gateway_service.grpc.pb.h"

namespace crosspoint::story {

namespace v1 = ::crosspoint::gateway::v1;

DeskPhone::DeskPhone(const std::shared_ptr<grpc::Channel>& channel, std::unique_ptr<grpc::ClientContext> context,
                     std::string device)
    : context_(std::move(context)) {
  context_->set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  runner_ = std::thread([this, channel, device = std::move(device)] { Run(channel, device); });
}

DeskPhone::~DeskPhone() {
  context_->TryCancel();
  runner_.join();
}

void DeskPhone::Run(const std::shared_ptr<grpc::Channel>& channel, const std::string& device) {
  const auto stub = v1::GatewayService::NewStub(channel);
  const auto stream = stub->Connect(context_.get());
  v1::SessionMessage hello;
  hello.mutable_hello()->set_program(v1::PROGRAM_KIND_DESKPHONE);
  hello.mutable_hello()->set_device(device);
  hello.mutable_hello()->add_channels(v1::CHANNEL_COMMANDS);
  stream->Write(hello);
  v1::SessionEvent event;
  while (stream->Read(&event)) {
    v1::SessionMessage answer;
    if (event.has_welcome()) {
      const std::lock_guard lock(mu_);
      session_ = event.welcome().session();
    } else if (event.has_command()) {
      answer.mutable_outcome()->set_command_id(event.command().command_id());
      answer.mutable_outcome()->set_outcome(v1::OUTCOME_DONE);
      stream->Write(answer);
      const std::lock_guard lock(mu_);
      called_ = event.command().target();
    } else if (event.has_heartbeat()) {
      answer.set_heartbeat(true);
      stream->Write(answer);
    }
    news_.notify_all();
  }
  const auto status = stream->Finish();
  const std::lock_guard lock(mu_);
  ended_ = "ended: " + status.error_message();
  news_.notify_all();
}

std::optional<std::string> DeskPhone::WaitWelcome(std::chrono::milliseconds limit) {
  std::unique_lock lock(mu_);
  news_.wait_for(lock, limit, [this] { return session_.has_value() || !ended_.empty(); });
  return session_;
}

std::optional<std::string> DeskPhone::WaitCalled(std::chrono::milliseconds limit) {
  std::unique_lock lock(mu_);
  news_.wait_for(lock, limit, [this] { return called_.has_value() || !ended_.empty(); });
  return called_;
}

std::string DeskPhone::ended() const {
  const std::lock_guard lock(mu_);
  return ended_;
}

}  // namespace crosspoint::story
