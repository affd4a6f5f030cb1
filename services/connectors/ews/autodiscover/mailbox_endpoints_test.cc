#include "connectors/ews/autodiscover/mailbox_endpoints.h"

#include <gtest/gtest.h>

#include "connectors/ews/autodiscover/places.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(AutodiscoverPlaces, HostsComeInTheUsualOrderAndTheNewerProtocolFirst) {
  EXPECT_EQ(AutodiscoverHosts("corp.example"), (std::vector<std::string>{"autodiscover.corp.example", "corp.example"}));
  const auto places = PlacesAtHost("corp.example");
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].url, "https://corp.example/autodiscover/autodiscover.svc");
  EXPECT_EQ(places[1].url, "https://corp.example/autodiscover/autodiscover.xml");
  EXPECT_EQ(PlacesAtUrl("https://a.example/X/y.XML?z=1")[0].url, "https://a.example/X/y.svc");
  EXPECT_EQ(PlacesAtUrl("https://a.example/X/y.svc?z=1").size(), 1u);
}

TEST(AutodiscoverPlaces, DomainsOfAddresses) {
  EXPECT_EQ(DomainOf("Ada@Corp.Example"), "corp.example");
  for (const char* bad : {"", "ada", "@corp.example", "ada@", "ada@corp", "ada@co rp.example", "ada@*.example",
                          "ada@[10.0.0.1]", "ada@corp.example/x", "ada@corp.example:25"}) {
    EXPECT_EQ(DomainOf(bad), "") << bad;
  }
}

TEST(AutodiscoverPlaces, LocationsBecomeAbsolute) {
  EXPECT_EQ(AbsoluteLocation("https://a.example:8443/x/y", "/z"), "https://a.example:8443/z");
  EXPECT_EQ(AbsoluteLocation("https://a.example", "/z"), "https://a.example/z");
  EXPECT_EQ(AbsoluteLocation("https://a.example/x", "https://b.example/"), "https://b.example/");
  EXPECT_EQ(AbsoluteLocation("https://a.example/x", "//b.example/"), "//b.example/");
}

// A made-up Autodiscover: counts, and answers what it is told.
class Endpoints : public ::testing::Test {
 protected:
  MailboxEndpoints::Endpoints Ask(const std::vector<std::string>& mailboxes) {
    asked_.push_back(mailboxes);
    MailboxEndpoints::Endpoints found;
    for (const std::string& mailbox : mailboxes) {
      if (trouble_.ok()) found.emplace_back(MailboxEndpoint{.ews_url = url_, .smtp_address = mailbox});
      if (!trouble_.ok()) found.emplace_back(trouble_);
    }
    return found;
  }
  absl::StatusOr<MailboxEndpoint> One(const std::string& mailbox) {
    return endpoints_.Get({mailbox}, MailboxEndpoints::Deadline::max())[0];
  }

  FakeClock clock_;
  std::string url_ = "https://one.example/";
  absl::Status trouble_;
  std::vector<std::vector<std::string>> asked_;
  MailboxEndpoints endpoints_{[this](const auto& mailboxes, auto) { return Ask(mailboxes); }, clock_};
};

const absl::Status kMoved = StatusFromResponseCode("ErrorCrossSiteRequest", "");

TEST_F(Endpoints, OnlyWhatIsNotKnownIsAskedFor) {
  EXPECT_TRUE(One("ada@corp.example").ok());
  const auto found = endpoints_.Get({"bo@corp.example", "ADA@corp.example"}, MailboxEndpoints::Deadline::max());
  EXPECT_EQ(found[0]->smtp_address, "bo@corp.example");
  EXPECT_EQ(found[1]->smtp_address, "ada@corp.example");
  ASSERT_EQ(asked_.size(), 2u);
  EXPECT_EQ(asked_[1], std::vector<std::string>{"bo@corp.example"});
}

TEST_F(Endpoints, MovedMailboxIsAskedForAgainButNotInAStorm) {
  EXPECT_TRUE(One("ada@corp.example").ok());
  url_ = "https://two.example/";
  endpoints_.Note("ada@corp.example", kMoved);  // right after: it was just asked for
  EXPECT_EQ(One("ada@corp.example")->ews_url, "https://one.example/");
  clock_.Advance(minutes(2));
  endpoints_.Note("ada@corp.example", StatusFromResponseCode("ErrorServerBusy", ""));
  EXPECT_EQ(One("ada@corp.example")->ews_url, "https://one.example/");
  endpoints_.Note("Ada@corp.example", kMoved);
  EXPECT_EQ(One("ada@corp.example")->ews_url, "https://two.example/");
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(Endpoints, DoubtIsKnownUntilItWasAskedAgain) {
  EXPECT_FALSE(endpoints_.Known("ada@corp.example").has_value());
  EXPECT_TRUE(One("ada@corp.example").ok());
  EXPECT_EQ((*endpoints_.Known("Ada@corp.example"))->ews_url, "https://one.example/");
  clock_.Advance(hours(7));
  EXPECT_TRUE(endpoints_.Known("ada@corp.example")->ok()) << "old, but nothing speaks against it";
  // While a mailbox moves its server asks for patience, and it may be elsewhere afterwards.
  endpoints_.Note("ada@corp.example", StatusFromResponseCode("ErrorMailboxMoveInProgress", ""));
  EXPECT_TRUE(absl::IsAborted(endpoints_.Known("ada@corp.example")->status()));
  trouble_ = absl::UnavailableError("down");
  EXPECT_EQ(One("ada@corp.example")->ews_url, "https://one.example/");
  EXPECT_TRUE(endpoints_.Known("ada@corp.example")->ok());
  endpoints_.Note("ada@corp.example", kMoved);
  EXPECT_TRUE(endpoints_.Known("ada@corp.example")->ok()) << "asked for a moment ago";
}

TEST_F(Endpoints, MissingAreThoseThatWouldBeAskedFor) {
  EXPECT_TRUE(One("ada@corp.example").ok());
  const std::vector<std::string> all = {"ada@corp.example", "bo@corp.example", "cy@corp.example"};
  EXPECT_EQ(endpoints_.Missing(all, 5), (std::vector<std::string>{"bo@corp.example", "cy@corp.example"}));
  EXPECT_EQ(endpoints_.Missing(all, 1), std::vector<std::string>{"bo@corp.example"});
  clock_.Advance(hours(7));
  EXPECT_EQ(endpoints_.Missing(all, 5), all);
}

TEST_F(Endpoints, OldAnswersAreRenewed) {
  EXPECT_TRUE(One("ada@corp.example").ok());
  clock_.Advance(hours(5));
  EXPECT_TRUE(One("ada@corp.example").ok());
  EXPECT_EQ(asked_.size(), 1u);
  clock_.Advance(hours(2));
  EXPECT_TRUE(One("ada@corp.example").ok());
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(Endpoints, WhatWasKnownServesWhileAutodiscoverIsInTrouble) {
  EXPECT_TRUE(One("ada@corp.example").ok());
  clock_.Advance(hours(7));
  trouble_ = absl::UnavailableError("down");
  EXPECT_TRUE(One("ada@corp.example").ok());
  EXPECT_TRUE(One("ada@corp.example").ok());
  EXPECT_EQ(asked_.size(), 2u);  // and it is not asked at every call
  EXPECT_TRUE(absl::IsUnavailable(One("bo@corp.example").status()));
  trouble_ = absl::OkStatus();
  url_ = "https://two.example/";
  clock_.Advance(minutes(2));
  EXPECT_EQ(One("ada@corp.example")->ews_url, "https://two.example/");
  EXPECT_TRUE(One("bo@corp.example").ok());
}

TEST_F(Endpoints, FailureIsTheAnswerForAMinuteUnlessOnlyTheDeadlinePassed) {
  trouble_ = absl::NotFoundError("nobody");
  EXPECT_TRUE(absl::IsNotFound(One("ada@corp.example").status()));
  trouble_ = absl::OkStatus();
  clock_.Advance(seconds(30));
  EXPECT_TRUE(absl::IsNotFound(One("ada@corp.example").status()));
  clock_.Advance(minutes(1));
  EXPECT_TRUE(One("ada@corp.example").ok());

  trouble_ = absl::DeadlineExceededError("too short");
  EXPECT_FALSE(One("bo@corp.example").ok());
  trouble_ = absl::OkStatus();
  EXPECT_TRUE(One("bo@corp.example").ok());
}

TEST_F(Endpoints, KnowledgeIsBounded) {
  MailboxEndpoints small([this](const auto& mailboxes, auto) { return Ask(mailboxes); }, clock_, {.max_mailboxes = 2});
  for (const char* mailbox : {"a@corp.example", "b@corp.example", "c@corp.example", "a@corp.example"}) {
    EXPECT_TRUE(small.Get({mailbox}, MailboxEndpoints::Deadline::max())[0].ok());
  }
  EXPECT_EQ(asked_.size(), 4u);
}

}  // namespace
}  // namespace crosspoint::ews
