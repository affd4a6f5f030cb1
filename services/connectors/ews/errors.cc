#include "connectors/ews/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <span>
#include <unordered_map>

#include "common/status/status.h"

namespace crosspoint::ews {
namespace {

using absl::StatusCode;
using std::chrono::milliseconds;

struct ReactionRow {
  Reaction reaction;
  std::string_view name;
  StatusCode code;  // unless the response code has its own below
};

constexpr std::array<ReactionRow, 12> kReactions{{
    {Reaction::kNone, "none", StatusCode::kInternal},
    {Reaction::kBackOff, "back_off", StatusCode::kResourceExhausted},
    {Reaction::kRetry, "retry", StatusCode::kUnavailable},
    {Reaction::kRediscover, "rediscover", StatusCode::kFailedPrecondition},
    {Reaction::kResubscribe, "resubscribe", StatusCode::kFailedPrecondition},
    {Reaction::kResync, "resync", StatusCode::kFailedPrecondition},
    {Reaction::kRefresh, "refresh", StatusCode::kAborted},
    {Reaction::kGone, "gone", StatusCode::kNotFound},
    {Reaction::kSplit, "split", StatusCode::kInvalidArgument},
    {Reaction::kStop, "stop", StatusCode::kFailedPrecondition},
    {Reaction::kTellUser, "tell_user", StatusCode::kFailedPrecondition},
    {Reaction::kBug, "bug", StatusCode::kInternal},
}};

const ReactionRow& RowOf(Reaction reaction) { return kReactions[static_cast<size_t>(reaction)]; }

struct CodeGroup {
  Reaction reaction;
  // Codes without their "Error", separated by blanks.
  std::string_view codes;
};

// The table: what each response code asks of us. Codes that are not here become kStop.
constexpr CodeGroup kCodes[] = {
    {Reaction::kBackOff, "ServerBusy ExceededConnectionCount ExceededFindCountLimit TooManyObjectsOpened"},
    {Reaction::kRetry,
     "InsufficientResources MailboxStoreUnavailable ConnectionFailed InternalServerTransientError ADUnavailable "
     "ADOperation InternalServerError ServiceUnavailable BatchProcessingStopped MailboxMoveInProgress MailboxFailover "
     "MailboxLogonFailed MailboxConfiguration ProxiedSubscriptionCallFailure ConnectionFailedTransientError"},
    {Reaction::kSplit,
     "TimeoutExpired RequestStreamTooBig DataSizeLimitExceeded MessageSizeExceeded ResultSetTooBig "
     "CalendarViewRangeTooBig TimeIntervalTooBig MailboxDataArrayTooBig RestrictionTooLong QueryFilterTooLong "
     "RestrictionTooComplex IndividualMailboxLimitReached FreeBusyDLLimitReached"},
    {Reaction::kRediscover,
     "CrossSiteRequest NoRespondingCASInDestinationSite ProxyRequestNotAllowed ProxyRequestProcessingFailed "
     "InvalidSchemaVersionForMailboxVersion"},
    {Reaction::kResubscribe,
     "SubscriptionNotFound InvalidSubscription ExpiredSubscription SubscriptionUnsubscribed InvalidWatermark "
     "EventNotFound MissedNotificationEvents ReadEventsFailed NewEventStreamConnectionOpened"},
    {Reaction::kResync, "InvalidSyncStateData"},
    {Reaction::kRefresh,
     "IrresolvableConflict StaleObject ChangeKeyRequiredForWriteOperations ChangeKeyRequired "
     "CalendarCannotUseIdForOccurrenceId CalendarCannotUseIdForRecurringMasterId"},
    {Reaction::kGone,
     "SyncFolderNotFound FolderNotFound ItemNotFound CalendarCannotUpdateDeletedItem "
     "CalendarOccurrenceIsDeletedFromRecurrence CalendarOccurrenceIndexIsOutOfRecurrenceRange InvalidAttachmentId "
     "CannotOpenFileAttachment VirusDetected VirusMessageDeleted MailRecipientNotFound NameResolutionNoResults"},
    {Reaction::kStop,
     "ExceededSubscriptionCount QuotaExceeded SubmissionQuotaExceeded NonExistentMailbox NonPrimarySmtpAddress "
     "IncorrectSchemaVersion InvalidServerVersion WrongServerVersion SubscriptionAccessDenied "
     "SubscriptionDelegateAccessNotSupported AccessDenied CreateItemAccessDenied SendAsDenied AccountDisabled "
     "ImpersonateUserDenied ImpersonationDenied ImpersonationFailed InvalidExchangeImpersonationHeaderData "
     "InvalidUserPrincipalName PasswordExpired PasswordChangeRequired InvalidLicense OrganizationAccessBlocked "
     "NameResolutionNoMailbox NoFreeBusyAccess ContentIndexingNotEnabled DeleteDistinguishedFolder CannotDeleteObject "
     "ItemCorrupt ContentConversionFailed MimeContentConversionFailed PropertyUpdate "
     "InvalidIdMalformedEwsLegacyIdFormat"},
    {Reaction::kTellUser,
     "OccurrenceCrossingBoundary OccurrenceTimeSpanTooBig CalendarIsNotOrganizer CalendarIsOrganizerForAccept "
     "CalendarIsCancelledForAccept InvalidRecipients MissingRecipients InvalidSmtpAddress FolderExists"},
    {Reaction::kBug,
     "InvalidSubscriptionRequest InvalidPullSubscriptionId InvalidPushSubscriptionUrl InvalidIndexedPagingParameters "
     "InvalidPagingMaxRows InvalidFractionalPagingParameters UnsupportedPathForQuery UnsupportedPathForSortGroup "
     "CalendarFolderIsInvalidForCalendarView CalendarSeekToConditionNotSupported SendMeetingInvitationsRequired "
     "SendMeetingInvitationsOrCancellationsRequired SendMeetingCancellationsRequired MessageDispositionRequired "
     "AffectedTaskOccurrencesRequired CalendarEndDateIsEarlierThanStartDate CalendarDurationIsTooLong "
     "CalendarInvalidRecurrence CalendarOutOfRange RecurrenceHasNoOccurrence RecurrenceEndDateTooBig "
     "CalendarInvalidTimeZone TimeZone InvalidPropertySet InvalidPropertyRequest InvalidPropertyForOperation "
     "UpdatePropertyMismatch IncorrectUpdatePropertyCount InvalidPropertyAppend InvalidPropertyDelete "
     "InvalidExtendedProperty InvalidExtendedPropertyValue NoPropertyTagForCustomProperties "
     "CannotCreateCalendarItemInNonCalendarFolder CannotCreateContactInNonContactFolder InvalidId InvalidIdMalformed "
     "InvalidIdEmpty InvalidChangeKey CannotUseFolderIdForItemId CannotUseItemIdForFolderId "
     "InvalidNameForNameResolution InvalidPhotoSize SchemaValidation InvalidRequest DuplicateSOAPHeader "
     "MoreThanOneAccessModeSpecified MissingArgument RequiredPropertyMissing InvalidArgument"},
};

// Codes whose status is not that of their reaction: what the caller asked for was wrong, or names nothing.
const std::map<std::string_view, StatusCode> kOwnStatus = {
    {"NonExistentMailbox", StatusCode::kNotFound},
    {"InvalidRecipients", StatusCode::kInvalidArgument},
    {"MissingRecipients", StatusCode::kInvalidArgument},
    {"InvalidSmtpAddress", StatusCode::kInvalidArgument},
    {"FolderExists", StatusCode::kAlreadyExists},
    {"InvalidNameForNameResolution", StatusCode::kInvalidArgument},
    {"InvalidId", StatusCode::kInvalidArgument},
    {"InvalidIdMalformed", StatusCode::kInvalidArgument},
    {"InvalidIdEmpty", StatusCode::kInvalidArgument},
    {"InvalidChangeKey", StatusCode::kInvalidArgument},
    {"CalendarEndDateIsEarlierThanStartDate", StatusCode::kInvalidArgument},
    {"CalendarDurationIsTooLong", StatusCode::kInvalidArgument},
    {"CalendarInvalidRecurrence", StatusCode::kInvalidArgument},
    {"CalendarInvalidTimeZone", StatusCode::kInvalidArgument},
    {"TimeZone", StatusCode::kInvalidArgument},
};

const std::unordered_map<std::string_view, Reaction>& Table() {
  static const auto* const table = [] {
    auto* map = new std::unordered_map<std::string_view, Reaction>;
    for (const CodeGroup& group : kCodes) {
      std::string_view rest = group.codes;
      while (!rest.empty()) {
        const size_t blank = std::min(rest.find(' '), rest.size());
        map->emplace(rest.substr(0, blank), group.reaction);
        rest.remove_prefix(std::min(blank + 1, rest.size()));
      }
    }
    return map;
  }();
  return *table;
}

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// "ErrorADUnavailable" -> "EWS_AD_UNAVAILABLE". Anything but letters and digits is dropped: the text comes from
// outside.
std::string ReasonFrom(std::string_view code) {
  std::string reason = "EWS";
  for (size_t i = 0; i < code.size() && reason.size() < 100; ++i) {
    const char c = code[i];
    const bool lower = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!lower && !IsUpper(c)) continue;
    const bool begins_word = IsUpper(c) && (i == 0 || !IsUpper(code[i - 1]) ||
                                            (i + 1 < code.size() && code[i + 1] >= 'a' && code[i + 1] <= 'z'));
    if (begins_word || reason == "EWS") reason.push_back('_');
    reason.push_back(lower && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return reason;
}

absl::Status Make(StatusCode code, std::string_view message, std::string reason, Reaction reaction,
                  std::map<std::string, std::string> metadata, std::optional<milliseconds> back_off) {
  metadata["reaction"] = RowOf(reaction).name;
  if (back_off) metadata["back_off_ms"] = std::to_string(back_off->count());
  return ErrorWithInfo(code, message, {std::move(reason), std::string(kErrorDomain), std::move(metadata)});
}

std::optional<int64_t> NumberIn(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::string MetadataOf(const absl::Status& status, const std::string& key) {
  const auto info = GetErrorInfo(status);
  if (!info || info->domain != kErrorDomain) return {};
  const auto it = info->metadata.find(key);
  return it == info->metadata.end() ? std::string() : it->second;
}

}  // namespace

absl::Status StatusFromResponseCode(std::string_view code, std::string_view text,
                                    std::optional<milliseconds> back_off) {
  std::string_view bare = code;
  if (bare.substr(0, 5) == "Error") bare.remove_prefix(5);
  const auto known = Table().find(bare);
  const Reaction reaction = known == Table().end() ? Reaction::kStop : known->second;
  const auto own = kOwnStatus.find(bare);
  const StatusCode status = own == kOwnStatus.end() ? RowOf(reaction).code : own->second;
  std::string message = fmt::format("EWS {}", code.substr(0, 100));
  if (back_off) {
    message += fmt::format(": back off {} ms", back_off->count());
  } else if (!text.empty()) {
    message += fmt::format(": {}", text.substr(0, 500));
  }
  return Make(status, message, ReasonFrom(bare.empty() ? "Unknown" : bare), reaction,
              {{"response_code", std::string(code.substr(0, 100))}}, back_off);
}

absl::Status StatusFromHttp(int http_status, std::string_view retry_after) {
  std::optional<milliseconds> back_off;
  if (const auto seconds = NumberIn(retry_after)) back_off = std::chrono::seconds(std::min<int64_t>(*seconds, 86'400));
  const std::map<std::string, std::string> metadata{{"http_status", std::to_string(http_status)}};
  const auto make = [&](StatusCode code, std::string_view what, std::string reason, Reaction reaction) {
    return Make(code, fmt::format("EWS answered HTTP {}: {}", http_status, what), std::move(reason), reaction, metadata,
                back_off);
  };
  switch (http_status) {
    case 401:
      return make(StatusCode::kFailedPrecondition, "the service account's user, password or token is not accepted",
                  "EWS_NOT_AUTHORIZED", Reaction::kStop);
    case 403:
      return make(StatusCode::kFailedPrecondition, "EWS is blocked for this account, application or organisation",
                  "EWS_FORBIDDEN", Reaction::kStop);
    case 404:
    case 410:
      return make(StatusCode::kFailedPrecondition, "there is no EWS at this address", "EWS_NOT_THERE", Reaction::kStop);
    case 429:
    case 503:
      return make(StatusCode::kResourceExhausted, "requests queue up, slow down", "EWS_SERVER_BUSY",
                  Reaction::kBackOff);
    default:
      break;
  }
  if (http_status >= 500) {
    return make(StatusCode::kUnavailable, "the server is in trouble", "EWS_HTTP_ERROR", Reaction::kRetry);
  }
  return make(StatusCode::kFailedPrecondition, "not what an EWS endpoint answers", "EWS_HTTP_ERROR", Reaction::kStop);
}

absl::Status BadAnswer(std::string_view why) {
  return Make(StatusCode::kFailedPrecondition, fmt::format("EWS answer: {}", why), "EWS_BAD_ANSWER", Reaction::kStop,
              {}, std::nullopt);
}

Reaction ReactionOf(const absl::Status& status) {
  const std::string name = MetadataOf(status, "reaction");
  const auto row = std::find_if(kReactions.begin(), kReactions.end(), [&](const auto& r) { return r.name == name; });
  return row == kReactions.end() ? Reaction::kNone : row->reaction;
}

std::optional<milliseconds> BackOffOf(const absl::Status& status) {
  const auto number = NumberIn(MetadataOf(status, "back_off_ms"));
  if (!number) return std::nullopt;
  return milliseconds(*number);
}

std::string ResponseCodeOf(const absl::Status& status) { return MetadataOf(status, "response_code"); }

std::string_view ReactionName(Reaction reaction) { return RowOf(reaction).name; }

}  // namespace crosspoint::ews
