#include "connectors/ews/autodiscover/mailbox_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "connectors/ews/autodiscover/messages.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;

const std::string kHome = "https://mail.corp.example/EWS/Exchange.asmx";
const std::string kBranch = "https://branch.corp.example/EWS/Exchange.asmx";
const absl::Status kMoved = StatusFromResponseCode("ErrorCrossSiteRequest", "");

// A made-up Autodiscover that knows every mailbox at one address.
class Places : public ::testing::Test {
 protected:
  MailboxEndpoints::Endpoints Ask(const std::vector<std::string>& mailboxes) {
    asked_.push_back(mailboxes);
    MailboxEndpoints::Endpoints found;
    for (size_t i = 0; i < mailboxes.size(); ++i) {
      if (answer_.ok()) found.emplace_back(MailboxEndpoint{.ews_url = url_, .grouping = grouping_});
      if (!answer_.ok()) found.emplace_back(answer_);
    }
    return found;
  }
  absl::StatusOr<MailboxPlace> Find(const std::string& mailbox) { return places_.Find(mailbox, std::nullopt); }

  FakeClock clock_;
  std::string url_ = kBranch;
  std::string grouping_ = "east";
  absl::Status answer_;
  std::vector<std::vector<std::string>> asked_;
  std::vector<absl::Status> turns_;
  MailboxPlaces places_{[this](const auto& mailboxes, auto) { return Ask(mailboxes); },
                        clock_,
                        {.home = kHome},
                        [this](const absl::Status& status) { turns_.push_back(status); }};
};

TEST_F(Places, MailboxIsWhereAutodiscoverSaysAndAtHomeBefore) {
  EXPECT_EQ(places_.Known("ada@corp.example"), (MailboxPlace{kHome, ""}));
  EXPECT_EQ(*Find("ada@corp.example"), (MailboxPlace{kBranch, "east"}));
  EXPECT_EQ(places_.Known("ada@corp.example"), (MailboxPlace{kBranch, "east"}));
  EXPECT_TRUE(Find("ADA@corp.example").ok());
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(Places, HomeIsKnownInAnyCaseOfLetters) {
  url_ = "https://Mail.corp.example/ews/exchange.asmx";
  EXPECT_EQ(Find("ada@corp.example")->url, kHome);
}

TEST_F(Places, ThoseOfOneDomainAreLookedUpTogether) {
  places_.SetCompanions([] {
    std::vector<std::string> all = {"eve@other.example", "ada@corp.example"};
    for (int i = 0; i < 150; ++i) all.push_back("p" + std::to_string(i) + "@corp.example");
    return all;
  });
  EXPECT_TRUE(Find("ada@corp.example").ok());
  EXPECT_TRUE(Find("p98@corp.example").ok());
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].size(), 100u);
  EXPECT_EQ(asked_[0][0], "ada@corp.example");
  EXPECT_THAT(asked_[0], ::testing::Not(::testing::Contains("eve@other.example")));
  EXPECT_TRUE(Find("p149@corp.example").ok());
  EXPECT_EQ(asked_[1].size(), 51u);
}

TEST_F(Places, WhoWaitsAsksForOneOnly) {
  places_.SetCompanions([] { return std::vector<std::string>{"bo@corp.example"}; });
  EXPECT_TRUE(places_.Find("ada@corp.example", std::chrono::steady_clock::now() + seconds(5)).ok());
  EXPECT_THAT(asked_, ElementsAre(ElementsAre("ada@corp.example")));
}

TEST_F(Places, SilentAutodiscoverLeavesMailboxesAtHomeAndIsAskedAgainLater) {
  answer_ = AutodiscoverError(absl::StatusCode::kUnavailable, "AUTODISCOVER_FAILED", "nobody", Reaction::kRetry);
  EXPECT_EQ(*Find("ada@corp.example"), (MailboxPlace{kHome, ""}));
  EXPECT_EQ(*Find("bo@corp.example"), (MailboxPlace{kHome, ""}));
  EXPECT_EQ(asked_.size(), 1u) << "the domain is not asked again at once";
  EXPECT_EQ(places_.Known("ada@corp.example"), (MailboxPlace{kHome, ""})) << "so what is open there may stay open";
  ASSERT_EQ(turns_.size(), 1u);
  EXPECT_TRUE(absl::IsUnavailable(turns_[0]));
  answer_ = absl::OkStatus();
  clock_.Advance(seconds(61));
  EXPECT_EQ(Find("ada@corp.example")->url, kBranch);
  EXPECT_EQ(Find("bo@corp.example")->url, kBranch);
  ASSERT_EQ(turns_.size(), 2u);
  EXPECT_TRUE(turns_[1].ok());
}

TEST_F(Places, MovedMailboxIsAskedForAgain) {
  EXPECT_TRUE(Find("ada@corp.example").ok());
  clock_.Advance(hours(1));
  places_.Note("ada@corp.example", kMoved);
  EXPECT_EQ(places_.Known("ada@corp.example"), std::nullopt);
  url_ = kHome;
  grouping_ = "west";
  EXPECT_EQ(*Find("ada@corp.example"), (MailboxPlace{kHome, "west"}));
  EXPECT_EQ(places_.Known("ada@corp.example"), (MailboxPlace{kHome, "west"}));
}

TEST_F(Places, MovedMailboxStaysWhereItWasWhileNobodyKnowsBetter) {
  EXPECT_TRUE(Find("ada@corp.example").ok());
  clock_.Advance(hours(1));
  places_.Note("ada@corp.example", kMoved);
  answer_ = absl::UnavailableError("down");
  EXPECT_EQ(Find("ada@corp.example")->url, kBranch);
  EXPECT_EQ(places_.Known("ada@corp.example"), (MailboxPlace{kBranch, "east"}));
  places_.Note("ada@corp.example", kMoved);
  EXPECT_NE(places_.Known("ada@corp.example"), std::nullopt) << "asked for a moment ago";
}

TEST_F(Places, WhatIsSaidAboutTheMailboxIsTheAnswer) {
  answer_ = AutodiscoverError(absl::StatusCode::kFailedPrecondition, "AUTODISCOVER_IN_CLOUD", "x", Reaction::kStop);
  EXPECT_TRUE(GetErrorInfo(Find("ada@corp.example").status())->reason == "AUTODISCOVER_IN_CLOUD");
  EXPECT_EQ(places_.Known("ada@corp.example"), std::nullopt);
  EXPECT_TRUE(turns_.empty());
  answer_ = absl::OkStatus();
  clock_.Advance(seconds(61));
  EXPECT_TRUE(Find("ada@corp.example").ok());
}

}  // namespace
}  // namespace crosspoint::ews
