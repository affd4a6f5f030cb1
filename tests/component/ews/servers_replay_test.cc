#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/scripted_http/scripted_server.h"

// Exchanges with kinds of servers that are not Exchange, as tests/data/ews/<server>/<exchange>/ has them: the answers
// in order, each named by the operation that it answers.
namespace crosspoint::ews {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;
using ::testing::SizeIs;

TimePoint At(const char* text) { return *ParseDateTime(text); }

std::string Operation(const ReceivedRequest& request) {
  const size_t begin = request.body.find("<m:", request.body.find("<s:Body>")) + 3;
  return request.body.substr(begin, request.body.find_first_of(" />", begin) - begin);
}

class ServersReplay : public LoopbackClient {
 protected:
  // A client of a server that answers with the exchange, all with HTTP 200.
  EwsClient& Replay(const std::string& exchange) {
    const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
    const auto folder = std::filesystem::path(source != nullptr ? source : ".") / "tests/data/ews" / exchange;
    for (const auto& file : std::filesystem::directory_iterator(folder)) answers_.push_back(file.path());
    std::sort(answers_.begin(), answers_.end());
    server_ = std::make_unique<ScriptedServer>([this](const ReceivedRequest& request, ScriptedReply& reply) {
      const size_t number = next_++;
      if (number >= answers_.size()) return void(reply.Send(500, "asked too often"));
      const auto& answer = answers_[number];
      EXPECT_EQ(std::to_string(number + 1) + "_" + Operation(request), answer.stem().string());
      std::ifstream file(answer);
      reply.Send(200, std::string(std::istreambuf_iterator<char>(file), {}));
    });
    client_ = Make(Config(server_->Url()));
    return *client_;
  }
  void TearDown() override {
    EXPECT_EQ(next_, answers_.size()) << "the exchange was not carried through";
    LoopbackClient::TearDown();
  }

  const EwsCall anna_{.mailbox = "anna@example.org"};
  std::vector<std::filesystem::path> answers_;
  std::atomic<size_t> next_ = 0;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<EwsClient> client_;
};

TEST_F(ServersReplay, OtherPrefixesAndTypesWithoutOne) {
  const auto page =
      Replay("store_gateway/prefixes")
          .FindCalendarItems({.start = At("2026-11-23T00:00:00Z"), .end = At("2026-11-24T00:00:00Z")}, anna_);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->items, SizeIs(1));
  EXPECT_EQ(page->items[0].id, (ItemId{"bWVldGluZy8x", "MQ=="}));
  EXPECT_EQ(page->items[0].subject, "Planning");
  EXPECT_EQ(page->items[0].end, At("2026-11-23T09:30:00Z"));
}

TEST_F(ServersReplay, FaultWithHttp200IsAFaultAndItsBackOffIsHeeded) {
  auto& client = Replay("store_gateway/fault_with_200");
  const auto busy = client.GetFolder(FolderRef::Calendar(), anna_);
  EXPECT_EQ(busy.status().code(), absl::StatusCode::kResourceExhausted) << busy.status();
  EXPECT_EQ(BackOffOf(busy.status()), std::chrono::milliseconds(1'500));
  const auto folder = client.GetFolder(FolderRef::Calendar(), anna_);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->id.id, "Y2FsZW5kYXI=");
}

TEST_F(ServersReplay, AttachmentsThatWereIgnoredAreAttachedAgain) {
  const auto made = Replay("store_gateway/attachments_ignored")
                        .CreateMessageWithAttachments({.subject = "voice message",
                                                       .to = {{.email = "anna@example.org"}},
                                                       .attachments = {{.name = "message.wav", .bytes = "RIFF"}}},
                                                      Disposition::kSaveOnly, FolderRef::Named("inbox"), anna_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(*made, (ItemId{"bWFpbC83", "Mg=="})) << "with the key that attaching gave it";
}

TEST_F(ServersReplay, PictureComesBySoapAndIsAskedForInNoOtherWay) {
  const auto photo = Replay("store_gateway/picture").GetUserPhoto("anna@example.org", "HR96x96", "", {});
  ASSERT_TRUE(photo.ok()) << photo.status();
  EXPECT_EQ(photo->bytes.substr(0, 3), "\xff\xd8\xff");
  ASSERT_THAT(server_->requests(), SizeIs(1));
  EXPECT_EQ(server_->requests()[0].method, "POST");
}

TEST_F(ServersReplay, SeriesThatTheViewDoesNotExpandIsExpandedHere) {
  const auto page =
      Replay("calendar_server/series_not_expanded")
          .FindCalendarItems({.start = At("2026-11-16T00:00:00Z"), .end = At("2026-12-12T00:00:00Z")}, anna_);
  ASSERT_TRUE(page.ok()) << page.status();
  std::vector<TimePoint> starts;
  for (const auto& item : page->items) starts.push_back(item.start);
  EXPECT_THAT(starts, ElementsAre(At("2026-11-16T09:00:00Z"), At("2026-11-23T09:00:00Z"), At("2026-12-07T09:00:00Z")))
      << "without the one that was deleted";
}

TEST_F(ServersReplay, StaleChangeKeyThatWasAcceptedIsFoundByReading) {
  auto& client = Replay("calendar_server/stale_change_key");
  const auto seen = client.GetCalendarItem(ItemId{"bWVldGluZy8x", "MQ=="}, {}, Detail::kFacts, anna_);
  ASSERT_TRUE(seen.ok()) << seen.status();
  // Somebody writes between the two, the server takes our old key all the same, and the other's value stands.
  const auto updated = client.UpdateCalendarItemVerified(*seen, {.location = "Room 2"}, Invitations::kNone, anna_);
  EXPECT_EQ(updated.status().code(), absl::StatusCode::kAborted) << updated.status();
}

TEST_F(ServersReplay, UnknownRepeatedAndMissingElementsAreForgiven) {
  const auto result = Replay("calendar_server/elements").SyncFolderItems(FolderRef::Calendar(), "", 10, {}, anna_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->sync_state, "c3RhdGU=");
  ASSERT_THAT(result->changes, SizeIs(2)) << "a kind of change that nobody knows is none";
  ASSERT_TRUE(result->changes[0].item && result->changes[1].item);
  EXPECT_EQ(result->changes[0].item->subject, "Planning");
  EXPECT_EQ(result->changes[0].item->start, At("2026-11-23T09:00:00Z"));
  EXPECT_THAT(result->changes[1].item->subject, IsEmpty());
  EXPECT_EQ(result->changes[1].item->end, At("2026-11-23T12:00:00Z"));
}

}  // namespace
}  // namespace crosspoint::ews
