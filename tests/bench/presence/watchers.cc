#include "tests/bench/presence/watchers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace crosspoint::bench {
namespace {

constexpr char kMethod[] = "/crosspoint.presence.v1.PresenceService/WatchPresence";

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

}  // namespace

struct Watchers::Stream {
  enum class Step { kStart, kWrite, kRead };

  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call;
  grpc::ByteBuffer message;
  Step step = Step::kStart;
  bool ready = false;
};

Watchers::Watchers(const WatchTarget& target, int count, Tally& tally) : tally_(tally) {
  tally_.Expect(count);
  const auto request = BufferOf(target.request);
  for (int i = 0; i < std::min(count, target.connections); ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // or all channels would share one connection
    connections_.push_back(
        std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(target.address, target.credentials, arguments)));
  }
  for (int i = 0; i < count; ++i) {
    auto& stream = *streams_.emplace_back(std::make_unique<Stream>());
    stream.context.set_wait_for_ready(true);
    if (target.token) stream.context.AddMetadata("authorization", "Bearer " + target.token(i));
    stream.message = request;
    stream.call =
        connections_[static_cast<size_t>(i) % connections_.size()]->PrepareCall(&stream.context, kMethod, &queue_);
    stream.call->StartCall(&stream);
  }
  reader_ = std::thread([this] { Read(); });
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (ready_ < count) {
    if (std::chrono::steady_clock::now() > end) {
      fmt::print(stderr, "{} of {} watchers are ready after two minutes\n", ready_.load(), count);
      std::exit(1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Watchers::~Watchers() {
  for (auto& stream : streams_) stream->context.TryCancel();
  while (over_ < static_cast<int>(streams_.size())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  queue_.Shutdown();
  reader_.join();
}

void Watchers::Read() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    auto& stream = *static_cast<Stream*>(tag);
    if (!ok) {
      ++over_;
      continue;
    }
    if (stream.step == Stream::Step::kStart) {
      stream.step = Stream::Step::kWrite;
      stream.call->Write(stream.message, &stream);
      continue;
    }
    if (stream.step == Stream::Step::kRead) {
      grpc::Slice bytes;
      if (!stream.message.TrySingleSlice(&bytes).ok()) stream.message.DumpToSingleSlice(&bytes);
      const std::string_view text(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
      tally_.See(text);
      if (!std::exchange(stream.ready, true)) {
        if (first_message_.empty()) first_message_ = text;
        ++ready_;
      }
    }
    stream.step = Stream::Step::kRead;
    stream.call->Read(&stream.message, &stream);
  }
}

}  // namespace crosspoint::bench
