#include "tests/bench/presence/floor.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>
#include <zmq.hpp>

#include "common/grpcx/tls.h"
#include "common/zmq/curve_keys.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "tests/bench/presence/tally.h"

namespace crosspoint::bench {
namespace {

namespace pb = presence::v1;

constexpr int kThreads = 2;
constexpr int kMaxBatch = 1000;

std::string ReadFile(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

MessageShape Load(const std::string& folder) {
  return {ReadFile(folder + "/presence.bin"), ReadFile(folder + "/rest.bin")};
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const std::string& folder) {
  const std::filesystem::path dir(folder);
  return *grpcx::MakeServerCredentials({dir / "presence.pem", dir / "presence-key.pem", dir / "ca.pem"});
}

void Print(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void WaitForEndOfInput() {
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);  // nothing here is worth an orderly end
}

// One call of SetAvailability after the other; the queue's one thread owns the socket.
class Publisher {
 public:
  Publisher(MessageShape shape, zmq::socket_t& socket)
      : shape_(std::move(shape)), mark_at_(shape_.presence.find(Tally::Text(0))), socket_(socket) {}

  void Serve(const std::string& folder, const std::string& endpoint, const std::string& key) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", ServerCredentials(folder), &port);
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    Print(fmt::format("{} {} {}", port, endpoint, key));
    for (int i = 0; i < 64; ++i) (new OneCall)->Request(*this);
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) Complete(static_cast<OneCall*>(tag), ok);
  }

 private:
  struct OneCall {
    void Request(Publisher& publisher) {
      auto* const queue = publisher.queue_.get();
      publisher.service_.RequestSetAvailability(&context, &request, &writer, queue, queue, this);
    }
    grpc::ServerContext context;
    pb::SetAvailabilityRequest request;
    grpc::ServerAsyncResponseWriter<pb::Presence> writer{&context};
    bool answered = false;
  };

  void Complete(OneCall* call, bool ok) {
    if (!ok || call->answered) {
      delete call;
      return;
    }
    (new OneCall)->Request(*this);
    const auto& note = call->request.note();
    if (const auto at = note.find('~'); at != std::string::npos && at + Tally::kMarkBytes <= note.size()) {
      auto message = shape_.presence;
      message.replace(mark_at_, Tally::kMarkBytes, note, at, Tally::kMarkBytes);
      socket_.send(zmq::buffer(message), zmq::send_flags::dontwait);
    }
    call->answered = true;
    call->writer.Finish({}, grpc::Status::OK, call);
  }

  const MessageShape shape_;
  const size_t mark_at_;
  zmq::socket_t& socket_;
  pb::PresenceService::WithAsyncMethod_SetAvailability<pb::PresenceService::Service> service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
};

// All open streams. One write of a stream is under way at a time, as gRPC asks.
class Streams {
 public:
  void Serve(const std::string& folder, grpc::ByteBuffer first) {
    first_ = std::move(first);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", ServerCredentials(folder), &port);
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Work(); });
    Accept();
    Print(std::to_string(port));
  }

  void WriteToAll(const grpc::ByteBuffer& message) {
    const std::lock_guard lock(mu_);
    for (auto* const stream : open_) stream->Write(message);
  }

 private:
  struct Stream;
  enum class Kind { kAccepted, kRead, kWritten };
  struct Tag {
    Stream* stream;
    Kind kind;
  };
  struct Stream {
    void Write(const grpc::ByteBuffer& message) {
      const std::lock_guard lock(mu);
      if (writing) {
        pending.push_back(message);
        return;
      }
      writing = true;
      outgoing = message;
      call.Write(outgoing, &written);
    }
    grpc::ServerContext context;
    grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> call{&context};
    Tag accepted{this, Kind::kAccepted};
    Tag read{this, Kind::kRead};
    Tag written{this, Kind::kWritten};
    grpc::ByteBuffer incoming;
    std::mutex mu;
    std::deque<grpc::ByteBuffer> pending;  // guarded by mu
    grpc::ByteBuffer outgoing;             // gRPC's while writing
    bool writing = false;                  // guarded by mu
    bool greeted = false;
  };

  void Accept() {
    auto* const stream = new Stream;
    service_.RequestWatchPresence(&stream->context, &stream->call, queue_.get(), queue_.get(), &stream->accepted);
  }

  void Work() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
      const auto& event = *static_cast<Tag*>(tag);
      if (event.kind == Kind::kWritten) {
        Written(*event.stream, ok);
      } else if (!ok) {
        Close(event.stream);
      } else {
        if (event.kind == Kind::kAccepted) Accept();
        if (event.kind == Kind::kRead && !std::exchange(event.stream->greeted, true)) Open(event.stream);
        event.stream->call.Read(&event.stream->incoming, &event.stream->read);
      }
    }
  }

  void Open(Stream* stream) {
    const std::lock_guard lock(mu_);
    open_.insert(stream);
    stream->Write(first_);
  }

  // The caller is gone. What is left of the stream stays: its last write may be under way.
  void Close(Stream* stream) {
    const std::lock_guard lock(mu_);
    open_.erase(stream);
  }

  static void Written(Stream& stream, bool ok) {
    const std::lock_guard lock(stream.mu);
    stream.writing = false;
    if (!ok) stream.pending.clear();
    if (stream.pending.empty()) return;
    stream.writing = true;
    stream.outgoing = std::move(stream.pending.front());
    stream.pending.pop_front();
    stream.call.Write(stream.outgoing, &stream.written);
  }

  pb::PresenceService::WithRawMethod_WatchPresence<pb::PresenceService::Service> service_;
  grpc::ByteBuffer first_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::thread> threads_;
  std::mutex mu_;
  std::unordered_set<Stream*> open_;  // guarded by mu_
};

}  // namespace

void Save(const MessageShape& shape, const std::string& folder) {
  std::ofstream(folder + "/presence.bin", std::ios::binary) << shape.presence;
  std::ofstream(folder + "/rest.bin", std::ios::binary) << shape.rest;
}

int ServeFloorPublisher(const std::string& folder) {
  const auto keys = NewCurveKeys();
  zmq::context_t context(1);
  zmq::socket_t socket(context, zmq::socket_type::pub);
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, keys.secret_key);
  socket.set(zmq::sockopt::sndhwm, 131'072);
  socket.bind("tcp://127.0.0.1:*");
  std::thread(WaitForEndOfInput).detach();
  Publisher(Load(folder), socket).Serve(folder, socket.get(zmq::sockopt::last_endpoint), keys.public_key);
  return 0;
}

int ServeFloorStreams(const std::string& folder, const std::string& endpoint, const std::string& public_key) {
  const auto shape = Load(folder);
  const auto keys = NewCurveKeys();
  zmq::context_t context(1);
  zmq::socket_t socket(context, zmq::socket_type::sub);
  socket.set(zmq::sockopt::rcvhwm, 131'072);
  socket.set(zmq::sockopt::curve_serverkey, public_key);
  socket.set(zmq::sockopt::curve_publickey, keys.public_key);
  socket.set(zmq::sockopt::curve_secretkey, keys.secret_key);
  socket.set(zmq::sockopt::subscribe, "");
  socket.connect(endpoint);
  const grpc::Slice rest(shape.rest);
  const auto message_of = [&rest](const std::string& presences) {
    const grpc::Slice parts[] = {grpc::Slice(presences), rest};
    return grpc::ByteBuffer(parts, 2);
  };
  std::thread(WaitForEndOfInput).detach();
  Streams streams;
  streams.Serve(folder, message_of(shape.presence));
  zmq::message_t message;
  while (socket.recv(message)) {
    auto presences = message.to_string();
    for (int i = 1; i < kMaxBatch && socket.recv(message, zmq::recv_flags::dontwait); ++i) {
      presences += message.to_string_view();
    }
    streams.WriteToAll(message_of(presences));
  }
  return 0;
}

}  // namespace crosspoint::bench
