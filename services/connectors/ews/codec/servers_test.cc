#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/status/status.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"

// What kinds of servers answer, as far as it differs from the published messages: tests/data/ews/<server>/.
namespace crosspoint::ews {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Answer(const std::string& name) {
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  std::ifstream file(std::filesystem::path(source != nullptr ? source : ".") / "tests/data/ews" / name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Gromox, FaultWithoutACodeSaysWhoseTroubleItIs) {
  const auto server = ReadFault(Answer("gromox/fault_server.xml"));
  EXPECT_EQ(server.code(), absl::StatusCode::kUnavailable) << server;
  EXPECT_EQ(ReactionOf(server), Reaction::kRetry);
  const auto client = ReadFault(Answer("gromox/fault_client.xml"));
  EXPECT_EQ(client.code(), absl::StatusCode::kFailedPrecondition) << client;
  EXPECT_EQ(ReactionOf(client), Reaction::kBug);
  EXPECT_NE(MessageOf(client).find("AcceptItem"), std::string::npos) << client;
  EXPECT_EQ(GetErrorInfo(client)->reason, "EWS_SOAP_FAULT");
}

TEST(Gromox, IdsWithoutChangeKeysLongFractionsAndTimesInPlaceOfDates) {
  const auto result = ReadSyncFolderItems(Answer("gromox/sync_folder_items.xml"));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_THAT(result->changes, SizeIs(2));
  ASSERT_TRUE(result->changes[0].item.has_value());
  const CalendarItem& item = *result->changes[0].item;
  EXPECT_EQ(item.id, (ItemId{"AAAAAGl0ZW0x", ""}));
  EXPECT_EQ(item.start, *ParseDateTime("2026-11-23T09:00:00Z"));
  EXPECT_EQ(item.end, *ParseDateTime("2026-11-23T09:30:00Z"));
  ASSERT_TRUE(item.recurrence.has_value());
  EXPECT_EQ(item.recurrence->start, (Date{2026, 11, 23}));
  EXPECT_EQ(item.recurrence->end, (Date{2026, 12, 21}));
  EXPECT_THAT(item.deleted_occurrences, ::testing::ElementsAre(*ParseDateTime("2026-12-07T09:00:00Z")));
  EXPECT_EQ(result->changes[1].id.id, "AAAAAGl0ZW0y");
}

TEST(StoreGateway, NotificationOfAFolderNamesNoItem) {
  const auto message = ReadGetStreamingEvents(Answer("store_gateway/folder_notifications/1_GetStreamingEvents.xml"));
  ASSERT_TRUE(message.ok()) << message.status();
  ASSERT_THAT(message->events, SizeIs(2));
  EXPECT_THAT(message->events[0].item_id, IsEmpty());
  EXPECT_EQ(message->events[0].folder_id, "Y2FsZW5kYXI=");
  EXPECT_EQ(message->events[0].parent_folder_id, "cm9vdA==");
  EXPECT_EQ(message->events[1].folder_id, "aW5ib3g=");
  EXPECT_THAT(message->events[1].parent_folder_id, IsEmpty());
}

TEST(Exchange2013, NotificationInTheMessagesNamespaceOfAnotherEnvelope) {
  const auto message = ReadGetStreamingEvents(Answer("exchange_2013/streaming_events.xml"));
  ASSERT_TRUE(message.ok()) << message.status();
  ASSERT_THAT(message->events, SizeIs(2));
  EXPECT_EQ(message->events[0].subscription_id, "JgBjb3JwLmV4YW1wbGU=");
  EXPECT_EQ(message->events[0].item_id, "AAMkAGl0ZW0x");
  EXPECT_THAT(message->events[1].item_id, IsEmpty());
  EXPECT_EQ(message->events[1].folder_id, "AAMkAGNhbA==");
}

TEST(Exchange2013, ShortPageSaysThatThereIsMore) {
  const auto page = ReadFindItem(Answer("exchange_2013/find_item_over_budget.xml"));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->items, SizeIs(1));
  EXPECT_FALSE(page->includes_last);
}

}  // namespace
}  // namespace crosspoint::ews
