#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::ews {

inline constexpr std::string_view kErrorDomain = "ews.crosspoint";

// What a caller should do about an error. Travels as ErrorInfo metadata "reaction".
enum class Reaction {
  kNone,         // not an EWS error
  kBackOff,      // send nothing for this mailbox for BackOffOf(status), then repeat
  kRetry,        // passing trouble: repeat with growing, randomised delay, a limited number of times
  kRediscover,   // the endpoint cannot serve this mailbox (any more)
  kResubscribe,  // the subscription is gone: subscribe anew, then sync
  kResync,       // the sync state is gone: begin with an empty one, merge
  kRefresh,      // re-read the item for its change key, apply the change again, once
  kGone,         // the thing no longer exists, or is hidden from us
  kSplit,        // ask for less at once
  kStop,         // configuration or rights: an administrator has to act
  kTellUser,     // the person asked for something impossible
  kBug,          // our request is wrong
};

// The status for a ResponseCode (from a fault or a response message): code by the table in errors.cc, reason such as
// EWS_SERVER_BUSY, metadata "response_code", "reaction" and, when told, "back_off_ms". An unknown code becomes
// kFailedPrecondition with reaction kStop. `code` must not be "NoError".
absl::Status StatusFromResponseCode(std::string_view code, std::string_view text,
                                    std::optional<std::chrono::milliseconds> back_off = std::nullopt);

// The status for an HTTP answer without SOAP in it: 401 and 403 are ours to configure (kFailedPrecondition
// EWS_NOT_AUTHORIZED), 503 and 429 slow down, other 5xx may pass. `retry_after` is the header of that name.
absl::Status StatusFromHttp(int http_status, std::string_view retry_after);

// kFailedPrecondition EWS_BAD_ANSWER: what came cannot be an answer to what was asked.
absl::Status BadAnswer(std::string_view why);

Reaction ReactionOf(const absl::Status& status);
std::optional<std::chrono::milliseconds> BackOffOf(const absl::Status& status);
// The ResponseCode, empty when the status does not come from one.
std::string ResponseCodeOf(const absl::Status& status);
std::string_view ReactionName(Reaction reaction);

}  // namespace crosspoint::ews
