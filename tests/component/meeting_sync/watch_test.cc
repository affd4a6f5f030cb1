#include <gmock/gmock.h>

#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "tests/component/meeting_sync/world.h"

// Lists of meetings that somebody watches.
namespace crosspoint::testing {
namespace {

namespace v1 = meeting_sync::v1;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A watcher that keeps the list as it is told.
class Watcher {
 public:
  explicit Watcher(const ServiceProcess& service, const std::string& token = "")
      : stub_(v1::MeetingService::NewStub(service.channel())) {
    v1::WatchMeetingsRequest request;
    request.set_parent(kAda);
    request.set_resume_token(token);
    context_.set_deadline(std::chrono::system_clock::now() + seconds(20));
    context_.set_wait_for_ready(true);
    reader_ = stub_->WatchMeetings(&context_, request);
  }
  ~Watcher() {
    context_.TryCancel();
    reader_->Finish();
  }
  // The next answer; an empty one when the stream ended.
  v1::WatchMeetingsResponse Next() {
    v1::WatchMeetingsResponse response;
    if (reader_->Read(&response)) {
      for (const auto& meeting : response.meetings()) list_[meeting.name()] = meeting.subject();
      for (const auto& name : response.removed()) list_.erase(name);
      if (!response.resume_token().empty()) token_ = response.resume_token();
    }
    return response;
  }
  std::vector<std::string> AwaitSynced() {
    while (!Next().synced()) {
      if (context_.deadline() < std::chrono::system_clock::now()) break;
    }
    return Subjects();
  }
  std::vector<std::string> Subjects() const {
    std::vector<std::string> subjects;
    for (const auto& [name, subject] : list_) subjects.push_back(subject);
    std::sort(subjects.begin(), subjects.end());
    return subjects;
  }
  const std::string& token() const { return token_; }

 private:
  std::unique_ptr<v1::MeetingService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchMeetingsResponse>> reader_;
  std::map<std::string, std::string> list_;
  std::string token_;
};

class WatchMeetings : public MeetingSyncWorld {};

TEST_F(WatchMeetings, ListFirstThenEveryChange) {
  const auto service = StartSettled();
  const auto id = Create(Meeting("one", In(hours{1})));
  ASSERT_TRUE(presence_.AwaitCount(kAda, 1));
  Watcher watcher(*service);
  EXPECT_THAT(watcher.AwaitSynced(), ElementsAre("one"));
  Create(Meeting("two", In(hours{2})));
  EXPECT_FALSE(watcher.Next().synced());
  EXPECT_THAT(watcher.Subjects(), ElementsAre("one", "two"));
  Update(id, {.subject = "one, changed"});
  watcher.Next();
  EXPECT_THAT(watcher.Subjects(), ElementsAre("one, changed", "two"));
  EXPECT_NE(service->Get("/metrics").second.find("crosspoint_meeting_sync_watchers 1"), std::string::npos);
}

TEST_F(WatchMeetings, AnotherReplicaTellsOnlyTheDifference) {
  auto first = StartSettled();
  const auto id = Create(Meeting("one", In(hours{1})));
  ASSERT_TRUE(presence_.AwaitCount(kAda, 1));
  std::string token;
  {
    Watcher watcher(*first);
    watcher.AwaitSynced();
    token = watcher.token();
  }
  first->Signal(SIGKILL);
  first->Wait();
  Create(Meeting("two", In(hours{2})));
  const auto second = StartSettled();
  Watcher watcher(*second, token);
  const auto told = watcher.Next();
  EXPECT_TRUE(told.synced());
  EXPECT_FALSE(told.gap());
  EXPECT_THAT(watcher.Subjects(), ElementsAre("two")) << "the one it had is not told again";
  Watcher stranger(*second, std::string(26, '7'));
  EXPECT_TRUE(stranger.Next().gap());
  EXPECT_THAT(stranger.Subjects(), ElementsAre("one", "two"));
}

TEST_F(WatchMeetings, OutageOfExchangeIsFollowedByTheTruth) {
  const auto service = StartSettled();
  Watcher watcher(*service);
  EXPECT_THAT(watcher.AwaitSynced(), IsEmpty());
  gate_.Cut();
  Create(Meeting("one", In(hours{1})));
  gate_.Restore();
  watcher.Next();
  EXPECT_THAT(watcher.Subjects(), ElementsAre("one"));
}

TEST_F(WatchMeetings, ForeignTokenIsRefused) {
  const auto service = StartSettled();
  const auto stub = v1::MeetingService::NewStub(service->channel());
  grpc::ClientContext context;
  v1::WatchMeetingsRequest request;
  request.set_parent(kAda);
  request.set_resume_token("yesterday");
  const auto reader = stub->WatchMeetings(&context, request);
  v1::WatchMeetingsResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace crosspoint::testing
