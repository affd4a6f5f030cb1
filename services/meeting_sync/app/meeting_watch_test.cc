#include "meeting_sync/app/meeting_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/tasks/manual_tasks.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const UserId kAda{TenantId{"acme"}, "ada"};

class FakeFeed final : public FeedReader {
 public:
  absl::StatusOr<FeedPage> Read(const TenantId&, const std::string& watermark, size_t) override {
    FeedPage page{.gap = gap};
    for (size_t i = std::stoul(watermark); i < entries.size(); ++i) page.entries.push_back(entries[i]);
    return page;
  }
  absl::StatusOr<std::string> Newest(const TenantId&) override { return std::to_string(entries.size()); }
  void Tell(const UserId& user, MailboxFolder folder = MailboxFolder::kCalendar) {
    entries.push_back({std::to_string(entries.size() + 1), user, folder});
  }
  std::vector<FeedEntry> entries;
  bool gap = false;
};

class FakeMemory final : public WatchMemory {
 public:
  absl::Status Remember(const UserId&, const std::string& token, const ListVersion& version) override {
    versions[token] = version;
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<ListVersion>> Recall(const UserId&, const std::string& token) override {
    const auto it = versions.find(token);
    return it == versions.end() ? std::nullopt : std::optional(it->second);
  }
  std::map<std::string, ListVersion> versions;
};

class FakeRevisions final : public ListRevisions {
 public:
  absl::StatusOr<std::vector<std::string>> Of(const std::vector<UserId>& users) override {
    return std::vector<std::string>(users.size(), revision);
  }
  std::string revision;
};

class Sink final : public WatchSink {
 public:
  bool Tell(const WatchNews& news) override {
    if (full) return false;
    told.push_back(news);
    return true;
  }
  bool closed() const override { return is_closed; }
  void End(const absl::Status& status) override {
    ended = status;
    is_closed = true;
  }
  std::vector<std::string> Subjects() const {
    std::vector<std::string> subjects;
    for (const auto& news : told) {
      for (const auto& meeting : news.meetings) subjects.push_back(meeting.subject);
    }
    return subjects;
  }
  std::vector<WatchNews> told;
  bool full = false;
  bool is_closed = false;
  absl::Status ended;
};

class Watch : public ::testing::Test {
 protected:
  Watch() { Put("a", "A"); }

  void Put(const std::string& id, const std::string& subject) {
    meetings_[id] = Meeting{.key = KeyOf(id), .subject = subject};
  }
  absl::StatusOr<MeetingPage> List(const ListQuery& query, Viewer) {
    ++readings_;
    if (!failure_.ok()) return failure_;
    MeetingPage page;
    auto it = query.page_token.empty() ? meetings_.begin() : meetings_.find(query.page_token);
    for (; it != meetings_.end() && page.meetings.size() < 150; ++it) page.meetings.push_back(it->second);
    if (it != meetings_.end()) page.next_page_token = it->first;
    return page;
  }
  std::shared_ptr<Sink> Open(const std::string& token = "") {
    auto sink = std::make_shared<Sink>();
    EXPECT_TRUE(watch_.Add(kAda, Viewer::kOwner, token, sink).ok());
    Settle();
    return sink;
  }
  void Settle() {
    for (int i = 0; i < 3; ++i) {
      watch_.Look();
      tasks_.Advance(milliseconds{300});
    }
  }
  static std::string NameOf(const std::string& id) { return MeetingName{kAda, KeyOf(id), std::nullopt}.Name(); }

  std::map<std::string, Meeting> meetings_;
  absl::Status failure_;
  int readings_ = 0;
  FakeFeed feed_;
  FakeMemory memory_;
  FakeRevisions revisions_;
  ManualTasks tasks_;
  log::Logger log_{"test", log::Level::kError};
  MeetingWatch watch_{{[this](const ListQuery& query, Viewer viewer, Deadline) { return List(query, viewer); }, feed_,
                       revisions_, memory_, tasks_, log_, WatchTiming{}}};
};

TEST_F(Watch, ListFirstThenEveryChange) {
  const auto sink = Open();
  ASSERT_EQ(sink->told.size(), 1u);
  EXPECT_TRUE(sink->told[0].synced);
  EXPECT_FALSE(sink->told[0].gap);
  EXPECT_THAT(sink->Subjects(), ElementsAre("A"));
  Put("b", "B");
  feed_.Tell(kAda);
  Settle();
  ASSERT_EQ(sink->told.size(), 2u);
  EXPECT_FALSE(sink->told[1].synced);
  EXPECT_THAT(sink->Subjects(), ElementsAre("A", "B")) << "what did not change is not told again";
  meetings_.erase("a");
  feed_.Tell(kAda);
  Settle();
  EXPECT_THAT(sink->told.back().removed, ElementsAre(NameOf("a")));
}

TEST_F(Watch, WhatWeKeepIsFollowedByItsRevision) {
  const auto sink = Open();
  Put("a", "A2");
  revisions_.revision = "7";
  Settle();
  EXPECT_THAT(sink->Subjects(), ElementsAre("A", "A2"));
}

TEST_F(Watch, OthersNewsIsNoReasonToRead) {
  const auto sink = Open();
  const int readings = readings_;
  feed_.Tell({TenantId{"acme"}, "bob"});
  feed_.Tell(kAda, MailboxFolder::kInbox);
  Settle();
  EXPECT_EQ(readings_, readings);
  EXPECT_EQ(sink->told.size(), 1u);
}

TEST_F(Watch, ComingBackTellsTheDifferenceOnly) {
  auto sink = Open();
  const auto token = sink->told.back().resume_token;
  sink->is_closed = true;
  Settle();
  EXPECT_EQ(watch_.watchers(), 0u);
  Put("b", "B");
  meetings_.erase("a");
  sink = Open(token);
  ASSERT_EQ(sink->told.size(), 1u);
  EXPECT_THAT(sink->Subjects(), ElementsAre("B"));
  EXPECT_THAT(sink->told[0].removed, ElementsAre(NameOf("a")));
  EXPECT_TRUE(sink->told[0].synced);
  EXPECT_FALSE(sink->told[0].gap);
}

TEST_F(Watch, ComingBackToNothingNewIsSynced) {
  const auto token = Open()->told.back().resume_token;
  const auto sink = Open(token);
  ASSERT_EQ(sink->told.size(), 1u);
  EXPECT_TRUE(sink->told[0].synced);
  EXPECT_THAT(sink->Subjects(), IsEmpty());
  EXPECT_EQ(sink->told[0].resume_token, token);
}

TEST_F(Watch, ForgottenTokenIsAGapAndForeignOneRefused) {
  const auto token = Open()->told.back().resume_token;
  memory_.versions.clear();
  const auto sink = Open(token);
  ASSERT_EQ(sink->told.size(), 1u);
  EXPECT_TRUE(sink->told[0].gap);
  EXPECT_TRUE(sink->told[0].synced);
  EXPECT_THAT(sink->Subjects(), ElementsAre("A"));
  EXPECT_EQ(watch_.Add(kAda, Viewer::kOwner, "x y", std::make_shared<Sink>()).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Watch, LongListsComeInPartsAndTheLastIsSynced) {
  for (int i = 0; i < 320; ++i) Put("m" + std::to_string(1000 + i), "M");
  const auto sink = Open();
  ASSERT_EQ(sink->told.size(), 4u);
  EXPECT_EQ(sink->Subjects().size(), 321u);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(sink->told[i].synced, i == 3);
}

TEST_F(Watch, SlowReaderGetsTheNewestStateLater) {
  const auto sink = Open();
  sink->full = true;
  Put("a", "A2");
  feed_.Tell(kAda);
  Settle();
  Put("a", "A3");
  feed_.Tell(kAda);
  Settle();
  sink->full = false;
  Settle();
  EXPECT_THAT(sink->Subjects(), ElementsAre("A", "A3"));
}

TEST_F(Watch, OutageKeepsWhoHasTheListAndIsFollowedByTheTruth) {
  const auto sink = Open();
  failure_ = absl::UnavailableError("mail server away");
  Put("a", "A2");
  feed_.Tell(kAda);
  Settle();
  EXPECT_FALSE(sink->is_closed);
  const auto late = std::make_shared<Sink>();
  ASSERT_TRUE(watch_.Add(kAda, Viewer::kOwner, "", late).ok());
  for (int i = 0; i < 20; ++i) Settle();
  EXPECT_EQ(late->ended.code(), absl::StatusCode::kUnavailable) << "who has nothing is told why";
  failure_ = absl::OkStatus();
  for (int i = 0; i < 40; ++i) Settle();
  EXPECT_THAT(sink->Subjects(), ElementsAre("A", "A2"));
}

TEST_F(Watch, LostFeedEntriesLeadToAReading) {
  const auto sink = Open();
  Put("a", "A2");
  feed_.gap = true;
  watch_.Look();
  feed_.gap = false;
  Settle();
  EXPECT_THAT(sink->Subjects(), ElementsAre("A", "A2"));
}

TEST_F(Watch, ListIsReadAgainNowAndThenThoughNobodySaysAnything) {
  const auto sink = Open();
  Put("a", "A2");
  tasks_.Advance(milliseconds{300'000});
  Settle();
  EXPECT_THAT(sink->Subjects(), ElementsAre("A", "A2"));
}

TEST_F(Watch, WatchersOfOneListShareItsReading) {
  const int before = readings_;
  std::vector<std::shared_ptr<Sink>> sinks;
  for (int i = 0; i < 10; ++i) {
    sinks.push_back(std::make_shared<Sink>());
    ASSERT_TRUE(watch_.Add(kAda, Viewer::kOwner, "", sinks.back()).ok());
  }
  Settle();
  EXPECT_LE(readings_ - before, 2);
  for (const auto& sink : sinks) EXPECT_THAT(sink->Subjects(), ElementsAre("A"));
}

TEST(DigestOf, EveryFactCounts) {
  const Meeting meeting{.key = KeyOf("a"), .subject = "A", .attendees = {{.email = "b@x.test"}}};
  std::vector<Meeting> others(8, meeting);
  others[0].subject = "B";
  others[1].end = TimePoint{} + hours{1};
  others[2].attendees[0].response = AttendeeResponse::kAccepted;
  others[3].conference = Conference{.url = "u"};
  others[4].cancelled = true;
  others[5].location = "L";
  others[6].show_as = ShowAs::kFree;
  others[7].chosen_state = "vacation";
  for (size_t i = 0; i < others.size(); ++i) EXPECT_NE(DigestOf(others[i]), DigestOf(meeting)) << i;
}

}  // namespace
}  // namespace crosspoint::meeting_sync
