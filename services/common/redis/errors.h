#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace crosspoint {

inline constexpr char kRedisErrorDomain[] = "redis.crosspoint";

// Whether a command that failed may nevertheless have been carried out.
enum class Happened { kNo, kUnknown };

// kUnavailable REDIS_UNAVAILABLE.
absl::Status RedisUnavailable(std::string_view why, Happened happened);
// kDeadlineExceeded REDIS_DEADLINE.
absl::Status RedisDeadline(std::string_view what, Happened happened);
// Any code and reason of this library.
absl::Status RedisError(absl::StatusCode code, std::string_view reason, std::string_view message);

// Translates an error reply ("WRONGTYPE Operation against …") by the table in errors.cc.
absl::Status StatusOfRedisError(std::string_view reply);

// The first word of an error reply: "NOSCRIPT".
std::string_view RedisErrorCode(std::string_view reply);

}  // namespace crosspoint
