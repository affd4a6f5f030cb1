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
  kNone,            // not an EWS error
  kBackOff,         // send nothing for this mailbox for BackOffOf(status), then repeat
  kRetry,           // passing trouble: repeat with growing, randomised delay, a limited number of times
  kRepeatRest,      // nothing was done for this item: cure the error before it in the batch, then send the rest again
  kRediscover,      // the endpoint cannot serve this mailbox (any more): ask Autodiscover again
  kResubscribe,     // the subscription is gone: subscribe anew, then sync
  kCloseStream,     // another connection reads the same subscription: close this one quietly
  kSync,            // events were lost: SyncFolderItems tells what
  kResync,          // the sync state is gone: begin with an empty one, merge
  kRefresh,         // re-read the item for its change key, apply the change again, once
  kCorrectAddress,  // repeat once with PrimaryAddressOf(status)
  kLowerVersion,    // repeat with a lower RequestServerVersion
  kConvertId,       // ConvertId makes an id of today out of this one
  kSimplify,        // repeat once without body and MIME
  kUseRestriction,  // search by restriction, not by QueryString
  kUseExisting,     // the folder is there already: take it
  kEmptyResult,     // an error in form only: nothing was found
  kUseResult,       // a warning: the answer holds the candidates
  kPerRecipient,    // concerns one recipient, the others are answered
  kGone,            // the thing no longer exists, or is hidden from us
  kSplit,           // ask for less at once
  kStop,            // configuration or rights: an administrator has to act
  kStopMailbox,     // likewise, of this mailbox alone
  kTellUser,        // the person asked for something impossible
  kFail,            // it failed, and would again
  kBug,             // our request is wrong
};

// Whether the same request may be sent again.
enum class Repeat {
  kNever,
  kOnce,           // one more time
  kFew,            // two or three times
  kLimited,        // until the caller's limit of attempts or its deadline
  kAfterCure,      // once the caller has done what the reaction names
  kAfterCureOnce,  // likewise, but not a second time
};

// The row of a response code. A code of tomorrow has one too: it failed and is not repeated.
struct ErrorRule {
  absl::StatusCode status;
  std::string reason;  // "EWS_SERVER_BUSY"
  Reaction reaction;
  Repeat repeat;
  Reaction then;  // when repeating or curing did not help; kNone: nothing else
  bool known;
};
ErrorRule RuleOf(std::string_view response_code);

// What an error tells besides its code and text.
struct ErrorDetails {
  std::optional<std::chrono::milliseconds> back_off;
  std::string primary_address;  // of the mailbox, when another of its addresses was used
};

// The status for a ResponseCode (from a fault or a response message): code by the table in errors.cc, reason such as
// EWS_SERVER_BUSY, metadata "response_code", "reaction" and, when told, "back_off_ms" and "primary_address". `code`
// must not be "NoError".
absl::Status StatusFromResponseCode(std::string_view code, std::string_view text, const ErrorDetails& details = {});

// The status for an HTTP answer without SOAP in it: 401 and 403 are ours to configure (kFailedPrecondition
// EWS_NOT_AUTHORIZED), 503 and 429 slow down, other 5xx may pass. `retry_after` is the header of that name.
absl::Status StatusFromHttp(int http_status, std::string_view retry_after);

// kFailedPrecondition EWS_BAD_ANSWER: what came cannot be an answer to what was asked.
absl::Status BadAnswer(std::string_view why);
// A fault that names no EWS response code but only whose trouble it is, as servers that are not Exchange send it:
// "Server" may pass (kUnavailable), everything else is about the request (kFailedPrecondition); EWS_SOAP_FAULT. Source:
// SOAP 1.1 section 4.4.1.
absl::Status SoapFault(std::string_view code, std::string_view text);

// kResourceExhausted EWS_BACKING_OFF: not sent, because the server wants silence for `left` yet.
absl::Status BackingOff(std::chrono::milliseconds left);

Reaction ReactionOf(const absl::Status& status);
// Whether a request that only reads may be sent again after it ended so; of any status, also of the network.
Repeat RepeatOf(const absl::Status& status);
// The error to return when repeating was in vain: with what the table says comes then, else `status` itself.
absl::Status AfterRetries(const absl::Status& status);
std::optional<std::chrono::milliseconds> BackOffOf(const absl::Status& status);
// Of ErrorNonPrimarySmtpAddress; else empty.
std::string PrimaryAddressOf(const absl::Status& status);
// The ResponseCode, empty when the status does not come from one.
std::string ResponseCodeOf(const absl::Status& status);
std::string_view ReactionName(Reaction reaction);

}  // namespace crosspoint::ews
