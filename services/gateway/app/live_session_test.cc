#include "gateway/app/live_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "common/tasks/manual_tasks.h"

namespace crosspoint::gateway {
namespace {

using std::chrono::seconds;

// A program that takes as many events as it is allowed to.
class FakeSink final : public SessionSink {
 public:
  bool Write(int64_t number, const Event& event) override {
    if (static_cast<int>(told.size()) >= room) return false;
    EXPECT_EQ(number, static_cast<int64_t>(told.size()) + 1);
    told.push_back(Say(event));
    return true;
  }
  size_t Backlog() const override { return backlog; }
  void Finish(const absl::Status& status) override { finished = status.ToString(); }

  static std::string Say(const Event& event) {
    if (const auto* told = std::get_if<ChannelTold>(&event)) return told->payload + (told->gap ? "!" : "");
    if (const auto* command = std::get_if<Command>(&event)) return "command " + command->id;
    if (const auto* ended = std::get_if<ChannelEnded>(&event)) return "end " + GetErrorInfo(ended->why)->reason;
    return std::holds_alternative<WelcomeEvent>(event) ? "welcome" : "heartbeat";
  }

  std::vector<std::string> told;
  int room = 1'000'000;
  size_t backlog = 0;
  std::string finished;
};

struct OpenedWatch {
  Channel channel;
  std::vector<std::string> names;
  std::string resume_token;
  ChannelSource::Events events;
  int asked = 0;  // payloads wanted and not given yet
  bool cancelled = false;
  std::vector<std::string> added;
};

class FakeSource final : public ChannelSource {
 public:
  std::unique_ptr<ChannelWatch> Open(Channel channel, const Caller&, const std::vector<std::string>& names,
                                     const std::string& resume_token, Events events) override {
    opened.push_back(
        std::make_shared<OpenedWatch>(OpenedWatch{channel, names, resume_token, std::move(events), 0, false, {}}));
    return std::make_unique<Watch>(opened.back());
  }
  // Gives one payload if it was asked for.
  bool Tell(size_t index, const std::string& text, const std::string& token = "", bool gap = false) {
    auto& watch = *opened.at(index);
    if (watch.asked == 0) return false;
    --watch.asked;
    watch.events.on_payload({text, token, gap});
    return true;
  }

  std::vector<std::shared_ptr<OpenedWatch>> opened;

 private:
  class Watch final : public ChannelWatch {
   public:
    explicit Watch(std::shared_ptr<OpenedWatch> watch) : watch_(std::move(watch)) {}
    ~Watch() override { watch_->cancelled = true; }
    void ReadNext() override { ++watch_->asked; }
    void Change(const std::vector<std::string>& add, const std::vector<std::string>&) override { watch_->added = add; }

   private:
    const std::shared_ptr<OpenedWatch> watch_;
  };
};

class FakeRoles final : public RoleStore {
 public:
  absl::StatusOr<RoleGrant> Acquire(const UserId&, const std::string&, ClientRole, milliseconds, Deadline) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<RoleGrant> Renew(const UserId&, const std::string&, ClientRole, int64_t, milliseconds,
                                  Deadline) override {
    return absl::UnimplementedError("");
  }
  absl::Status Release(const UserId&, const std::string&, ClientRole, int64_t, Deadline) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::optional<RoleGrant>> Holder(const UserId&, const std::string&, ClientRole, Deadline) override {
    return holder;
  }
  absl::StatusOr<std::optional<RoleGrant>> holder = std::optional<RoleGrant>();
};

class LiveSessions : public ::testing::Test {
 protected:
  std::shared_ptr<LiveSession> Make(ProgramKind program = ProgramKind::kOutlookAddin) {
    SessionRecord record;
    record.id = "s-1";
    record.owner = UserId{TenantId{"acme"}, "u42"};
    record.program = program;
    record.device = "pc";
    record.channels = {Channel::kPresence, Channel::kMeetings, Channel::kCommands};
    auto session = std::make_shared<LiveSession>(record, Caller{record.owner, "", "", ""}, sink_,
                                                 LiveSession::Parts{roles_, source_, tasks_, counters_, settings_});
    session->Welcome({});
    return session;
  }
  static Subscription Meetings(const std::string& token = "") {
    return {Channel::kMeetings, {}, {}, token, std::nullopt};
  }
  static Subscription Icon() {
    return {Channel::kPresence, {"tenants/acme/users/u1"}, {}, "", ClientRole::kOutlookPresence};
  }
  static Command CommandOf(const std::string& id) { return {id, CommandKind::kPlaceCall, "", "", "", {}}; }
  Deadline Soon() { return std::chrono::steady_clock::now() + seconds(1); }
  void Hold(milliseconds lease) {
    holder_.remaining = lease;
    roles_.holder = holder_;
  }

  RoleGrant holder_;
  SessionSettings settings_;
  SessionCounters counters_;
  ManualTasks tasks_;
  FakeRoles roles_;
  FakeSource source_;
  std::shared_ptr<FakeSink> sink_ = std::make_shared<FakeSink>();
};

TEST_F(LiveSessions, AProgramThatTakesNothingStopsTheServiceFromBeingRead) {
  const auto session = Make();
  sink_->room = 1;
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  size_t given = 0;
  while (source_.Tell(0, "m" + std::to_string(given))) ++given;
  EXPECT_EQ(given, settings_.channel_queue);
  sink_->room = 1'000'000;
  session->Writable();
  EXPECT_EQ(sink_->told.size(), 1 + given);
  EXPECT_TRUE(source_.Tell(0, "more")) << "read again";
  EXPECT_EQ(sink_->told.back(), "more");
}

TEST_F(LiveSessions, ACommandOvertakesWhatChannelsHaveWaiting) {
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  sink_->room = 1;
  source_.Tell(0, "m0");
  source_.Tell(0, "m1");
  session->Send(CommandOf("c1"));
  sink_->room = 1'000'000;
  session->Writable();
  EXPECT_THAT(sink_->told, ::testing::ElementsAre("welcome", "command c1", "m0", "m1"));
}

TEST_F(LiveSessions, BehindAFullTransportChannelsWaitAndCommandsDoNot) {
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  sink_->backlog = 16;
  source_.Tell(0, "m0");
  session->Send(CommandOf("c1"));
  EXPECT_THAT(sink_->told, ::testing::ElementsAre("welcome", "command c1"));
  sink_->backlog = 0;
  tasks_.Advance(settings_.retry);
  EXPECT_EQ(sink_->told.back(), "m0");
}

TEST_F(LiveSessions, ChannelsTakeTurns) {
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  ASSERT_TRUE(session->Subscribe({Channel::kPresence, {"tenants/acme/users/u1"}, {}, "", std::nullopt}, Soon()).ok());
  sink_->room = 1;
  for (const std::string text : {"m0", "m1"}) source_.Tell(0, text);
  for (const std::string text : {"p0", "p1"}) source_.Tell(1, text);
  sink_->room = 1'000'000;
  session->Writable();
  EXPECT_THAT(sink_->told, ::testing::ElementsAre("welcome", "m0", "p0", "m1", "p1"));
}

TEST_F(LiveSessions, WhoAcknowledgesHasABoundedNumberOfEventsUnderWay) {
  settings_.window = 3;
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  ASSERT_TRUE(session->Acknowledge(1).ok());
  for (int i = 0; i < 6; ++i) source_.Tell(0, "m" + std::to_string(i));
  EXPECT_EQ(sink_->told.size(), 4u) << "one taken and three under way";
  ASSERT_TRUE(session->Acknowledge(4).ok());
  EXPECT_EQ(sink_->told.size(), 7u);
  EXPECT_FALSE(session->Acknowledge(8).ok()) << "not sent yet";
}

TEST_F(LiveSessions, ABrokenWatchIsOpenedAgainFromItsTokenLaterEachTime) {
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Meetings("from-program"), Soon()).ok());
  EXPECT_EQ(source_.opened[0]->resume_token, "from-program");
  source_.Tell(0, "m0", "t7");
  source_.opened[0]->events.on_end(absl::UnavailableError("gone"));
  tasks_.Advance(settings_.reopen_min);
  ASSERT_EQ(source_.opened.size(), 2u);
  EXPECT_EQ(source_.opened[1]->resume_token, "t7");
  source_.opened[1]->events.on_end(absl::UnavailableError("gone"));
  tasks_.Advance(settings_.reopen_min);
  EXPECT_EQ(source_.opened.size(), 2u);
  tasks_.Advance(settings_.reopen_min);
  ASSERT_EQ(source_.opened.size(), 3u);
  source_.Tell(2, "m1", "t8");
  EXPECT_EQ(sink_->told.back(), "m1") << "no gap where a token carried over";
}

TEST_F(LiveSessions, WithoutATokenTheStateAfterABreakIsToldAsAGap) {
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  source_.Tell(0, "m0");
  source_.opened[0]->events.on_end(absl::UnavailableError("gone"));
  tasks_.Advance(settings_.reopen_min);
  source_.Tell(1, "m1");
  source_.Tell(1, "m2");
  EXPECT_THAT(sink_->told, ::testing::ElementsAre("welcome", "m0", "m1!", "m2"));
}

TEST_F(LiveSessions, WhatAskingAgainDoesNotChangeEndsTheChannelAndASubscriptionOpensItAgain) {
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  source_.opened[0]->events.on_end(
      ErrorWithInfo(absl::StatusCode::kUnimplemented, "no", {"NOT_BUILT", "crosspoint", {}}));
  EXPECT_EQ(sink_->told.back(), "end NOT_BUILT");
  tasks_.Advance(seconds(60));
  EXPECT_EQ(source_.opened.size(), 1u);
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  EXPECT_EQ(source_.opened.size(), 2u);
}

TEST_F(LiveSessions, TheIconIsFedWhileTheRoleIsHeldAndEndsWhenItIsNot) {
  Hold(seconds(10));
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Icon(), Soon()).ok());
  source_.Tell(0, "p0");
  tasks_.Advance(seconds(11));  // renewed meanwhile
  source_.Tell(0, "p1");
  EXPECT_EQ(sink_->told.back(), "p1");
  roles_.holder = std::optional<RoleGrant>();
  tasks_.Advance(seconds(9));
  EXPECT_EQ(sink_->told.back(), "p1") << "not looked at before it could have ended";
  tasks_.Advance(seconds(2));
  EXPECT_EQ(sink_->told.back(), "end ROLE_LOST");
  EXPECT_TRUE(source_.opened[0]->cancelled);
  EXPECT_EQ(sink_->finished, "") << "the session goes on";
}

TEST_F(LiveSessions, NothingIsToldPastTheLeaseUntilTheStoreSaysItGoesOn) {
  Hold(seconds(2));
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Icon(), Soon()).ok());
  ASSERT_TRUE(source_.Tell(0, "red"));
  tasks_.SkipAhead(seconds(3));  // frozen: neither the timer nor anything else has run
  ASSERT_TRUE(source_.Tell(0, "green"));
  EXPECT_THAT(sink_->told, ::testing::ElementsAre("welcome", "red"));
  tasks_.Advance(milliseconds(0));
  EXPECT_THAT(sink_->told, ::testing::ElementsAre("welcome", "red", "green")) << "the holder had renewed it";

  tasks_.SkipAhead(seconds(3));
  ASSERT_TRUE(source_.Tell(0, "yellow"));
  roles_.holder = std::optional<RoleGrant>();
  tasks_.Advance(milliseconds(0));
  EXPECT_THAT(sink_->told, ::testing::ElementsAre("welcome", "red", "green", "end ROLE_LOST"));
}

TEST_F(LiveSessions, AHintThatTheRoleEndedIsLookedAtAtOnceAndTheStoreAwayEndsNothing) {
  Hold(seconds(10));
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Icon(), Soon()).ok());
  roles_.holder = absl::UnavailableError("store away");
  session->CheckRoles();
  tasks_.Run();
  EXPECT_EQ(sink_->told.back(), "welcome");
  roles_.holder = std::optional<RoleGrant>();
  tasks_.Advance(seconds(1));
  EXPECT_EQ(sink_->told.back(), "end ROLE_LOST");
}

TEST_F(LiveSessions, TheIconIsNotForMacAndNotWithoutTheRole) {
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Icon(), Soon()).ok());
  EXPECT_EQ(sink_->told.back(), "end ROLE_NOT_HELD");
  Hold(seconds(10));
  sink_ = std::make_shared<FakeSink>();
  const auto mac = Make(ProgramKind::kDesktopMac);
  ASSERT_TRUE(mac->Subscribe(Icon(), Soon()).ok());
  EXPECT_EQ(sink_->told.back(), "end PROGRAM_NOT_ALLOWED");
  EXPECT_TRUE(source_.opened.empty());
}

TEST_F(LiveSessions, WrongSubscriptionsAreNamed) {
  const auto session = Make();
  const auto reason = [&](const Subscription& subscription) {
    return GetErrorInfo(session->Subscribe(subscription, Soon())).value_or(ErrorInfo{}).reason;
  };
  EXPECT_EQ(reason({Channel::kVoicemail, {}, {}, "", std::nullopt}), "INVALID_FIELD") << "not opened";
  EXPECT_EQ(reason({Channel::kCommands, {}, {}, "", std::nullopt}), "INVALID_FIELD");
  EXPECT_EQ(reason({Channel::kMeetings, {"tenants/acme/users/u1"}, {}, "", std::nullopt}), "INVALID_FIELD");
  EXPECT_EQ(reason({Channel::kPresence, {"rubbish"}, {}, "", std::nullopt}), "INVALID_FIELD");
  EXPECT_EQ(reason({Channel::kPresence, {"tenants/globex/users/u1"}, {}, "", std::nullopt}), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(reason({Channel::kPresence, std::vector<std::string>(1001, "tenants/acme/users/u1"), {}, "", std::nullopt}),
            "INVALID_FIELD");
  ASSERT_EQ(reason(Meetings()), "");
  EXPECT_EQ(reason(Meetings("token")), "INVALID_FIELD") << "a token only with the first";
}

TEST_F(LiveSessions, AStoppedSessionCancelsItsWatchesAndSaysNothingMore) {
  const auto session = Make();
  ASSERT_TRUE(session->Subscribe(Meetings(), Soon()).ok());
  const auto watch = source_.opened[0];
  session->Stop();
  EXPECT_TRUE(watch->cancelled);
  watch->events.on_payload({"late", "", false});
  watch->events.on_end(absl::UnavailableError("late"));
  session->Send(CommandOf("c1"));
  tasks_.Advance(seconds(60));
  EXPECT_THAT(sink_->told, ::testing::ElementsAre("welcome"));
  EXPECT_EQ(source_.opened.size(), 1u);
}

}  // namespace
}  // namespace crosspoint::gateway
