#include "contact/app/shelf.h"

#include <gmock/gmock.h>

#include "common/log/log.h"
#include "contact/app/contacts.h"
#include "contact/app/fake_store.h"

namespace crosspoint::contact {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const UserId kAda{{"acme"}, "ada"};

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

class Quiet final : public ChangeAnnouncer, public LookupObserver {
 public:
  void Announce(const UserId&) override { ++announced; }
  void OnLookup(LookupOutcome, std::chrono::microseconds) override {}
  int announced = 0;
};

class ShelfOfContacts : public ::testing::Test {
 protected:
  std::string Create(const std::string& name, const std::string& number = "+49 30 23125100") {
    Facts facts;
    facts.display_name = name;
    facts.phones = {{.label = "", .number = number, .e164 = "", .extension = ""}};
    // Past this shelf, as another replica would.
    EXPECT_TRUE(Complete(facts, "DE", "").ok());
    const auto id = ids_.NewId("c");
    EXPECT_TRUE(
        store_.Write(kAda, {.writes = {{.kind = ContactWrite::Kind::kCreate, .id = id, .facts = facts}}}, Soon()).ok());
    return id;
  }
  void Delete(const std::string& id) {
    EXPECT_TRUE(store_.Write(kAda, {.writes = {{.kind = ContactWrite::Kind::kDelete, .id = id}}}, Soon()).ok());
  }
  std::vector<std::string> Names(Shelf::Need need) {
    std::vector<std::string> names;
    status_ = shelf_.Read(kAda, need, Soon(), [&](const ContactBook& book) {
      for (const auto& contact : book.List("", 100, std::nullopt)) names.push_back(contact.facts.display_name);
    });
    return names;
  }

  FakeStore store_;
  SequentialIdSource ids_;
  std::string lines_;
  log::Logger log_{"contact", log::Level::kDebug, [this](std::string_view line) { lines_ += line; }};
  Shelf shelf_{store_, log_, {.max_books = 3, .recent = std::chrono::hours{1}}};
  absl::Status status_;
};

TEST_F(ShelfOfContacts, TheLatestIsAskedForAndTheRecentIsNot) {
  Create("Ada");
  EXPECT_THAT(Names(Shelf::Need::kRecent), ElementsAre("Ada"));
  const auto reads = store_.reads;
  EXPECT_THAT(Names(Shelf::Need::kRecent), ElementsAre("Ada"));
  EXPECT_EQ(store_.reads, reads);
  Create("Grace");
  EXPECT_THAT(Names(Shelf::Need::kRecent), ElementsAre("Ada"));
  EXPECT_THAT(Names(Shelf::Need::kLatest), ElementsAre("Ada", "Grace"));
}

TEST_F(ShelfOfContacts, AStoreThatIsAwayFailsTheLatestOnlyAndComesBack) {
  Shelf impatient(store_, log_, {.max_books = 3, .recent = milliseconds{0}});
  const auto read = [&](Shelf::Need need) {
    size_t count = 99;
    const auto status = impatient.Read(kAda, need, Soon(), [&](const ContactBook& book) { count = book.size(); });
    return status.ok() ? static_cast<int>(count) : -1;
  };
  Create("Ada");
  EXPECT_EQ(read(Shelf::Need::kRecent), 1);
  store_.trouble = absl::UnavailableError("away");
  EXPECT_EQ(read(Shelf::Need::kRecent), 1) << "from memory";
  EXPECT_EQ(read(Shelf::Need::kLatest), -1);
  store_.trouble = absl::OkStatus();
  Create("Grace");
  EXPECT_EQ(read(Shelf::Need::kRecent), 2);
}

TEST_F(ShelfOfContacts, AWatcherHearsTheStateThenChangesThenDeletions) {
  Create("Ada");
  int woken = 0;
  const auto subscription = shelf_.Subscribe(kAda, [&woken] { ++woken; });
  WatchPosition position;
  EXPECT_FALSE(shelf_.ReadNews(kAda, position, 10).complete) << "not read yet";
  ASSERT_TRUE(shelf_.Refresh(kAda, Soon()).ok());
  EXPECT_EQ(woken, 1);
  auto news = shelf_.ReadNews(kAda, position, 10);
  EXPECT_THAT(news.contacts, SizeIs(1));
  EXPECT_TRUE(news.complete);
  EXPECT_FALSE(news.gap);
  const auto grace = Create("Grace");
  Delete(grace);
  ASSERT_TRUE(shelf_.Refresh(kAda, Soon()).ok());
  news = shelf_.ReadNews(kAda, position, 10);
  ASSERT_THAT(news.contacts, SizeIs(1));
  EXPECT_TRUE(news.contacts[0].deleted);
  ASSERT_TRUE(shelf_.Refresh(kAda, Soon()).ok());
  EXPECT_EQ(woken, 2) << "nothing new, nobody woken";
}

TEST_F(ShelfOfContacts, AWatcherBehindForgottenDeletionsIsToldOfTheGap) {
  const auto ada = Create("Ada");
  Create("Grace");
  const auto subscription = shelf_.Subscribe(kAda, [] {});
  ASSERT_TRUE(shelf_.Refresh(kAda, Soon()).ok());
  WatchPosition early;
  shelf_.ReadNews(kAda, early, 1);
  Delete(ada);
  store_.ForgetDeletions(kAda);
  Create("Edsger");
  ASSERT_TRUE(shelf_.Refresh(kAda, Soon()).ok());
  const auto news = shelf_.ReadNews(kAda, early, 10);
  EXPECT_TRUE(news.gap);
  EXPECT_THAT(news.contacts, SizeIs(2));
}

TEST_F(ShelfOfContacts, BooksThatNobodyWatchesMakeRoom) {
  const auto subscription = shelf_.Subscribe(kAda, [] {});
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(
        shelf_.Read({{"acme"}, "u" + std::to_string(i)}, Shelf::Need::kRecent, Soon(), [](const auto&) {}).ok());
  }
  EXPECT_LE(shelf_.books(), 4u);
  EXPECT_TRUE(shelf_.Has(kAda));
  EXPECT_TRUE(shelf_.Has({{"acme"}, "u9"}));
  EXPECT_FALSE(shelf_.Has({{"acme"}, "u0"}));
}

TEST_F(ShelfOfContacts, TokensAreReadBackAndOthersRefused) {
  EXPECT_EQ(WatchPosition::Parse("e7.12")->revision, 12u);
  EXPECT_EQ(WatchPosition::Parse("")->epoch, "");
  for (const char* bad : {"e7", ".5", "e7.", "e7.x", "e7.5 "}) EXPECT_FALSE(WatchPosition::Parse(bad).ok()) << bad;
}

TEST_F(ShelfOfContacts, AnUpdateWithoutEtagSurvivesARaceAndOneWithEtagDoesNot) {
  Quiet quiet;
  Contacts contacts(store_, shelf_, quiet, ids_, quiet, {{kAda.tenant, "DE"}});
  Facts facts;
  facts.display_name = "Ada";
  const auto made = contacts.Create(kAda, facts, "contact", "", "", Soon());
  ASSERT_TRUE(made.ok());
  bool raced = false;
  const auto updated = contacts.Update(
      {kAda, made->id}, 0,
      [&](Facts& now) {
        if (!std::exchange(raced, true)) {
          auto theirs = now;
          theirs.company = "Theirs";
          EXPECT_TRUE(store_
                          .Write(kAda,
                                 {.writes = {{.kind = ContactWrite::Kind::kUpdate, .id = made->id, .facts = theirs}}},
                                 Soon())
                          .ok());
        }
        now.job_title = "Mine";
      },
      Soon());
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->facts.company, "Theirs");
  EXPECT_EQ(updated->facts.job_title, "Mine");
  EXPECT_TRUE(absl::IsAborted(contacts
                                  .Update(
                                      {kAda, made->id}, made->edition, [](Facts&) {}, Soon())
                                  .status()));
  EXPECT_GE(quiet.announced, 2);
}

TEST_F(ShelfOfContacts, ContactsOfOutlookAreNotChangedHere) {
  Quiet quiet;
  Contacts contacts(store_, shelf_, quiet, ids_, quiet, {});
  Facts facts;
  facts.display_name = "Ada";
  ASSERT_TRUE(contacts.Modify(kAda, Source::kOutlook, {{"o1", facts}}, "", "", Soon()).ok());
  const auto id = store_.contacts(kAda).begin()->first;
  EXPECT_EQ(GetErrorInfo(contacts
                             .Update(
                                 {kAda, id}, 0, [](Facts&) {}, Soon())
                             .status())
                ->reason,
            "SOURCE_READ_ONLY");
  EXPECT_EQ(GetErrorInfo(contacts.Delete({kAda, id}, 0, Soon()))->reason, "SOURCE_READ_ONLY");
  EXPECT_THAT(store_.told, IsEmpty());
}

}  // namespace
}  // namespace crosspoint::contact
