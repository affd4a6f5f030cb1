#include "common/redis/errors.h"

#include <gtest/gtest.h>

#include "common/redis/durable_lanes.h"
#include "common/redis/outbox.h"
#include "common/redis/reply.h"
#include "common/redis/script.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

TEST(RedisErrors, FirstWordDecides) {
  const auto full = StatusOfRedisError("OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorInfo(full)->reason, "REDIS_FULL");
  EXPECT_EQ(StatusOfRedisError("LOADING Redis is loading").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusOfRedisError("READONLY You can't write").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusOfRedisError("NOAUTH Authentication required.").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusOfRedisError("MISCONF Errors writing to the AOF").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorInfo(StatusOfRedisError("NOREPLICAS Not enough good replicas"))->reason, "NOT_DURABLE");
  EXPECT_EQ(StatusOfRedisError("FENCED lease lost").code(), absl::StatusCode::kAborted);
}

TEST(RedisErrors, UnknownOnesAreInternalAndKeepTheirText) {
  for (const auto* text : {"ERR syntax error", "SOMETHING new", "OOMPH", ""}) {
    const auto status = StatusOfRedisError(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << text;
    EXPECT_NE(MessageOf(status).find(text), std::string::npos);
  }
}

TEST(RedisErrors, UnavailableSaysWhetherItMayHaveHappened) {
  EXPECT_EQ(GetErrorInfo(RedisUnavailable("x", Happened::kNo))->metadata.at("happened"), "no");
  EXPECT_EQ(GetErrorInfo(RedisUnavailable("x", Happened::kUnknown))->metadata.at("happened"), "unknown");
}

TEST(RedisReply, ViewsOfTheWrongTypeAreEmptyOrInternal) {
  EXPECT_EQ(RedisReply::String("x").integer(), 0);
  EXPECT_TRUE(RedisReply::Integer(1).text().empty());
  EXPECT_TRUE(RedisReply::Nil().array().empty());
  EXPECT_EQ(*RedisReply::String("-12").AsInteger(), -12);
  EXPECT_EQ(*RedisReply::Integer(7).AsInteger(), 7);
  EXPECT_EQ(RedisReply::String("12x").AsInteger().status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(RedisReply::Nil().AsString().status().code(), absl::StatusCode::kInternal);
}

TEST(RedisScript, HashIsThatOfTheSource) {
  EXPECT_EQ(RedisScript("one", "return 1").sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST(RedisScript, KeysShareTheirTag) {
  EXPECT_EQ(RedisHashTag("cp:{directory:acme}:user:u1"), "directory:acme");
  EXPECT_EQ(RedisHashTag("plain"), "plain");
  EXPECT_EQ(RedisHashTag("a{}b"), "a{}b");
  EXPECT_TRUE(CheckOneTag({"cp:{a}:x", "cp:{a}:y"}).ok());
  EXPECT_TRUE(CheckOneTag({}).ok());
  EXPECT_EQ(CheckOneTag({"cp:{a}:x", "cp:{b}:x"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CheckOneTag({"x", "y"}).code(), absl::StatusCode::kInvalidArgument);
}

TEST(RedisScript, OutboxAndMarkLieInTheTagOfTheKey) {
  EXPECT_EQ(Outbox::StreamOf("cp:{meeting_sync:acme:u42}:meeting:m7"), "cp:{meeting_sync:acme:u42}:outbox");
  EXPECT_EQ(DurableMarkKey("cp:{directory:acme}:user:u1"), "cp:{directory:acme}:durable");
  EXPECT_EQ(DurableMarkKey("plain"), "plain:durable");
}

}  // namespace
}  // namespace crosspoint
