#include "meeting_sync/app/meeting_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "meeting_sync/app/bridge_fakes.h"
#include "meeting_sync/app/fakes.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const UserId kUser{TenantId{"acme"}, "u42"};

class FakeNames final : public NameMemory {
 public:
  absl::Status Remember(const UserId&, const std::vector<Meeting>& meetings) override {
    for (const auto& meeting : meetings) names[meeting.key] = meeting.item;
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<ItemRef>> Find(const UserId&, const ItemKey& key) override {
    const auto it = names.find(key);
    return it == names.end() ? std::nullopt : std::optional(it->second);
  }
  std::map<ItemKey, ItemRef> names;
};

class MeetingBookTest : public ::testing::Test {
 protected:
  MeetingBookTest() {
    users_.Put({.user = kUser, .address = "ada@acme.test"});
    users_.Synced(kUser.tenant);
  }
  void Add(const std::string& id, minutes begins, minutes lasts = minutes{30}, Privacy privacy = Privacy::kPublic) {
    source_.meetings.push_back({.key = KeyOf(id),
                                .item = {id, "ck"},
                                .subject = "about " + id,
                                .start = clock_.Now() + begins,
                                .end = clock_.Now() + begins + lasts,
                                .privacy = privacy});
  }
  // All pages; checks that each makes progress.
  std::vector<std::string> ListAll(ListQuery query) {
    std::vector<std::string> ids;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = book_.List(query, Viewer::kOwner, {});
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return ids;
      EXPECT_LE(page->meetings.size(), static_cast<size_t>(query.page_size));
      for (const auto& meeting : page->meetings) ids.push_back(meeting.item.id);
      if (page->next_page_token.empty()) return ids;
      query.page_token = page->next_page_token;
      clock_.Advance(minutes{1});  // time goes by between pages
    }
    ADD_FAILURE() << "pages without end";
    return ids;
  }

  FakeClock clock_;
  UserBook users_{{{kUser.tenant, Binding::kEws}}};
  FakeMeetings source_;
  FakeSyncStore store_;
  FakeNames names_;
  FakeMeetingStore bridge_{clock_};
  MeetingBook book_{users_, source_, store_, names_, bridge_, clock_};
};

TEST_F(MeetingBookTest, ListsByStartWithinTheDefaultWindow) {
  Add("later", minutes{600});
  Add("sooner", minutes{60});
  Add("running", minutes{-10});
  Add("long-ago", minutes{-31 * 24 * 60});
  Add("too-far", minutes{181 * 24 * 60});
  EXPECT_THAT(ListAll({.user = kUser}), ::testing::ElementsAre("running", "sooner", "later"));
}

TEST_F(MeetingBookTest, AMeetingAtTheSeamOfTwoReadingsIsListedWhateverTheFractionOfTheSecond) {
  source_.whole_seconds = true;
  for (int step = 0; step < 10; ++step) {
    source_.meetings.clear();
    Add("seam", minutes{24 * 60});
    source_.meetings[0].start = std::chrono::ceil<std::chrono::seconds>(source_.meetings[0].start);
    EXPECT_THAT(ListAll({.user = kUser}), ::testing::ElementsAre("seam")) << step;
    clock_.Advance(std::chrono::milliseconds{130});
  }
}

TEST_F(MeetingBookTest, FirstPageOfAFullCalendarIsOneCall) {
  for (int i = 0; i < 200; ++i) Add("m" + std::to_string(i), minutes{(i - 300) * 120});
  const auto page = book_.List({.user = kUser}, Viewer::kOwner, {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->meetings.size(), 50u);
  EXPECT_FALSE(page->next_page_token.empty());
  EXPECT_EQ(source_.lists, 1);
}

TEST_F(MeetingBookTest, PagesHoldEveryMeetingOnceInOrder) {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    source_.meetings.clear();
    source_.limit = 5 + random() % 40;
    const int count = static_cast<int>(random() % 120);
    const auto start = clock_.Now() - hours{24 * (random() % 100)};
    const auto end = start + hours{24 * (1 + random() % 700)};
    for (int i = 0; i < count; ++i) {
      // Many at the very same time, some that last for weeks and overlap every seam.
      Add("m" + std::to_string(i), minutes{static_cast<int>(random() % 300) * 1000 - 100'000},
          i % 10 == 0 && i < 30 ? minutes{60 * 24 * 40} : minutes{30});
    }
    std::vector<const Meeting*> expected;
    for (const auto& meeting : source_.meetings) {
      if (meeting.end > start && meeting.start < end) expected.push_back(&meeting);
    }
    std::sort(expected.begin(), expected.end(),
              [](auto* a, auto* b) { return std::tie(a->start, a->key) < std::tie(b->start, b->key); });
    std::vector<std::string> ids;
    for (const auto* meeting : expected) ids.push_back(meeting->item.id);
    ASSERT_EQ(ListAll({.user = kUser, .start = start, .end = end, .page_size = 1 + static_cast<int>(random() % 20)}),
              ids)
        << "round " << round;
  }
}

TEST_F(MeetingBookTest, TokenOfAnotherQueryIsRefused) {
  for (int i = 0; i < 60; ++i) Add("m" + std::to_string(i), minutes{i});
  const auto page = book_.List({.user = kUser}, Viewer::kOwner, {});
  ASSERT_TRUE(page.ok());
  for (const std::string& token : {page->next_page_token + "x", std::string("1.2.3"), std::string(5000, '.')}) {
    EXPECT_EQ(book_.List({.user = kUser, .page_token = token}, Viewer::kOwner, {}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(book_.List({.user = kUser, .start = clock_.Now(), .page_token = page->next_page_token}, Viewer::kOwner, {})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(MeetingBookTest, MoreThanTwoYearsIsRefused) {
  const auto now = clock_.Now();
  EXPECT_TRUE(book_.List({.user = kUser, .start = now, .end = now + hours{24 * 730}}, Viewer::kOwner, {}).ok());
  EXPECT_EQ(book_.List({.user = kUser, .start = now, .end = now + hours{24 * 733}}, Viewer::kOwner, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(book_.List({.user = kUser, .start = now, .end = now}, Viewer::kOwner, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(MeetingBookTest, PrivateMeetingsShowOnlyTheirTimeToOthers) {
  Add("secret", minutes{60}, minutes{30}, Privacy::kPrivate);
  EXPECT_EQ(book_.List({.user = kUser}, Viewer::kOwner, {})->meetings[0].subject, "about secret");
  const auto seen = book_.List({.user = kUser}, Viewer::kOther, {})->meetings[0];
  EXPECT_EQ(seen.subject, "");
  EXPECT_EQ(seen.start, clock_.Now() + minutes{60});
  EXPECT_EQ(book_.Get({kUser, KeyOf("secret"), {}}, Viewer::kOther, {})->subject, "");
}

TEST_F(MeetingBookTest, GetFindsLinkedListedAndWindowedMeetings) {
  Add("linked", minutes{60});
  Add("windowed", minutes{120});
  Add("far", minutes{60 * 24 * 400});
  ASSERT_TRUE(
      store_
          .Commit(kUser, {"1:a", 1},
                  {.links = {.put = {LinkOf({.item = {"linked", "1"}})}, .removed = {}}, .claims = {}, .point = {}})
          .ok());
  EXPECT_EQ(book_.Get({kUser, KeyOf("linked"), {}}, Viewer::kOwner, {})->item.id, "linked");
  EXPECT_EQ(source_.lists, 0);
  EXPECT_EQ(book_.Get({kUser, KeyOf("windowed"), {}}, Viewer::kOwner, {})->item.id, "windowed");
  EXPECT_EQ(book_.Get({kUser, KeyOf("far"), {}}, Viewer::kOwner, {}).status().code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(ListAll({.user = kUser, .start = clock_.Now(), .end = clock_.Now() + hours{24 * 500}}).size(), 3u);
  EXPECT_EQ(book_.Get({kUser, KeyOf("far"), {}}, Viewer::kOwner, {})->item.id, "far");
  EXPECT_EQ(book_.Get({kUser, ItemKey{"x"}, {}}, Viewer::kOwner, {}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(MeetingBookTest, UserWithoutMailboxHasNoMeetings) {
  users_.Put({.user = kUser, .address = "ada@acme.test", .binding = Binding::kNone});
  EXPECT_TRUE(book_.List({.user = kUser}, Viewer::kOwner, {})->meetings.empty());
  EXPECT_EQ(book_.Get({kUser, KeyOf("a"), {}}, Viewer::kOwner, {}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace crosspoint::meeting_sync
