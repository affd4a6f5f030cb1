#include "connectors/ews/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
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
  Repeat repeat;    // likewise
};

constexpr std::array<ReactionRow, 26> kReactions{{
    {Reaction::kNone, "none", StatusCode::kInternal, Repeat::kNever},
    {Reaction::kBackOff, "back_off", StatusCode::kResourceExhausted, Repeat::kLimited},
    {Reaction::kRetry, "retry", StatusCode::kUnavailable, Repeat::kLimited},
    {Reaction::kRepeatRest, "repeat_rest", StatusCode::kUnavailable, Repeat::kAfterCure},
    {Reaction::kRediscover, "rediscover", StatusCode::kFailedPrecondition, Repeat::kAfterCure},
    {Reaction::kResubscribe, "resubscribe", StatusCode::kFailedPrecondition, Repeat::kAfterCure},
    {Reaction::kCloseStream, "close_stream", StatusCode::kFailedPrecondition, Repeat::kNever},
    {Reaction::kSync, "sync", StatusCode::kFailedPrecondition, Repeat::kAfterCure},
    {Reaction::kResync, "resync", StatusCode::kFailedPrecondition, Repeat::kAfterCure},
    {Reaction::kRefresh, "refresh", StatusCode::kAborted, Repeat::kAfterCureOnce},
    {Reaction::kCorrectAddress, "correct_address", StatusCode::kFailedPrecondition, Repeat::kAfterCureOnce},
    {Reaction::kLowerVersion, "lower_version", StatusCode::kFailedPrecondition, Repeat::kAfterCure},
    {Reaction::kConvertId, "convert_id", StatusCode::kFailedPrecondition, Repeat::kAfterCure},
    {Reaction::kSimplify, "simplify", StatusCode::kFailedPrecondition, Repeat::kAfterCureOnce},
    {Reaction::kUseRestriction, "use_restriction", StatusCode::kFailedPrecondition, Repeat::kAfterCure},
    {Reaction::kUseExisting, "use_existing", StatusCode::kAlreadyExists, Repeat::kNever},
    {Reaction::kEmptyResult, "empty_result", StatusCode::kNotFound, Repeat::kNever},
    {Reaction::kUseResult, "use_result", StatusCode::kFailedPrecondition, Repeat::kNever},
    {Reaction::kPerRecipient, "per_recipient", StatusCode::kFailedPrecondition, Repeat::kNever},
    {Reaction::kGone, "gone", StatusCode::kNotFound, Repeat::kNever},
    {Reaction::kSplit, "split", StatusCode::kInvalidArgument, Repeat::kAfterCure},
    {Reaction::kStop, "stop", StatusCode::kFailedPrecondition, Repeat::kNever},
    {Reaction::kStopMailbox, "stop_mailbox", StatusCode::kFailedPrecondition, Repeat::kNever},
    {Reaction::kTellUser, "tell_user", StatusCode::kFailedPrecondition, Repeat::kNever},
    {Reaction::kFail, "fail", StatusCode::kFailedPrecondition, Repeat::kNever},
    {Reaction::kBug, "bug", StatusCode::kInternal, Repeat::kNever},
}};

const ReactionRow& RowOf(Reaction reaction) { return kReactions[static_cast<size_t>(reaction)]; }

// Where a code differs from its reaction.
struct Own {
  std::optional<StatusCode> status;
  std::optional<Repeat> repeat;
  Reaction then = Reaction::kNone;
};

struct CodeRow {
  std::string_view code;  // without its "Error"
  Reaction reaction;
  Own own;
};

// The table: what each response code asks of us. Source: the "ResponseCode" page and those on handling errors in the
// EWS reference; codes without a page follow the one they belong with.
// clang-format off
constexpr CodeRow kCodes[] = {
    // Throttling and load.
    {"ServerBusy", Reaction::kBackOff},
    {"ExceededConnectionCount", Reaction::kBackOff},
    {"TooManyObjectsOpened", Reaction::kBackOff},
    {"ExceededFindCountLimit", Reaction::kSplit, {.status = StatusCode::kResourceExhausted, .then = Reaction::kBackOff}},
    {"ExceededSubscriptionCount", Reaction::kStopMailbox},
    {"TimeoutExpired", Reaction::kSplit},
    {"InsufficientResources", Reaction::kRetry},
    {"MailboxStoreUnavailable", Reaction::kRetry},
    {"ConnectionFailed", Reaction::kRetry},
    {"ConnectionFailedTransientError", Reaction::kRetry},
    {"InternalServerTransientError", Reaction::kRetry},
    {"ADUnavailable", Reaction::kRetry},
    {"ADOperation", Reaction::kRetry},
    {"ServiceUnavailable", Reaction::kRetry},
    {"InternalServerError", Reaction::kRetry, {.repeat = Repeat::kFew}},
    {"BatchProcessingStopped", Reaction::kRepeatRest},
    {"RequestStreamTooBig", Reaction::kSplit},
    {"DataSizeLimitExceeded", Reaction::kSplit},
    {"MessageSizeExceeded", Reaction::kSplit},
    {"QuotaExceeded", Reaction::kStop},
    {"SubmissionQuotaExceeded", Reaction::kStop},
    // Mailbox moved, wrong server.
    {"MailboxMoveInProgress", Reaction::kRetry, {.then = Reaction::kRediscover}},
    {"MailboxFailover", Reaction::kRetry, {.then = Reaction::kRediscover}},
    {"CrossSiteRequest", Reaction::kRediscover},
    {"NoRespondingCASInDestinationSite", Reaction::kRediscover},
    {"ProxyRequestNotAllowed", Reaction::kRediscover},
    {"ProxyRequestProcessingFailed", Reaction::kRediscover},
    {"InvalidSchemaVersionForMailboxVersion", Reaction::kRediscover},
    {"NonExistentMailbox", Reaction::kStopMailbox, {.status = StatusCode::kNotFound, .then = Reaction::kRediscover}},
    {"NonPrimarySmtpAddress", Reaction::kCorrectAddress},
    {"MailboxLogonFailed", Reaction::kRetry, {.repeat = Repeat::kOnce, .then = Reaction::kStop}},
    {"MailboxConfiguration", Reaction::kRetry, {.repeat = Repeat::kOnce, .then = Reaction::kStop}},
    {"IncorrectSchemaVersion", Reaction::kLowerVersion},
    {"InvalidServerVersion", Reaction::kLowerVersion},
    {"WrongServerVersion", Reaction::kLowerVersion},
    // Notifications.
    {"SubscriptionNotFound", Reaction::kResubscribe},
    {"InvalidSubscription", Reaction::kResubscribe},
    {"ExpiredSubscription", Reaction::kResubscribe},
    {"SubscriptionUnsubscribed", Reaction::kResubscribe},
    {"InvalidWatermark", Reaction::kResubscribe},
    {"EventNotFound", Reaction::kResubscribe},
    {"MissedNotificationEvents", Reaction::kResubscribe, {.then = Reaction::kSync}},
    {"ReadEventsFailed", Reaction::kRediscover, {.then = Reaction::kResubscribe}},
    {"NewEventStreamConnectionOpened", Reaction::kCloseStream},
    {"ProxiedSubscriptionCallFailure", Reaction::kRetry, {.then = Reaction::kResubscribe}},
    {"SubscriptionAccessDenied", Reaction::kStop},
    {"SubscriptionDelegateAccessNotSupported", Reaction::kStop},
    {"InvalidSubscriptionRequest", Reaction::kBug},
    {"InvalidPullSubscriptionId", Reaction::kBug},
    {"InvalidPushSubscriptionUrl", Reaction::kBug},
    // Synchronisation and searching.
    {"InvalidSyncStateData", Reaction::kResync},
    {"SyncFolderNotFound", Reaction::kGone},
    {"FolderNotFound", Reaction::kGone},
    {"ItemNotFound", Reaction::kGone},
    {"ResultSetTooBig", Reaction::kSplit},
    {"CalendarViewRangeTooBig", Reaction::kSplit},
    {"TimeIntervalTooBig", Reaction::kSplit},
    {"MailboxDataArrayTooBig", Reaction::kSplit},
    {"RestrictionTooLong", Reaction::kSplit},
    {"QueryFilterTooLong", Reaction::kSplit},
    {"RestrictionTooComplex", Reaction::kSplit},
    {"InvalidIndexedPagingParameters", Reaction::kBug},
    {"InvalidPagingMaxRows", Reaction::kBug},
    {"InvalidFractionalPagingParameters", Reaction::kBug},
    {"UnsupportedPathForQuery", Reaction::kBug},
    {"UnsupportedPathForSortGroup", Reaction::kBug},
    {"CalendarFolderIsInvalidForCalendarView", Reaction::kBug},
    {"CalendarSeekToConditionNotSupported", Reaction::kBug},
    {"ContentIndexingNotEnabled", Reaction::kUseRestriction},
    // Creating, changing, deleting.
    {"IrresolvableConflict", Reaction::kRefresh},
    {"StaleObject", Reaction::kRefresh},
    {"ChangeKeyRequiredForWriteOperations", Reaction::kRefresh},
    {"ChangeKeyRequired", Reaction::kRefresh},
    {"CalendarCannotUseIdForOccurrenceId", Reaction::kRefresh, {.then = Reaction::kGone}},
    {"CalendarCannotUseIdForRecurringMasterId", Reaction::kRefresh, {.then = Reaction::kGone}},
    {"SendMeetingInvitationsRequired", Reaction::kBug},
    {"SendMeetingInvitationsOrCancellationsRequired", Reaction::kBug},
    {"SendMeetingCancellationsRequired", Reaction::kBug},
    {"MessageDispositionRequired", Reaction::kBug},
    {"AffectedTaskOccurrencesRequired", Reaction::kBug},
    {"CalendarCannotUpdateDeletedItem", Reaction::kGone},
    {"CalendarOccurrenceIsDeletedFromRecurrence", Reaction::kGone},
    {"CalendarOccurrenceIndexIsOutOfRecurrenceRange", Reaction::kGone},
    {"CalendarEndDateIsEarlierThanStartDate", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"CalendarDurationIsTooLong", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"CalendarInvalidRecurrence", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"CalendarInvalidTimeZone", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"TimeZone", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"CalendarOutOfRange", Reaction::kBug},
    {"RecurrenceHasNoOccurrence", Reaction::kBug},
    {"RecurrenceEndDateTooBig", Reaction::kBug},
    {"OccurrenceCrossingBoundary", Reaction::kTellUser},
    {"OccurrenceTimeSpanTooBig", Reaction::kTellUser},
    {"CalendarIsNotOrganizer", Reaction::kTellUser},
    {"CalendarIsOrganizerForAccept", Reaction::kTellUser},
    {"CalendarIsCancelledForAccept", Reaction::kTellUser},
    {"InvalidPropertySet", Reaction::kBug},
    {"InvalidPropertyRequest", Reaction::kBug},
    {"InvalidPropertyForOperation", Reaction::kBug},
    {"UpdatePropertyMismatch", Reaction::kBug},
    {"IncorrectUpdatePropertyCount", Reaction::kBug},
    {"InvalidPropertyAppend", Reaction::kBug},
    {"InvalidPropertyDelete", Reaction::kBug},
    {"InvalidExtendedProperty", Reaction::kBug},
    {"InvalidExtendedPropertyValue", Reaction::kBug},
    {"NoPropertyTagForCustomProperties", Reaction::kBug},
    {"InvalidRecipients", Reaction::kTellUser, {.status = StatusCode::kInvalidArgument}},
    {"MissingRecipients", Reaction::kTellUser, {.status = StatusCode::kInvalidArgument}},
    {"InvalidSmtpAddress", Reaction::kTellUser, {.status = StatusCode::kInvalidArgument}},
    {"CannotCreateCalendarItemInNonCalendarFolder", Reaction::kBug},
    {"CannotCreateContactInNonContactFolder", Reaction::kBug},
    {"FolderExists", Reaction::kUseExisting},
    {"DeleteDistinguishedFolder", Reaction::kFail},
    {"CannotDeleteObject", Reaction::kFail},
    {"InvalidAttachmentId", Reaction::kGone},
    {"CannotOpenFileAttachment", Reaction::kGone},
    {"ItemCorrupt", Reaction::kSimplify},
    {"ContentConversionFailed", Reaction::kSimplify},
    {"MimeContentConversionFailed", Reaction::kSimplify},
    {"PropertyUpdate", Reaction::kSimplify},
    {"VirusDetected", Reaction::kGone},
    {"VirusMessageDeleted", Reaction::kGone},
    // Identifiers.
    {"InvalidId", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"InvalidIdMalformed", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"InvalidIdEmpty", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"InvalidChangeKey", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"InvalidIdMalformedEwsLegacyIdFormat", Reaction::kConvertId},
    {"CannotUseFolderIdForItemId", Reaction::kBug},
    {"CannotUseItemIdForFolderId", Reaction::kBug},
    // Directory, people, photos.
    {"NameResolutionNoResults", Reaction::kEmptyResult},
    {"NameResolutionMultipleResults", Reaction::kUseResult},
    {"NameResolutionNoMailbox", Reaction::kStop},
    {"InvalidNameForNameResolution", Reaction::kBug, {.status = StatusCode::kInvalidArgument}},
    {"MailRecipientNotFound", Reaction::kPerRecipient, {.status = StatusCode::kNotFound}},
    {"NoFreeBusyAccess", Reaction::kPerRecipient},
    {"IndividualMailboxLimitReached", Reaction::kSplit},
    {"FreeBusyDLLimitReached", Reaction::kSplit},
    {"InvalidPhotoSize", Reaction::kBug},
    // Rights.
    {"AccessDenied", Reaction::kStopMailbox},
    {"CreateItemAccessDenied", Reaction::kStopMailbox},
    {"SendAsDenied", Reaction::kStopMailbox},
    {"AccountDisabled", Reaction::kStopMailbox},
    {"ImpersonateUserDenied", Reaction::kStop},
    {"ImpersonationDenied", Reaction::kStop},
    {"ImpersonationFailed", Reaction::kStop},
    {"InvalidExchangeImpersonationHeaderData", Reaction::kStop},
    {"InvalidUserPrincipalName", Reaction::kStop},
    {"PasswordExpired", Reaction::kStop},
    {"PasswordChangeRequired", Reaction::kStop},
    {"InvalidLicense", Reaction::kStop},
    {"OrganizationAccessBlocked", Reaction::kStop},
    // Requests that the server cannot read.
    {"SchemaValidation", Reaction::kBug},
    {"InvalidRequest", Reaction::kBug},
    {"DuplicateSOAPHeader", Reaction::kBug},
    {"MoreThanOneAccessModeSpecified", Reaction::kBug},
    {"MissingArgument", Reaction::kBug},
    {"RequiredPropertyMissing", Reaction::kBug},
    {"InvalidArgument", Reaction::kBug},
    // Voice.
    {"InvalidPhoneCallId", Reaction::kTellUser, {.status = StatusCode::kInvalidArgument}},
    {"InvalidPhoneNumber", Reaction::kTellUser, {.status = StatusCode::kInvalidArgument}},
    {"PhoneNumberNotDialable", Reaction::kTellUser, {.status = StatusCode::kInvalidArgument}},
    {"InvalidSIPUri", Reaction::kTellUser, {.status = StatusCode::kInvalidArgument}},
    {"IPGatewayNotFound", Reaction::kTellUser},
    {"UserNotUnifiedMessagingEnabled", Reaction::kTellUser},
    {"UnifiedMessagingDialPlanNotFound", Reaction::kTellUser},
    {"UnifiedMessagingServerNotFound", Reaction::kTellUser},
    {"UnifiedMessagingRequestFailed", Reaction::kTellUser},
};
// clang-format on

const CodeRow* FindCode(std::string_view bare) {
  static const auto* const table = [] {
    auto* map = new std::unordered_map<std::string_view, const CodeRow*>;
    for (const CodeRow& row : kCodes) map->emplace(row.code, &row);
    return map;
  }();
  const auto found = table->find(bare);
  return found == table->end() ? nullptr : found->second;
}

std::string_view BareCode(std::string_view code) { return code.substr(code.starts_with("Error") ? 5 : 0); }

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

ErrorRule RuleOf(std::string_view response_code) {
  const std::string_view bare = BareCode(response_code);
  const CodeRow* row = FindCode(bare);
  const CodeRow found = row == nullptr ? CodeRow{bare, Reaction::kFail, {}} : *row;
  const ReactionRow& usual = RowOf(found.reaction);
  return {.status = found.own.status.value_or(usual.code),
          .reason = ReasonFrom(bare.empty() ? "Unknown" : bare),
          .reaction = found.reaction,
          .repeat = found.own.repeat.value_or(usual.repeat),
          .then = found.own.then,
          .known = row != nullptr};
}

absl::Status StatusFromResponseCode(std::string_view code, std::string_view text, const ErrorDetails& details) {
  ErrorRule rule = RuleOf(code);
  std::string message = fmt::format("EWS {}", code.substr(0, 100));
  if (details.back_off) {
    message += fmt::format(": back off {} ms", details.back_off->count());
  } else if (!text.empty()) {
    message += fmt::format(": {}", text.substr(0, 500));
  }
  std::map<std::string, std::string> metadata{{"response_code", std::string(code.substr(0, 100))}};
  if (!details.primary_address.empty()) metadata["primary_address"] = details.primary_address;
  return Make(rule.status, message, std::move(rule.reason), rule.reaction, std::move(metadata), details.back_off);
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

absl::Status SoapFault(std::string_view code, std::string_view text) {
  const bool server = code == "Server";
  return Make(server ? StatusCode::kUnavailable : StatusCode::kFailedPrecondition,
              fmt::format("EWS fault {}: {}", code.substr(0, 100), text.substr(0, 200)), "EWS_SOAP_FAULT",
              server ? Reaction::kRetry : Reaction::kBug, {}, std::nullopt);
}

absl::Status BackingOff(milliseconds left) {
  return Make(StatusCode::kResourceExhausted,
              fmt::format("the mail server asked for silence, for {} ms yet", left.count()), "EWS_BACKING_OFF",
              Reaction::kBackOff, {}, left);
}

Reaction ReactionOf(const absl::Status& status) {
  const std::string name = MetadataOf(status, "reaction");
  const auto row = std::find_if(kReactions.begin(), kReactions.end(), [&](const auto& r) { return r.name == name; });
  return row == kReactions.end() ? Reaction::kNone : row->reaction;
}

Repeat RepeatOf(const absl::Status& status) {
  if (const std::string code = ResponseCodeOf(status); !code.empty()) return RuleOf(code).repeat;
  if (const Reaction reaction = ReactionOf(status); reaction != Reaction::kNone) return RowOf(reaction).repeat;
  const auto info = GetErrorInfo(status);
  const bool network = info && (info->reason == "CONNECT_FAILED" || info->reason == "CONNECTION_LOST");
  return network ? Repeat::kLimited : Repeat::kNever;
}

absl::Status AfterRetries(const absl::Status& status) {
  const ErrorRule rule = RuleOf(ResponseCodeOf(status));
  if (!rule.known || rule.then == Reaction::kNone) return status;
  auto info = *GetErrorInfo(status);
  info.metadata["reaction"] = RowOf(rule.then).name;
  return ErrorWithInfo(RowOf(rule.then).code, MessageOf(status), info);
}

std::optional<milliseconds> BackOffOf(const absl::Status& status) {
  const auto number = NumberIn(MetadataOf(status, "back_off_ms"));
  if (!number) return std::nullopt;
  return milliseconds(*number);
}

std::string ResponseCodeOf(const absl::Status& status) { return MetadataOf(status, "response_code"); }

std::string PrimaryAddressOf(const absl::Status& status) { return MetadataOf(status, "primary_address"); }

std::string_view ReactionName(Reaction reaction) { return RowOf(reaction).name; }

}  // namespace crosspoint::ews
