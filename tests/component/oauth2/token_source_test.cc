#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "tests/component/oauth2/fixture.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::oauth2 {
namespace {

using namespace std::chrono_literals;

class OAuth2TokenSource : public WithIssuer {
 protected:
  // Until the request that runs in the background has ended, so that the next Get sees its outcome.
  static void WaitForRequests(const std::atomic<int>& ended, int count) {
    while (ended < count) std::this_thread::yield();
  }
  TokenObserver Counting() {
    return [this](std::string_view result, std::chrono::microseconds) {
      last_result_ = std::string(result);
      ++ended_;
    };
  }

  std::string last_result_;  // written before ended_ is counted up
  std::atomic<int> ended_{0};
};

TEST_F(OAuth2TokenSource, TokenIsFetchedOnceAndUsedUntilItsRenewal) {
  const auto source = Make(Config());
  const auto first = Get(*source);
  ASSERT_TRUE(first.ok()) << first.status();
  clock_.Advance(47min);
  EXPECT_EQ(*Get(*source), *first);
  EXPECT_EQ(issuer_.requests(), 1);
}

TEST_F(OAuth2TokenSource, ManyCallersShareOneRequest) {
  const auto source = Make(Config());
  issuer_.Hold();
  std::vector<std::thread> callers;
  std::mutex mu;
  std::set<std::string> tokens;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] {
      const auto token = Get(*source);
      const std::lock_guard lock(mu);
      tokens.insert(token.ok() ? *token : token.status().ToString());
    });
  }
  while (issuer_.requests() == 0) std::this_thread::yield();
  issuer_.Release();
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(tokens.size(), 1u);
  EXPECT_EQ(issuer_.requests(), 1);
}

TEST_F(OAuth2TokenSource, RenewalBeginsAtFourFifthsOfTheLifeAndHoldsNobodyUp) {
  const auto source = Make(Config(), Counting());
  const std::string first = *Get(*source);
  clock_.Advance(48min);
  issuer_.Hold();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(*Get(*source), first);
  issuer_.Release();
  WaitForRequests(ended_, 2);
  EXPECT_NE(*Get(*source), first);
  EXPECT_EQ(issuer_.requests(), 2);
}

TEST_F(OAuth2TokenSource, IssuerAwayIsNotNoticedUntilTheTokenEndsAndThenNoExpiredTokenIsGiven) {
  const auto source = Make(Config(), Counting());
  const std::string first = *Get(*source);
  issuer_.Stop();
  clock_.Advance(50min);
  EXPECT_EQ(*Get(*source), first);
  WaitForRequests(ended_, 2);
  EXPECT_EQ(last_result_, "OAUTH2_ISSUER_AWAY");
  clock_.Advance(9min + 49s);
  EXPECT_EQ(*Get(*source), first);
  WaitForRequests(ended_, 3);
  clock_.Advance(1s);  // ten seconds before its end
  const auto expired = Get(*source);
  EXPECT_EQ(expired.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(expired.status()), "OAUTH2_ISSUER_AWAY");
  EXPECT_EQ(GetErrorInfo(expired.status())->metadata.at("cause"), "CONNECT_FAILED");

  issuer_.Start();
  clock_.Advance(1min);
  const auto recovered = Get(*source);
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  EXPECT_NE(*recovered, first);
}

TEST_F(OAuth2TokenSource, PausesAfterFailuresDoubleAndEndWithTheTrouble) {
  const auto source = Make(Config());
  issuer_.Answer(100, 500, "");
  int expected = 0;
  std::chrono::milliseconds pause = 1s;
  for (int failure = 0; failure < 9; ++failure) {
    EXPECT_EQ(Get(*source).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(issuer_.requests(), ++expected);
    clock_.Advance(pause / 2 - 1ms);  // the jitter takes away half at most
    EXPECT_EQ(ReasonOf(Get(*source).status()), "OAUTH2_ISSUER_AWAY");
    EXPECT_EQ(issuer_.requests(), expected) << "asked too early after failure " << failure;
    clock_.Advance(pause - (pause / 2 - 1ms));
    pause = std::min<std::chrono::milliseconds>(2 * pause, 60s);
  }
  issuer_.Answer(0, 0, "");
  EXPECT_TRUE(Get(*source).ok());
}

TEST_F(OAuth2TokenSource, IssuersOwnPauseIsHonoured) {
  const auto source = Make(Config());
  issuer_.Answer(1, 429, "", "120");
  EXPECT_FALSE(Get(*source).ok());
  clock_.Advance(119s);
  EXPECT_FALSE(Get(*source).ok());
  EXPECT_EQ(issuer_.requests(), 1);
  clock_.Advance(1s);
  EXPECT_TRUE(Get(*source).ok());
}

TEST_F(OAuth2TokenSource, SlowIssuerCostsACallerNoMoreThanItsDeadline) {
  const auto source = Make(Config());
  issuer_.Hold();
  const auto late = Get(*source, 50ms);
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(late.status()), "OAUTH2_TIMEOUT");
  issuer_.Release();
  EXPECT_TRUE(Get(*source).ok());
  EXPECT_EQ(issuer_.requests(), 1) << "the request that was under way is used";
}

TEST_F(OAuth2TokenSource, RejectedTokenIsReplacedOnceAndNotAgainAndAgain) {
  const auto source = Make(Config());
  const std::string first = *Get(*source);
  EXPECT_TRUE(source->Reject(first));
  const std::string second = *Get(*source);
  EXPECT_NE(second, first);
  EXPECT_TRUE(source->Reject(first)) << "another is at hand already";
  EXPECT_EQ(*Get(*source), second);
  EXPECT_FALSE(source->Reject(second));
  EXPECT_EQ(*Get(*source), second);
  clock_.Advance(30s);
  EXPECT_TRUE(source->Reject(second));
  EXPECT_NE(*Get(*source), second);
  EXPECT_EQ(issuer_.requests(), 3);
}

TEST_F(OAuth2TokenSource, WrongSecretIsForTheAdministratorAndTheRightOneIsTriedAtOnce) {
  WriteSecret("wrong");
  const auto source = Make(Config());
  const auto refused = Get(*source);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused.status()), "OAUTH2_INVALID_CLIENT");
  EXPECT_EQ(Get(*source).status(), refused.status());
  EXPECT_EQ(issuer_.requests(), 1);
  WriteSecret("s3cret & more");
  EXPECT_TRUE(Get(*source).ok());
}

TEST_F(OAuth2TokenSource, ForbiddenApplicationAndUnknownScopeHaveReasonsOfTheirOwn) {
  ClientCredentials config = Config();
  config.scope = "https://graph.example/.default";
  EXPECT_EQ(ReasonOf(Get(*Make(config)).status()), "OAUTH2_INVALID_SCOPE");
  issuer_.Forbid("app");
  EXPECT_EQ(ReasonOf(Get(*Make(Config())).status()), "OAUTH2_UNAUTHORIZED_CLIENT");
}

TEST_F(OAuth2TokenSource, UntrustedIssuerGetsNoSecret) {
  ClientCredentials config = Config();
  config.ca_file = "";
  const auto token = Get(*Make(config));
  EXPECT_EQ(token.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(token.status()), "TLS_FAILED");
  EXPECT_EQ(issuer_.requests(), 0);
}

TEST_F(OAuth2TokenSource, RedirectIsNotFollowedAndTheSecretGoesNowhere) {
  testing::ScriptedServer elsewhere(
      [](const testing::ReceivedRequest&, testing::ScriptedReply& reply) { reply.Send(200, "{}"); });
  for (const int status : {301, 302, 307, 308}) {
    testing::ScriptedServer server([&](const testing::ReceivedRequest&, testing::ScriptedReply& reply) {
      reply.Send(status, "", "Location: " + elsewhere.Url() + "\r\n");
    });
    ClientCredentials config = Config();
    config.token_url = server.Url("/token");
    EXPECT_EQ(ReasonOf(Get(*Make(config)).status()), "OAUTH2_BAD_ANSWER");
  }
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(OAuth2TokenSource, DestroyedWhileARequestRuns) {
  issuer_.Hold();
  auto source = Make(Config());
  std::thread caller([&] { EXPECT_FALSE(Get(*source, 100ms).ok()); });
  caller.join();
  source.reset();
  issuer_.Release();
}

TEST_F(OAuth2TokenSource, ShortTokensKeepAMarginToo) {
  issuer_.SetLife(20s);
  const auto source = Make(Config());
  const std::string first = *Get(*source);
  clock_.Advance(15s);
  EXPECT_EQ(*Get(*source), first);
  clock_.Advance(3s);
  EXPECT_NE(*Get(*source), first);
}

}  // namespace
}  // namespace crosspoint::oauth2
