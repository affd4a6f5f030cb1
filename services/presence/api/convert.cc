#include "presence/api/convert.h"

#include <cctype>
#include <charconv>
#include <cstdint>

#include "common/status/status.h"
#include "presence/domain/schedule.h"

namespace crosspoint::presence {
namespace {

using std::chrono::microseconds;

// The proto's enum has UNSPECIFIED in front.
v1::ClaimClass ToProto(ClaimClass claim_class) {
  return static_cast<v1::ClaimClass>(static_cast<int>(claim_class) + 1);
}

v1::LineState ToProto(LineState state) {
  switch (state) {
    case LineState::kIdle:
      return v1::LINE_STATE_IDLE;
    case LineState::kRinging:
      return v1::LINE_STATE_RINGING;
    case LineState::kHeld:
      return v1::LINE_STATE_HELD;
    case LineState::kOnThePhone:
      return v1::LINE_STATE_ON_THE_PHONE;
  }
  return v1::LINE_STATE_UNSPECIFIED;
}

void SetTime(TimePoint time, google::protobuf::Timestamp& out) {
  const auto micros = time.time_since_epoch().count();
  out.set_seconds(micros / 1'000'000);
  out.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
}

absl::Status CheckNote(const std::string& note, std::string_view field) {
  if (note.size() > kMaxNoteBytes) return InvalidField(field, "must be at most 256 bytes");
  return absl::OkStatus();
}

std::string OneOfTheStates(const AvailabilityTable& table) { return "must be one of " + table.Keys(); }

absl::StatusOr<int64_t> TakeNumber(std::string_view& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<size_t>(end - text.data());
  if (error != std::errc() || value < 0 || length >= text.size() || text[length] != '.') {
    return InvalidField("page_token", "must be the next_page_token of an earlier answer");
  }
  text.remove_prefix(length + 1);
  return value;
}

}  // namespace

absl::StatusOr<TimePoint> FromProto(const google::protobuf::Timestamp& time, std::string_view field) {
  const auto latest = std::chrono::duration_cast<std::chrono::seconds>(kLatestTime.time_since_epoch()).count();
  if (time.seconds() < 0 || time.seconds() >= latest || time.nanos() < 0 || time.nanos() > 999'999'999) {
    return InvalidField(field, "must be a time from 1970 to 2199; leave it unset for an open end");
  }
  return TimePoint{microseconds{time.seconds() * 1'000'000 + time.nanos() / 1000}};
}

absl::StatusOr<NamedWish> FromProto(const v1::Claim& claim, const TableBook& tables) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto name, ClaimName::Parse(claim.name(), "claim.name"));
  if (IsByHand(name.claim)) return InvalidField("claim.name", "is kept for the user's own hand: call SetAvailability");
  if (IsOfSchedule(name.claim)) return InvalidField("claim.name", "is kept for the schedule: call UpdateSchedule");
  NamedWish named{std::move(name.user), {}};
  auto& wish = named.wish;
  wish.id = std::move(name.claim);
  if (!IsValidSegment(claim.source())) return InvalidField("claim.source", "must be 1 to 63 of a-z, 0-9, -");
  if (claim.source() == kHandSource) return InvalidField("claim.source", "is kept for the user's own hand");
  if (claim.source() == kScheduleSource) return InvalidField("claim.source", "is kept for the user's schedule");
  wish.source.value = claim.source();
  if (claim.claim_class() < v1::CLAIM_CLASS_SCHEDULE || claim.claim_class() > v1::CLAIM_CLASS_OWN_WORD) {
    return InvalidField("claim.claim_class", "must be a class from SCHEDULE to OWN_WORD");
  }
  wish.claim_class = static_cast<ClaimClass>(static_cast<int>(claim.claim_class()) - 1);
  wish.state.value = claim.state();
  const auto table = tables.Of(named.user.tenant);
  if (table->Find(wish.state) == nullptr) return InvalidField("claim.state", OneOfTheStates(*table));
  CROSSPOINT_RETURN_IF_ERROR(CheckNote(claim.note(), "claim.note"));
  wish.note = claim.note();
  if (claim.has_start_time()) {
    CROSSPOINT_ASSIGN_OR_RETURN(wish.start, FromProto(claim.start_time(), "claim.start_time"));
  }
  if (claim.has_end_time()) {
    CROSSPOINT_ASSIGN_OR_RETURN(wish.end, FromProto(claim.end_time(), "claim.end_time"));
    if (wish.end <= wish.start.value_or(TimePoint{})) {
      return InvalidField("claim.end_time", "must be after claim.start_time");
    }
  }
  return named;
}

absl::StatusOr<OwnWord> FromProto(const v1::SetAvailabilityRequest& request, const AvailabilityTable& table) {
  OwnWord word;
  const auto* state = table.FindByAnyName(request.state());
  if (state == nullptr) return InvalidField("state", OneOfTheStates(table));
  word.state = state->id;
  CROSSPOINT_RETURN_IF_ERROR(CheckNote(request.note(), "note"));
  word.note = request.note();
  switch (request.until_case()) {
    case v1::SetAvailabilityRequest::kEndTime: {
      word.until = OwnWord::Until::kTime;
      CROSSPOINT_ASSIGN_OR_RETURN(word.end, FromProto(request.end_time(), "end_time"));
      break;
    }
    case v1::SetAvailabilityRequest::kEndOfRunningClaim:
      if (!request.end_of_running_claim()) return InvalidField("end_of_running_claim", "must be true or unset");
      word.until = OwnWord::Until::kEndOfRunningClaim;
      break;
    case v1::SetAvailabilityRequest::UNTIL_NOT_SET:
      break;
  }
  return word;
}

absl::StatusOr<std::string> ParseRequestId(const std::string& id) {
  if (id.empty()) return id;
  std::string lower;
  for (size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const auto c = static_cast<unsigned char>(id[i]);
    if (id.size() != 36 || (dash ? c != '-' : std::isxdigit(c) == 0)) {
      return InvalidField("request_id", "must be a UUID");
    }
    lower += static_cast<char>(std::tolower(c));
  }
  return lower;
}

absl::StatusOr<DeviceId> ParseDevice(const std::string& device, std::string_view field) {
  if (!IsValidSegment(device)) return InvalidField(field, "must be 1 to 63 of a-z, 0-9, -");
  return DeviceId{device};
}

absl::StatusOr<LineState> FromProto(v1::LineState state, std::string_view field) {
  switch (state) {
    case v1::LINE_STATE_IDLE:
      return LineState::kIdle;
    case v1::LINE_STATE_RINGING:
      return LineState::kRinging;
    case v1::LINE_STATE_HELD:
      return LineState::kHeld;
    case v1::LINE_STATE_ON_THE_PHONE:
      return LineState::kOnThePhone;
    default:
      return InvalidField(field, "must be IDLE, RINGING, ON_THE_PHONE or HELD");
  }
}

absl::StatusOr<ImState> FromProto(v1::ImState state, std::string_view field) {
  if (state == v1::IM_STATE_ONLINE) return ImState::kOnline;
  if (state == v1::IM_STATE_OFFLINE) return ImState::kOffline;
  return InvalidField(field, "must be OFFLINE or ONLINE");
}

void ToProto(std::chrono::milliseconds duration, google::protobuf::Duration& out) {
  out.set_seconds(duration.count() / 1000);
  out.set_nanos(static_cast<int32_t>(duration.count() % 1000 * 1'000'000));
}

void ToProto(const absl::Status& error, common::v1::ErrorInfo& out) {
  const auto info = GetErrorInfo(error);
  out.set_reason(info ? info->reason : absl::StatusCodeToString(error.code()));
  out.set_domain(info ? info->domain : "presence.crosspoint");
  if (!info) return;
  for (const auto& [key, value] : info->metadata) (*out.mutable_metadata())[key] = value;
}

void ToProto(const Presence& presence, const TableBook& tables, v1::Presence& out) {
  ToProto(presence, *tables.Of(presence.user.tenant), out);
}

void ToProto(const Presence& presence, const AvailabilityTable& table, v1::Presence& out) {
  out.set_user(presence.user.Name());
  out.set_revision(static_cast<int64_t>(presence.revision));
  const auto& shown = presence.availability;
  auto& availability = *out.mutable_availability();
  availability.set_state(shown.state.value);
  if (const auto* state = table.Find(shown.state)) {
    availability.set_display_name(state->display_name);
    availability.set_color(state->color);
  }
  availability.set_note(shown.note);
  out.set_line_state(ToProto(presence.signals.line));
  out.set_im_state(presence.signals.im == ImState::kOnline ? v1::IM_STATE_ONLINE : v1::IM_STATE_OFFLINE);
  availability.set_claim_class(ToProto(shown.claim_class));
  if (shown.start != TimePoint{}) SetTime(shown.start, *availability.mutable_start_time());
  if (shown.end != kOpenEnd) SetTime(shown.end, *availability.mutable_end_time());
}

void ToProto(const UserId& user, const Claim& claim, v1::Claim& out) {
  out.set_name(ClaimName{user, claim.id}.Name());
  out.set_source(claim.source.value);
  out.set_claim_class(ToProto(claim.claim_class));
  out.set_state(claim.state.value);
  out.set_note(claim.note);
  SetTime(claim.start, *out.mutable_start_time());
  if (claim.end != kOpenEnd) SetTime(claim.end, *out.mutable_end_time());
  out.set_revision(static_cast<int64_t>(claim.revision));
}

absl::StatusOr<TenantId> ParseTenantPart(std::string_view name, std::string_view part, std::string_view field) {
  const auto suffix = "/" + std::string(part);
  if (name.ends_with(suffix)) {
    if (auto tenant = TenantId::Parse(name.substr(0, name.size() - suffix.size()), field); tenant.ok()) return tenant;
  }
  return InvalidField(field, "must be tenants/{tenant}" + suffix);
}

void ToProto(const TableKeeper::ViewerPolicy& policy, const TenantId& tenant, v1::ViewerPolicy& out) {
  out.set_name(tenant.Name() + "/" + kPolicyPart);
  out.set_show_detail(policy.show_detail);
  out.set_etag(policy.etag());
}

std::vector<AvailabilityState> StatesOf(const v1::AvailabilityTable& table) {
  std::vector<AvailabilityState> states;
  for (const auto& state : table.states()) {
    states.push_back({{state.key()}, state.display_name(), state.color(), state.alternative_text(), {}});
  }
  return states;
}

void ToProto(const AvailabilityTable& table, const TenantId& tenant, v1::AvailabilityTable& out) {
  out.set_name(tenant.Name() + "/" + kTablePart);
  out.set_etag(table.etag());
  for (const auto& state : table.states()) {
    auto& to = *out.add_states();
    to.set_key(state.id.value);
    to.set_display_name(state.display_name);
    to.set_color(state.color);
    to.set_alternative_text(state.alternative_text);
    for (const auto& name : state.old_names) to.add_old_names(name);
  }
}

std::string ToPageToken(const Claim& last) {
  return std::to_string(static_cast<int>(last.claim_class)) + "." +
         std::to_string(last.start.time_since_epoch().count()) + "." + std::to_string(last.revision) + "." +
         last.id.value;
}

absl::StatusOr<Claim> FromPageToken(const std::string& token) {
  std::string_view rest = token;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto claim_class, TakeNumber(rest));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto start, TakeNumber(rest));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, TakeNumber(rest));
  Claim claim;
  claim.claim_class = claim_class > 255 ? ClaimClass::kOwnWord : static_cast<ClaimClass>(claim_class);
  claim.start = TimePoint{microseconds{start}};
  claim.revision = static_cast<uint64_t>(revision);
  claim.id.value = rest;
  return claim;
}

}  // namespace crosspoint::presence
