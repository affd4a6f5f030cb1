#include "contact/app/upload_session.h"

#include <gmock/gmock.h>

#include "common/log/log.h"
#include "common/status/status.h"
#include "contact/app/fake_store.h"

namespace crosspoint::contact {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const UserId kAda{{"acme"}, "ada"};

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

class Nobody final : public ChangeAnnouncer, public LookupObserver {
 public:
  void Announce(const UserId&) override {}
  void OnLookup(LookupOutcome, std::chrono::microseconds) override {}
};

class Uploads : public ::testing::Test {
 protected:
  std::unique_ptr<UploadSession> Begin(const std::string& id, bool replace_all = false, int64_t first = 0) {
    auto session = UploadSession::Begin(contacts_, {kAda, Source::kOutlook, id, replace_all, first}, Soon());
    status_ = session.status();
    return session.ok() ? *std::move(session) : nullptr;
  }
  absl::Status Add(UploadSession& session, const std::string& id, const std::string& name) {
    Facts facts;
    facts.display_name = name;
    return session.Add({id, facts}, id + name, absl::OkStatus(), Soon());
  }
  absl::Status AddMany(UploadSession& session, int from, int to) {
    for (int i = from; i < to; ++i)
      CROSSPOINT_RETURN_IF_ERROR(Add(session, "s" + std::to_string(i), "P" + std::to_string(i)));
    return absl::OkStatus();
  }
  std::string Reason() const {
    const auto info = GetErrorInfo(status_);
    return info ? info->reason : "";
  }

  FakeStore store_;
  Nobody nobody_;
  SequentialIdSource ids_;
  std::string lines_;
  log::Logger log_{"contact", log::Level::kDebug, [this](std::string_view line) { lines_ += line; }};
  Shelf shelf_{store_, log_, {}};
  Contacts contacts_{store_, shelf_, nobody_, ids_, nobody_, {}};
  absl::Status status_;
};

TEST_F(Uploads, ABrokenOneGoesOnWhereItStood) {
  auto broken = Begin("up", true);
  ASSERT_TRUE(AddMany(*broken, 0, 450).ok());
  broken.reset();
  const auto known = *store_.GetUpload(kAda, "up", Soon());
  ASSERT_TRUE(known);
  EXPECT_EQ(known->received, 400);
  auto rest = Begin("up", true, 400);
  ASSERT_TRUE(AddMany(*rest, 400, 500).ok());
  const auto done = rest->Finish(Soon());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->counts.created, 500);
  EXPECT_TRUE(done->complete);
  EXPECT_THAT(store_.contacts(kAda), SizeIs(500));
}

TEST_F(Uploads, FromTheBeginningAgainSkipsWhatIsKnownAndMustBeTheSame) {
  auto broken = Begin("up");
  ASSERT_TRUE(AddMany(*broken, 0, 250).ok());
  auto again = Begin("up");
  ASSERT_TRUE(AddMany(*again, 0, 300).ok());
  const auto done = again->Finish(Soon());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->counts.created, 300);
  auto other = Begin("up");
  status_ = absl::OkStatus();
  for (int i = 0; i < 300 && status_.ok(); ++i)
    status_ = Add(*other, "s" + std::to_string(i), i == 7 ? "Changed" : "P" + std::to_string(i));
  EXPECT_EQ(Reason(), "UPLOAD_ID_REUSED");
  auto longer = Begin("up");
  status_ = AddMany(*longer, 0, 301);
  EXPECT_EQ(Reason(), "UPLOAD_ID_REUSED");
  auto shorter = Begin("up");
  ASSERT_TRUE(AddMany(*shorter, 0, 10).ok());
  status_ = shorter->Finish(Soon()).status();
  EXPECT_EQ(Reason(), "UPLOAD_ID_REUSED");
}

TEST_F(Uploads, TheIdStandsForOneSourceAndOneWay) {
  ASSERT_TRUE(Begin("up")->Finish(Soon()).ok());
  EXPECT_EQ(Begin("up", true), nullptr);
  EXPECT_EQ(Reason(), "UPLOAD_ID_REUSED");
  EXPECT_EQ(Begin("new", false, 5), nullptr);
  EXPECT_EQ(Reason(), "INVALID_FIELD");
}

TEST_F(Uploads, OfTwoStreamsOfOneUploadOneGoesOn) {
  auto first = Begin("up");
  auto second = Begin("up");
  ASSERT_TRUE(AddMany(*first, 0, 200).ok());
  status_ = AddMany(*second, 0, 200);
  EXPECT_EQ(Reason(), "UPLOAD_ELSEWHERE");
}

TEST_F(Uploads, ReplacingRemovesTheRestAtTheEndAndOnlyOfItsSource) {
  Facts apple;
  apple.display_name = "Apple";
  ASSERT_TRUE(contacts_.Modify(kAda, Source::kApple, {{"s1", apple}}, "", "", Soon()).ok());
  auto all = Begin("all");
  ASSERT_TRUE(AddMany(*all, 0, 600).ok());
  ASSERT_TRUE(all->Finish(Soon()).ok());
  auto few = Begin("few", true);
  ASSERT_TRUE(Add(*few, "s3", "P3").ok());
  ASSERT_TRUE(few->Add({"s4", std::nullopt}, "bad", InvalidField("upsert.company", "too long"), Soon()).ok());
  const auto done = few->Finish(Soon());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->counts, (Counts{.deleted = 598, .unchanged = 1}));
  EXPECT_EQ(done->refused, 1);
  ASSERT_THAT(done->refusals, SizeIs(1));
  EXPECT_EQ(done->refusals[0].index, 1);
  EXPECT_EQ(done->refusals[0].field, "upsert.company");
  std::vector<std::string> names;
  for (const auto& [id, contact] : store_.contacts(kAda)) names.push_back(contact.facts.display_name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("Apple", "P3", "P4"));
}

}  // namespace
}  // namespace crosspoint::contact
