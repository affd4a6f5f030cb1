#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "common/http/client.h"
#include "common/status/status.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::http {
namespace {

using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

constexpr std::string_view kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// Collects what a stream delivers, on any thread.
class Collector {
 public:
  StreamCallbacks Callbacks() {
    return {.on_headers =
                [this](const HttpResponse& response) {
                  const std::lock_guard lock(mu_);
                  status_ = response.status;
                  return absl::OkStatus();
                },
            .on_chunk =
                [this](std::string_view chunk) {
                  const std::lock_guard lock(mu_);
                  text_.append(chunk);
                  changed_.notify_all();
                  return absl::OkStatus();
                },
            .on_end =
                [this](const absl::Status& status) {
                  const std::lock_guard lock(mu_);
                  end_ = status;
                  changed_.notify_all();
                }};
  }
  void WaitForText(const std::string& text) {
    std::unique_lock lock(mu_);
    changed_.wait(lock, [&] { return text_ == text; });
  }
  absl::Status WaitForEnd() {
    std::unique_lock lock(mu_);
    changed_.wait(lock, [&] { return end_.has_value(); });
    return *end_;
  }
  std::optional<absl::Status> end() {
    const std::lock_guard lock(mu_);
    return end_;
  }
  int status() {
    const std::lock_guard lock(mu_);
    return status_;
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  int status_ = 0;
  std::string text_;
  std::optional<absl::Status> end_;
};

class HttpClientStream : public ::testing::Test {
 protected:
  HttpClient client_{{.addresses = {.allow_loopback = true}}};
  Collector collector_;
};

TEST_F(HttpClientStream, PiecesArriveWhileTheAnswerIsStillOpen) {
  std::promise<void> may_end;
  ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kChunkedHead);
    reply.Write("5\r\nfirst\r\n");
    may_end.get_future().wait();
    reply.Write("4\r\nlast\r\n0\r\n\r\n");
  });
  const auto stream = client_.Stream({.url = server.Url(), .timeout = Milliseconds(0)}, collector_.Callbacks());
  collector_.WaitForText("first");
  EXPECT_EQ(collector_.status(), 200);
  EXPECT_FALSE(collector_.end());
  may_end.set_value();
  EXPECT_TRUE(collector_.WaitForEnd().ok());
  collector_.WaitForText("firstlast");
}

TEST_F(HttpClientStream, CancelEndsItAtBothEnds) {
  std::promise<void> hung_up;
  ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kChunkedHead);
    reply.Write("5\r\nfirst\r\n");
    reply.WaitForHangUp();
    hung_up.set_value();
  });
  const auto stream = client_.Stream({.url = server.Url(), .timeout = Milliseconds(0)}, collector_.Callbacks());
  collector_.WaitForText("first");
  stream->Cancel();
  ASSERT_TRUE(collector_.end());
  EXPECT_EQ(collector_.end()->code(), absl::StatusCode::kCancelled);
  hung_up.get_future().wait();
}

TEST_F(HttpClientStream, MayBeCancelledFromItsOwnCallback) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kChunkedHead);
    while (reply.Write("1\r\nx\r\n")) {
    }
  });
  std::promise<HttpStream*> started;
  auto started_future = started.get_future().share();
  int chunks_after_cancel = -1;
  auto callbacks = collector_.Callbacks();
  callbacks.on_chunk = [&](std::string_view) {
    ++chunks_after_cancel;
    started_future.get()->Cancel();
    return absl::OkStatus();
  };
  const auto stream = client_.Stream({.url = server.Url(), .timeout = Milliseconds(0)}, callbacks);
  started.set_value(stream.get());
  EXPECT_EQ(collector_.WaitForEnd().code(), absl::StatusCode::kCancelled);
  stream->Cancel();
  EXPECT_EQ(chunks_after_cancel, 0);
}

TEST_F(HttpClientStream, ErrorOfACallbackEndsIt) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(403, "no"); });
  auto callbacks = collector_.Callbacks();
  callbacks.on_headers = [](const HttpResponse& response) {
    return absl::AbortedError(std::to_string(response.status));
  };
  const auto stream = client_.Stream({.url = server.Url()}, callbacks);
  const absl::Status end = collector_.WaitForEnd();
  EXPECT_EQ(end.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(MessageOf(end), "403");
}

TEST_F(HttpClientStream, SilenceLongerThanAllowedEndsIt) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write(kChunkedHead);
    reply.WaitForHangUp();
  });
  const auto stream = client_.Stream(
      {.url = server.Url(), .timeout = Milliseconds(0), .idle_timeout = Milliseconds(60)}, collector_.Callbacks());
  const absl::Status end = collector_.WaitForEnd();
  EXPECT_EQ(end.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetErrorInfo(end)->metadata.at("phase"), "idle");
}

TEST_F(HttpClientStream, MayOutliveItsClient) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.WaitForHangUp(); });
  std::unique_ptr<HttpStream> stream;
  {
    HttpClient client({.addresses = {.allow_loopback = true}});
    stream = client.Stream({.url = server.Url(), .timeout = Milliseconds(0)}, collector_.Callbacks());
  }
  EXPECT_EQ(collector_.WaitForEnd().code(), absl::StatusCode::kCancelled);
  stream.reset();
}

}  // namespace
}  // namespace crosspoint::http
