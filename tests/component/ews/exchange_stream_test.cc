#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/errors.h"
#include "tests/component/ews/exchange_fixture.h"
#include "tests/component/ews/stream_recorder.h"

namespace crosspoint::ews {
namespace {

using std::chrono::minutes;
using ::testing::ElementsAre;

class ExchangeStream : public WithExchange {
 protected:
  std::string Subscribed(const EwsCall& call) const {
    const auto subscription = client_->Subscribe({}, call);
    EXPECT_TRUE(subscription.ok()) << subscription.status();
    return subscription.ok() ? subscription->id : "";
  }
  ItemId Created(const EwsCall& call) const {
    const auto id = client_->CreateCalendarItem(
        {.subject = "event", .start = NextHour(), .end = NextHour() + minutes(5)}, Invitations::kNone, call);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : ItemId{};
  }
  std::unique_ptr<EwsStream> Open(const std::vector<std::string>& ids, StreamRecorder& recorder) const {
    return client_->OpenStream(ids, minutes(1), recorder.Callbacks(), anna_);
  }
};

TEST_F(ExchangeStream, ChangesOfTwoMailboxesComeOnOneStream) {
  const std::string anna = Subscribed(anna_);
  const std::string bo = Subscribed(bo_);
  StreamRecorder recorder;
  const auto stream = Open({anna, bo}, recorder);
  recorder.WaitForAlive(1);
  EXPECT_EQ(recorder.WaitForItem(Created(anna_).id).subscription_id, anna);
  const ItemId item = Created(bo_);
  EXPECT_EQ(recorder.WaitForItem(item.id).subscription_id, bo);
  EXPECT_FALSE(recorder.ended());
}

TEST_F(ExchangeStream, EventsBeforeTheStreamOpenedAreDelivered) {
  const std::string anna = Subscribed(anna_);
  const ItemId item = Created(anna_);
  StreamRecorder recorder;
  const auto stream = Open({anna}, recorder);
  EXPECT_EQ(recorder.WaitForItem(item.id).kind, StreamEvent::Kind::kCreated);
}

TEST_F(ExchangeStream, HeartbeatsKeepAQuietStreamAlive) {
  StreamRecorder recorder;
  const auto stream = Open({Subscribed(anna_)}, recorder);
  recorder.WaitForAlive(3);
  EXPECT_TRUE(recorder.events().empty());
  EXPECT_FALSE(recorder.ended());
}

TEST_F(ExchangeStream, CutStreamIsOpenedAgainWithTheSameSubscription) {
  const std::string anna = Subscribed(anna_);
  StreamRecorder cut;
  const auto first = Open({anna}, cut);
  cut.WaitForAlive(1);
  exchange_->Post("/sim/cut-streams");
  EXPECT_EQ(cut.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  StreamRecorder recorder;
  const auto second = Open({anna}, recorder);
  recorder.WaitForItem(Created(anna_).id);
}

TEST_F(ExchangeStream, ForgottenSubscriptionIsNamedAndANewOneWorks) {
  const std::string anna = Subscribed(anna_);
  exchange_->Post("/sim/drop-subscriptions");
  StreamRecorder recorder;
  const auto stream = Open({anna}, recorder);
  EXPECT_THAT(recorder.WaitForLost(), ElementsAre(anna));
  StreamRecorder again;
  const auto second = Open({Subscribed(anna_)}, again);
  again.WaitForItem(Created(anna_).id);
}

TEST_F(ExchangeStream, UnsubscribedIsGone) {
  const std::string anna = Subscribed(anna_);
  const absl::Status first = client_->Unsubscribe(anna, anna_);
  EXPECT_TRUE(first.ok()) << first;
  EXPECT_EQ(ReactionOf(client_->Unsubscribe(anna, anna_)), Reaction::kResubscribe);
}

TEST_F(ExchangeStream, SubscriptionToOneFolder) {
  const auto subscription = client_->Subscribe({.folders = {FolderRef::Calendar()}}, bo_);
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  StreamRecorder recorder;
  const auto stream = Open({subscription->id}, recorder);
  recorder.WaitForItem(Created(bo_).id);
}

}  // namespace
}  // namespace crosspoint::ews
