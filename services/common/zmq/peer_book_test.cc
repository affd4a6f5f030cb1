#include "common/zmq/peer_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crosspoint {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr SteadyTime kNow{std::chrono::hours(1)};
const std::string kKey1(40, '1');
const std::string kKey2(40, '2');
const Peer kSelf{"tcp://127.0.0.1:1", kKey1};
const Peer kOther{"tcp://127.0.0.1:2", kKey2};

class PeerBookTest : public testing::Test {
 protected:
  PeerBook book{kSelf.endpoint, milliseconds(5000)};
};

TEST_F(PeerBookTest, NewPeersAreConnectedAndTheNodeItselfIsNot) {
  const auto changes = book.Update({kSelf, kOther}, kNow);
  EXPECT_THAT(changes.connect, ElementsAre(kOther));
  EXPECT_THAT(changes.disconnect, IsEmpty());
  EXPECT_THAT(book.Update({kSelf, kOther}, kNow).connect, IsEmpty());
}

TEST_F(PeerBookTest, PeerWithANewKeyIsReplaced) {
  book.Update({kOther}, kNow);
  const Peer reborn{kOther.endpoint, std::string(40, '3')};
  const auto changes = book.Update({reborn}, kNow);
  EXPECT_THAT(changes.disconnect, ElementsAre(kOther));
  EXPECT_THAT(changes.connect, ElementsAre(reborn));
  EXPECT_FALSE(book.HasKey(kOther.public_key));
  EXPECT_TRUE(book.HasKey(reborn.public_key));
}

TEST_F(PeerBookTest, PeerMissingForLongerThanTheGraceIsDropped) {
  book.Update({kOther}, kNow);
  EXPECT_THAT(book.Update({}, kNow + milliseconds(5000)).disconnect, IsEmpty());
  EXPECT_TRUE(book.HasKey(kKey2));
  EXPECT_THAT(book.Update({}, kNow + milliseconds(5001)).disconnect, ElementsAre(kOther));
  EXPECT_FALSE(book.HasKey(kKey2));
  EXPECT_THAT(book.Update({kOther}, kNow + milliseconds(9000)).connect, ElementsAre(kOther));
}

TEST_F(PeerBookTest, EntriesThatCannotBePeersAreIgnored) {
  const std::vector<Peer> bad = {{"", kKey2},
                                 {"tcp://", kKey2},
                                 {"inproc://zeromq.zap.01", kKey2},
                                 {"tcp://a b:1", kKey2},
                                 {"tcp://h:1", std::string(39, '2')},
                                 {"tcp://h:1", std::string(39, '2') + "\""},
                                 {"tcp://" + std::string(300, 'h'), kKey2}};
  const auto changes = book.Update(bad, kNow);
  EXPECT_EQ(changes.ignored, bad.size());
  EXPECT_THAT(changes.connect, IsEmpty());
}

}  // namespace
}  // namespace crosspoint
