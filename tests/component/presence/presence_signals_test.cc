#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;

// A PBX: one stream over which it reports.
class Pbx {
 public:
  Pbx(const PresenceReplica& replica, const std::string& token) : stub_(replica.stub()) {
    context_.AddMetadata("authorization", "Bearer " + token);
    context_.set_deadline(std::chrono::system_clock::now() + 60s);
    stream_ = stub_->ReportLineState(&context_);
  }
  bool Report(const std::string& user, const std::string& device, pb::LineState state, int64_t number) {
    pb::ReportLineStateRequest request;
    request.set_user(UserName(user));
    request.set_device(device);
    request.set_line_state(state);
    request.set_number(number);
    return stream_->Write(request);
  }
  pb::ReportLineStateResponse Answer() {
    pb::ReportLineStateResponse answer;
    EXPECT_TRUE(stream_->Read(&answer));
    return answer;
  }
  bool ReadOn(pb::ReportLineStateResponse& answer) { return stream_->Read(&answer); }
  void HalfClose() { stream_->WritesDone(); }
  std::string End() { return Told(stream_->Finish()); }

 private:
  std::unique_ptr<pb::PresenceService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pb::ReportLineStateRequest, pb::ReportLineStateResponse>> stream_;
};

class PresenceSignals : public ::testing::Test {
 protected:
  void Start(presence::SignalLeases leases = {}) {
    replica_ = std::make_unique<PresenceReplica>(redis_, *keys_, PresenceReplica::Options{.leases = leases});
    ASSERT_TRUE(replica_->WaitUntilLoaded());
  }
  std::string PbxToken() const { return keys_->Token("acme", "pbx", {"integrator"}); }
  pb::Presence Get(const std::string& user) {
    pb::Presence presence;
    EXPECT_EQ(Told(PresenceCaller(*replica_, keys_->Token("acme", user)).Get(user, presence)), "OK");
    return presence;
  }
  std::string ReportIm(const std::string& as, const std::string& user, pb::ImState state) {
    PresenceCaller caller(*replica_, keys_->Token("acme", as));
    pb::ReportImStateRequest request;
    request.set_user(UserName(user));
    request.set_im_state(state);
    pb::ReportImStateResponse response;
    return Told(caller.stub().ReportImState(caller.Context().get(), request, &response));
  }

  RedisServer redis_;
  CredentialsFolder keys_;
  std::unique_ptr<PresenceReplica> replica_;
};

TEST_F(PresenceSignals, EveryReportOfABatchIsAnsweredWithItsNumberAndTheLease) {
  Start();
  Pbx pbx(*replica_, PbxToken());
  constexpr int kReports = 6000;  // more than are under way at once
  std::thread sender([&] {
    for (int i = 0; i < kReports; ++i)
      pbx.Report("u" + std::to_string(i % 200), "desk", pb::LINE_STATE_ON_THE_PHONE, i);
    pbx.HalfClose();
  });
  std::set<int64_t> numbers;
  const auto begin = std::chrono::steady_clock::now();
  for (pb::ReportLineStateResponse answer; pbx.ReadOn(answer);) {
    EXPECT_EQ(answer.lease().seconds(), 90);
    EXPECT_FALSE(answer.has_error());
    numbers.insert(answer.number());
  }
  sender.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << kReports << " reports about 200 users on one stream: " << static_cast<int>(kReports / took.count())
            << " a second\n";
  EXPECT_EQ(pbx.End(), "OK");
  EXPECT_EQ(numbers.size(), static_cast<size_t>(kReports));
  EXPECT_EQ(Get("u7").line_state(), pb::LINE_STATE_ON_THE_PHONE);
}

TEST_F(PresenceSignals, WhatWasAnsweredIsReadBackAndLeavesAvailability) {
  Start();
  Pbx pbx(*replica_, PbxToken());
  EXPECT_EQ(Get("u1").line_state(), pb::LINE_STATE_IDLE);
  EXPECT_EQ(Get("u1").im_state(), pb::IM_STATE_OFFLINE);
  pbx.Report("u1", "desk", pb::LINE_STATE_HELD, 1);
  EXPECT_EQ(pbx.Answer().number(), 1);
  EXPECT_EQ(ReportIm("u1", "u1", pb::IM_STATE_ONLINE), "OK");
  const auto presence = Get("u1");
  EXPECT_EQ(presence.line_state(), pb::LINE_STATE_HELD);
  EXPECT_EQ(presence.im_state(), pb::IM_STATE_ONLINE);
  EXPECT_EQ(presence.availability().state(), "available");
}

TEST_F(PresenceSignals, APbxThatFellSilentLeavesNobodyOnThePhone) {
  Start({.line = 300ms, .im = 300ms});
  {
    Pbx pbx(*replica_, PbxToken());
    pbx.Report("u1", "desk", pb::LINE_STATE_ON_THE_PHONE, 1);
    pbx.Answer();
    EXPECT_EQ(Get("u1").line_state(), pb::LINE_STATE_ON_THE_PHONE);
    pbx.HalfClose();
    EXPECT_EQ(pbx.End(), "OK");
  }
  EXPECT_EQ(ReportIm("u1", "u1", pb::IM_STATE_ONLINE), "OK");
  EXPECT_TRUE(WaitFor([&] {
    const auto presence = Get("u1");
    return presence.line_state() == pb::LINE_STATE_IDLE && presence.im_state() == pb::IM_STATE_OFFLINE;
  }));
}

TEST_F(PresenceSignals, ADeviceTooManyIsRefusedInItsAnswerAndTheStreamGoesOn) {
  Start();
  Pbx pbx(*replica_, PbxToken());
  for (int i = 0; i <= 32; ++i) {
    pbx.Report("u1", "d" + std::to_string(i), pb::LINE_STATE_RINGING, i);
    const auto answer = pbx.Answer();
    EXPECT_EQ(answer.error().reason(), i < 32 ? "" : "TOO_MANY_DEVICES");
    EXPECT_EQ(answer.has_lease(), i < 32);
  }
  pbx.Report("u2", "desk", pb::LINE_STATE_RINGING, 99);
  EXPECT_EQ(pbx.Answer().number(), 99);
  EXPECT_EQ(Get("u2").line_state(), pb::LINE_STATE_RINGING);
}

TEST_F(PresenceSignals, NonsenseEndsTheStreamNamingTheField) {
  Start();
  for (const auto& [device, state, told] :
       {std::tuple{"Desk 1", pb::LINE_STATE_IDLE, "INVALID_ARGUMENT INVALID_FIELD device"},
        std::tuple{"", pb::LINE_STATE_IDLE, "INVALID_ARGUMENT INVALID_FIELD device"},
        std::tuple{"desk", pb::LINE_STATE_UNSPECIFIED, "INVALID_ARGUMENT INVALID_FIELD line_state"},
        std::tuple{"desk", static_cast<pb::LineState>(77), "INVALID_ARGUMENT INVALID_FIELD line_state"}}) {
    Pbx pbx(*replica_, PbxToken());
    pbx.Report("u1", device, state, 1);
    EXPECT_EQ(pbx.End(), told);
  }
  EXPECT_EQ(ReportIm("u1", "u1", pb::IM_STATE_UNSPECIFIED), "INVALID_ARGUMENT INVALID_FIELD im_state");
}

TEST_F(PresenceSignals, OneTenantsPbxCannotSpeakOfAnothersUsersAlsoLaterOnTheStream) {
  Start();
  Pbx pbx(*replica_, PbxToken());
  pbx.Report("u1", "desk", pb::LINE_STATE_RINGING, 1);
  pbx.Answer();
  Pbx foreign(*replica_, keys_->Token("other", "pbx", {"integrator"}));
  foreign.Report("u1", "desk", pb::LINE_STATE_IDLE, 1);
  EXPECT_EQ(foreign.End(), "NOT_FOUND RESOURCE_NOT_FOUND user");
  EXPECT_EQ(Get("u1").line_state(), pb::LINE_STATE_RINGING);
  EXPECT_EQ(ReportIm("u2", "u1", pb::IM_STATE_ONLINE), "NOT_FOUND RESOURCE_NOT_FOUND user");
}

TEST_F(PresenceSignals, ReportsWithoutRedisAreAnsweredSoAndTakenAgainAfterwards) {
  Start();
  Pbx pbx(*replica_, PbxToken());
  pbx.Report("u1", "desk", pb::LINE_STATE_RINGING, 1);
  pbx.Answer();
  redis_.Stop();
  pbx.Report("u1", "desk", pb::LINE_STATE_ON_THE_PHONE, 2);
  const auto refused = pbx.Answer();
  EXPECT_TRUE(refused.error().reason().starts_with("REDIS_")) << refused.error().reason();
  EXPECT_FALSE(refused.has_lease());
  redis_.Restart();
  EXPECT_TRUE(WaitFor([&] {
    pbx.Report("u1", "desk", pb::LINE_STATE_ON_THE_PHONE, 3);
    return pbx.Answer().has_lease();
  }));
  EXPECT_EQ(Get("u1").line_state(), pb::LINE_STATE_ON_THE_PHONE);
}

}  // namespace
}  // namespace crosspoint::testing
