#include "common/redis/errors.h"

#include <string>

#include "common/status/status.h"

namespace crosspoint {
namespace {

struct Row {
  std::string_view code;
  absl::StatusCode status;
  std::string_view reason;
};

using absl::StatusCode;

// Every error code of Redis 7 and Valkey 8 that our commands can meet, and FENCED, which our own scripts return.
constexpr Row kTable[] = {
    {"FENCED", StatusCode::kAborted, "FENCED"},
    {"NOAUTH", StatusCode::kUnavailable, "REDIS_AUTH"},
    {"WRONGPASS", StatusCode::kUnavailable, "REDIS_AUTH"},
    {"NOPERM", StatusCode::kInternal, "REDIS_DENIED"},
    {"NOSCRIPT", StatusCode::kInternal, "REDIS_NO_SCRIPT"},
    {"OOM", StatusCode::kResourceExhausted, "REDIS_FULL"},
    {"READONLY", StatusCode::kUnavailable, "REDIS_READ_ONLY"},
    {"LOADING", StatusCode::kUnavailable, "REDIS_LOADING"},
    {"BUSY", StatusCode::kUnavailable, "REDIS_BUSY"},
    {"TRYAGAIN", StatusCode::kUnavailable, "REDIS_BUSY"},
    {"MASTERDOWN", StatusCode::kUnavailable, "REDIS_LOADING"},
    {"CLUSTERDOWN", StatusCode::kUnavailable, "REDIS_LOADING"},
    {"NOREPLICAS", StatusCode::kUnavailable, "NOT_DURABLE"},
    {"NOGOODSLAVE", StatusCode::kUnavailable, "NOT_DURABLE"},
    {"MISCONF", StatusCode::kUnavailable, "REDIS_NOT_PERSISTING"},
    {"UNBLOCKED", StatusCode::kUnavailable, "REDIS_UNBLOCKED"},
    {"EXECABORT", StatusCode::kAborted, "REDIS_ABORTED"},
    {"BUSYGROUP", StatusCode::kAlreadyExists, "REDIS_GROUP_EXISTS"},
    {"BUSYKEY", StatusCode::kAlreadyExists, "REDIS_KEY_EXISTS"},
    {"NOGROUP", StatusCode::kNotFound, "REDIS_NO_GROUP"},
    {"WRONGTYPE", StatusCode::kInternal, "REDIS_WRONG_TYPE"},
    {"MOVED", StatusCode::kInternal, "REDIS_CLUSTER"},
    {"ASK", StatusCode::kInternal, "REDIS_CLUSTER"},
    {"CROSSSLOT", StatusCode::kInternal, "REDIS_CLUSTER"},
};

constexpr Row kOther = {"ERR", StatusCode::kInternal, "REDIS_ERROR"};

const char* TextOf(Happened happened) { return happened == Happened::kNo ? "no" : "unknown"; }

}  // namespace

absl::Status RedisUnavailable(std::string_view why, Happened happened) {
  std::string message = "Redis unavailable: " + std::string(why);
  if (happened == Happened::kUnknown) message += " (the command may or may not have happened)";
  return ErrorWithInfo(
      StatusCode::kUnavailable, message,
      {.reason = "REDIS_UNAVAILABLE", .domain = kRedisErrorDomain, .metadata = {{"happened", TextOf(happened)}}});
}

absl::Status RedisDeadline(std::string_view what, Happened happened) {
  return ErrorWithInfo(
      StatusCode::kDeadlineExceeded, std::string(what),
      {.reason = "REDIS_DEADLINE", .domain = kRedisErrorDomain, .metadata = {{"happened", TextOf(happened)}}});
}

absl::Status RedisError(StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(code, message, {.reason = std::string(reason), .domain = kRedisErrorDomain, .metadata = {}});
}

std::string_view RedisErrorCode(std::string_view reply) { return reply.substr(0, reply.find(' ')); }

absl::Status StatusOfRedisError(std::string_view reply) {
  const auto code = RedisErrorCode(reply);
  const Row* found = &kOther;
  for (const auto& row : kTable) {
    if (row.code == code) found = &row;
  }
  return RedisError(found->status, found->reason, "Redis: " + std::string(reply));
}

}  // namespace crosspoint
