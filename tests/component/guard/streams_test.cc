// Streams: who may open them, what flows, and how they end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <thread>

#include "common/grpcx/write_batch.h"
#include "tests/component/guard/guarded_server.h"

namespace crosspoint::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Writer = std::shared_ptr<grpcx::ServerStream<v1::EchoResponse>>;
using Chatter = std::shared_ptr<grpcx::BidiStream<v1::EchoRequest, v1::EchoResponse>>;

const char* const kOwn = "tenants/acme/users/u42";

v1::EchoRequest RequestFor(const std::string& name, const std::string& text = "") {
  v1::EchoRequest request;
  request.set_name(name);
  request.set_text(text);
  return request;
}

v1::EchoResponse Answer(const std::string& text, size_t bytes = 0) {
  v1::EchoResponse response;
  response.set_text(text);
  response.set_payload(std::string(bytes, 'x'));
  return response;
}

// Given by the handler to the test.
template <class T>
class Handed {
 public:
  void Put(T value) { promise_.set_value(std::move(value)); }
  T Get() {
    auto future = promise_.get_future();
    if (future.wait_for(seconds(20)) != std::future_status::ready) {
      ADD_FAILURE() << "never came";
      return {};
    }
    return future.get();
  }

 private:
  std::promise<T> promise_;
};

class Streams : public ::testing::Test {
 protected:
  void Start(GuardedServer::Options options = {}) {
    server_ = std::make_unique<GuardedServer>(std::move(options));
    stub_ = server_->Stub();
    token_ = server_->credentials().Token("acme", "u42");
  }
  // What a watch of `name` ends with, and how many messages came.
  std::pair<std::string, int> Watch(const std::string& token, const std::string& name = kOwn) {
    const auto context = ContextWith(token);
    const auto reader = stub_->Watch(context.get(), RequestFor(name, "x"));
    v1::EchoResponse response;
    int count = 0;
    while (reader->Read(&response)) ++count;
    return {CodeAndReason(reader->Finish()), count};
  }

  // Three callers watch, each with a stream of its own.
  void ThreeWatch() {
    std::mutex mu;
    Handed<bool> all_there;
    server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) {
      const std::lock_guard lock(mu);
      writers_.push_back(std::move(stream));
      if (writers_.size() == 3) all_there.Put(true);
    };
    for (int i = 0; i < 3; ++i) {
      contexts_.push_back(ContextWith(token_));
      readers_.push_back(stub_->Watch(contexts_.back().get(), RequestFor(kOwn)));
    }
    ASSERT_TRUE(all_there.Get());
    const std::lock_guard lock(mu);  // the last handler has left it
  }

  std::vector<Writer> writers_;
  std::unique_ptr<GuardedServer> server_;
  std::unique_ptr<v1::TestingService::Stub> stub_;
  std::string token_;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts_;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::EchoResponse>>> readers_;
};

TEST_F(Streams, AWatchSendsAndEnds) {
  Start();
  EXPECT_EQ(Watch(token_), std::make_pair(std::string("OK"), 3));
}

TEST_F(Streams, RefusedStreamsNeverReachTheHandler) {
  Start();
  EXPECT_EQ(Watch("").first, "UNAUTHENTICATED NO_CREDENTIALS");
  EXPECT_EQ(Watch("rubbish").first, "UNAUTHENTICATED TOKEN_INVALID");
  EXPECT_EQ(Watch(server_->credentials().Token("acme", "pbx", {"integrator"})).first,
            "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(Watch(token_, "tenants/acme/users/u43").first, "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(Watch(server_->credentials().Token("globex", "u42")).first, "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(Watch(token_, "u42").first, "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(server_->handler().runs(), 0);
}

TEST_F(Streams, AnUploadIsAnsweredOnce) {
  Start();
  const auto context = ContextWith(token_);
  v1::EchoResponse response;
  const auto writer = stub_->Upload(context.get(), &response);
  writer->Write(RequestFor(kOwn, "a"));
  writer->Write(RequestFor("", "b"));  // later messages need not name it again
  writer->Write(RequestFor(kOwn, "c"));
  writer->WritesDone();
  EXPECT_EQ(CodeAndReason(writer->Finish()), "OK");
  EXPECT_EQ(response.text(), "abc");
}

// gRPC tells of both in the same way at first.
TEST_F(Streams, ACancelledUploadOrChatIsNeverTakenForAWholeOne) {
  Start();
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([this] {
      for (int round = 0; round < 100; ++round) {
        const auto upload_context = ContextWith(token_);
        v1::EchoResponse response;
        const auto upload = stub_->Upload(upload_context.get(), &response);
        upload->Write(RequestFor(kOwn, "a"));
        const auto chat_context = ContextWith(token_);
        const auto chat = stub_->Chat(chat_context.get());
        chat->Write(RequestFor(kOwn, "a"));
        EXPECT_TRUE(chat->Read(&response));
        upload_context->TryCancel();
        chat_context->TryCancel();
        EXPECT_EQ(upload->Finish().error_code(), grpc::StatusCode::CANCELLED);
        EXPECT_EQ(chat->Finish().error_code(), grpc::StatusCode::CANCELLED);
      }
    });
  }
  for (auto& caller : callers) caller.join();
  server_->server().Shutdown(seconds(10));
  EXPECT_EQ(server_->handler().whole(), 0);
}

TEST_F(Streams, EveryLaterMessageIsChecked) {
  Start();
  const auto context = ContextWith(token_);
  v1::EchoResponse response;
  const auto writer = stub_->Upload(context.get(), &response);
  writer->Write(RequestFor(kOwn, "a"));
  writer->Write(RequestFor("tenants/acme/users/u43", "b"));
  writer->WritesDone();
  EXPECT_EQ(CodeAndReason(writer->Finish()), "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(server_->handler().runs(), 2) << "the start and the first message";
}

TEST_F(Streams, AStreamWithoutMessageIsRefused) {
  Start();
  const auto context = ContextWith(token_);
  v1::EchoResponse response;
  const auto writer = stub_->Upload(context.get(), &response);
  writer->WritesDone();
  EXPECT_EQ(CodeAndReason(writer->Finish()), "INVALID_ARGUMENT NO_MESSAGE");
  EXPECT_EQ(server_->handler().runs(), 0);
}

TEST_F(Streams, AStreamThatSaysNothingIsEnded) {
  Start({.guard = {.reader_silence = milliseconds(200), .first_message_timeout = milliseconds(100)}});
  const auto context = ContextWith(token_);
  const auto chat = stub_->Chat(context.get());
  EXPECT_EQ(CodeAndReason(chat->Finish()), "DEADLINE_EXCEEDED NO_MESSAGE");
}

TEST_F(Streams, AChatAnswersEachMessageInOrder) {
  Start();
  const auto context = ContextWith(token_);
  const auto chat = stub_->Chat(context.get());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(chat->Write(RequestFor("tenants/acme", std::to_string(i))));
    v1::EchoResponse response;
    ASSERT_TRUE(chat->Read(&response));
    EXPECT_EQ(response.text(), std::to_string(i));
  }
  chat->WritesDone();
  EXPECT_EQ(CodeAndReason(chat->Finish()), "OK");
}

TEST_F(Streams, HeldReadsWaitUntilResumed) {
  Start();
  Handed<Chatter> handed;
  std::atomic<int> seen{0};
  server_->handler().on_chat = [&](const grpcx::Call&, Chatter stream) {
    stream->OnMessage(
        [&, stream = stream.get()](const v1::EchoRequest&) {
          if (++seen == 1) stream->HoldReads();
          (void)stream->Write(Answer("seen"));
        },
        [stream = stream.get()] { stream->Finish(absl::OkStatus()); });
    handed.Put(stream);
  };
  const auto context = ContextWith(token_);
  const auto chat = stub_->Chat(context.get());
  chat->Write(RequestFor("tenants/acme"));
  chat->Write(RequestFor("tenants/acme"));
  chat->WritesDone();
  const auto stream = handed.Get();
  v1::EchoResponse response;
  ASSERT_TRUE(chat->Read(&response));
  EXPECT_EQ(seen, 1);
  stream->ResumeReads();
  ASSERT_TRUE(chat->Read(&response));
  EXPECT_EQ(CodeAndReason(chat->Finish()), "OK");
  EXPECT_EQ(seen, 2);
}

TEST_F(Streams, ACancelledStreamTellsItsHandlerOnceAndTakesNothingMore) {
  Start();
  Handed<Writer> handed;
  Handed<bool> ended;
  std::atomic<int> ends{0};
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) {
    stream->OnEnd([&] {
      if (++ends == 1) ended.Put(true);
    });
    (void)stream->Write(Answer("first"));
    handed.Put(std::move(stream));
  };
  const auto context = ContextWith(token_);
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  v1::EchoResponse response;
  ASSERT_TRUE(reader->Read(&response));
  const auto stream = handed.Get();
  EXPECT_FALSE(stream->closed());
  EXPECT_FALSE(stream->call().cancelled());
  context->TryCancel();
  EXPECT_TRUE(ended.Get());
  EXPECT_TRUE(stream->closed());
  EXPECT_TRUE(stream->call().cancelled());
  EXPECT_FALSE(stream->Write(Answer("late")));
  stream->Finish(absl::OkStatus());
  EXPECT_EQ(stream->call().principal->user.Name(), kOwn) << "the call can still be asked";
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(server_->guard().open_streams(), 0u);
  EXPECT_EQ(ends, 1);
}

TEST_F(Streams, OneFrameGoesToManyWatchers) {
  Start();
  ThreeWatch();
  const grpcx::Frame frame(Answer("to all"));
  for (const auto& writer : writers_) {
    EXPECT_TRUE(writer->Write(frame));
    writer->Finish(absl::OkStatus());
  }
  for (const auto& reader : readers_) {
    v1::EchoResponse response;
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.text(), "to all");
    EXPECT_TRUE(reader->Finish().ok());
  }
}

TEST_F(Streams, WhatABatchHoldsBackIsSentInOrderAtItsEnd) {
  Start();
  ThreeWatch();
  {
    const grpcx::WriteBatch batch;
    for (const auto& writer : writers_) {
      const grpcx::WriteBatch inner;
      EXPECT_TRUE(writer->Write(Answer("first")));
      EXPECT_TRUE(writer->Write(Answer("second")));
    }
    std::this_thread::sleep_for(milliseconds(50));
    for (const auto& writer : writers_) EXPECT_EQ(writer->queued(), 2u) << "held back";
  }
  for (const auto& writer : writers_) writer->Finish(absl::OkStatus());
  for (const auto& reader : readers_) {
    v1::EchoResponse response;
    for (const auto* const text : {"first", "second"}) {
      ASSERT_TRUE(reader->Read(&response));
      EXPECT_EQ(response.text(), text);
    }
    EXPECT_TRUE(reader->Finish().ok());
  }
}

TEST_F(Streams, ABatchMayOutliveTheCallsItHolds) {
  Start();
  Handed<Writer> handed;
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) { handed.Put(std::move(stream)); };
  const auto context = ContextWith(token_);
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  auto writer = handed.Get();
  std::promise<void> ended;
  writer->OnEnd([&ended] { ended.set_value(); });
  {
    const grpcx::WriteBatch batch;
    EXPECT_TRUE(writer->Write(Answer("never read")));
    context->TryCancel();
    ASSERT_EQ(ended.get_future().wait_for(seconds(20)), std::future_status::ready);
    writer.reset();
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_.reset();  // ends only when the batch's event is gone
}

TEST_F(Streams, AFullQueueRefusesAndSaysWhenThereIsRoomAgain) {
  Start({.guard = {.stream_queue_messages = 8}});
  Handed<Writer> handed;
  Handed<bool> room;
  std::atomic<bool> told{false};
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) {
    stream->OnWritable([&] {
      if (!told.exchange(true)) room.Put(true);
    });
    handed.Put(std::move(stream));
  };
  const auto context = ContextWith(token_);
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  const auto stream = handed.Get();
  int written = 0;
  while (stream->Write(Answer(std::to_string(written), 100'000))) {
    ASSERT_LT(++written, 1000) << "a reader that takes nothing must fill the queue";
  }
  EXPECT_FALSE(stream->closed()) << "full, but open";
  EXPECT_LE(stream->queued(), 9u);
  v1::EchoResponse response;
  for (int i = 0; i < written; ++i) {
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.text(), std::to_string(i));
  }
  EXPECT_TRUE(room.Get());
  EXPECT_TRUE(stream->Write(Answer("more")));
  stream->Finish(absl::OkStatus());
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(Streams, AReaderThatTakesNothingIsEndedAndMayComeBack) {
  Start({.guard = {.reader_silence = milliseconds(300)}});
  Handed<Writer> handed;
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) { handed.Put(std::move(stream)); };
  const auto context = ContextWith(token_);
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  const auto stream = handed.Get();
  while (stream->Write(Answer("", 100'000))) {
  }
  for (int i = 0; i < 4000 && !stream->closed(); ++i) std::this_thread::sleep_for(milliseconds(5));
  ASSERT_TRUE(stream->closed());
  v1::EchoResponse response;
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(CodeAndReason(reader->Finish()), "RESOURCE_EXHAUSTED READER_TOO_SLOW");
  server_->handler().on_watch = nullptr;
  EXPECT_EQ(Watch(token_), std::make_pair(std::string("OK"), 3));
}

TEST_F(Streams, AQuietWatchIsNotASlowReader) {
  Start({.guard = {.reader_silence = milliseconds(100)}});
  Handed<Writer> handed;
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) { handed.Put(std::move(stream)); };
  const auto context = ContextWith(token_);
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  const auto stream = handed.Get();
  std::this_thread::sleep_for(milliseconds(400));  // there is nothing to wait for: nothing happens
  EXPECT_TRUE(stream->Write(Answer("after a while")));
  stream->Finish(absl::OkStatus());
  v1::EchoResponse response;
  EXPECT_TRUE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(Streams, AnExpiredTokenEndsTheStream) {
  Start({.guard = {.reader_silence = milliseconds(200)}});
  Handed<Writer> handed;
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) { handed.Put(std::move(stream)); };
  const auto context = ContextWith(server_->credentials().Token("acme", "u42", {"user"}, seconds(60)));
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  const auto stream = handed.Get();
  EXPECT_TRUE(stream->Write(Answer("still good")));
  v1::EchoResponse response;
  EXPECT_TRUE(reader->Read(&response));
  server_->clock().Advance(seconds(61));
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(CodeAndReason(reader->Finish()), "UNAUTHENTICATED TOKEN_EXPIRED");
}

TEST_F(Streams, ShutdownEndsStreamsWithAReasonAndTakesNoNewOnes) {
  Start();
  Handed<Writer> handed;
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) { handed.Put(std::move(stream)); };
  const auto context = ContextWith(token_);
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  const auto stream = handed.Get();
  EXPECT_TRUE(stream->Write(Answer("last")));
  server_->guard().EndStreams();
  v1::EchoResponse response;
  EXPECT_TRUE(reader->Read(&response)) << "what was queued is still sent";
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(CodeAndReason(reader->Finish()), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_EQ(Watch(token_).first, "UNAVAILABLE SHUTTING_DOWN");
}

TEST_F(Streams, TooManyStreamsAreRefusedUntilOneEnds) {
  Start({.guard = {.max_streams = 1}});
  Handed<Writer> handed;
  Handed<bool> ended;
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) {
    stream->OnEnd([&] { ended.Put(true); });
    handed.Put(std::move(stream));
  };
  const auto context = ContextWith(token_);
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  const auto stream = handed.Get();
  EXPECT_EQ(Watch(token_).first, "RESOURCE_EXHAUSTED OVERLOADED");
  stream->Finish(absl::OkStatus());
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_TRUE(ended.Get());
  server_->handler().on_watch = nullptr;
  EXPECT_EQ(Watch(token_).first, "OK");
}

TEST_F(Streams, AnExceptionInACallbackIsInternalAndEndsOnlyThatStream) {
  Start();
  server_->handler().on_watch = [](const grpcx::Call&, const Writer&) { throw std::runtime_error("oops"); };
  EXPECT_EQ(Watch(token_).first, "INTERNAL");
  server_->handler().on_watch = nullptr;
  EXPECT_EQ(Watch(token_).first, "OK");
}

TEST_F(Streams, WritersOnManyThreadsAndReadersThatLeave) {
  Start();
  std::mutex mu;
  std::vector<std::thread> threads;
  std::atomic<bool> stop{false};
  server_->handler().on_watch = [&](const grpcx::Call&, Writer stream) {
    const std::lock_guard lock(mu);
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&stop, stream, batched = i == 1] {
        while (!stop && !stream->closed()) {
          std::optional<grpcx::WriteBatch> batch;
          if (batched) batch.emplace();
          if (!stream->Write(Answer("x", 1000))) std::this_thread::yield();
        }
      });
    }
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) {
        const auto context = ContextWith(token_);
        const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
        v1::EchoResponse response;
        for (int n = 0; n < 20 + i && reader->Read(&response); ++n) {
        }
        context->TryCancel();
        (void)reader->Finish();
      }
    });
  }
  for (auto& client : clients) client.join();
  stop = true;
  const std::lock_guard lock(mu);
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace crosspoint::testing
