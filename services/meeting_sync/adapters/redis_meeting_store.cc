#include "meeting_sync/adapters/redis_meeting_store.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "meeting_sync/adapters/keys.h"
#include "meeting_sync/adapters/meeting_codec.h"
#include "meeting_sync/adapters/meeting_scripts.h"
#include "meeting_sync/adapters/record_codec.h"
#include "meeting_sync/app/bridge_reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr hours kDay{24};
// Of a series only its first occurrence is known here; it goes on for no longer than this.
constexpr auto kLongestSeries = 3650 * kDay;
// Beyond the limits of upcoming meetings and what 400 days may hold.
constexpr char kMostListed[] = "20000";

std::string Micros(TimePoint time) { return std::to_string(time.time_since_epoch().count()); }

template <class Number>
Number ToNumber(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Until when the record is that of a meeting to come.
TimePoint EndOf(const BridgeMeeting& meeting) {
  return meeting.recurring ? meeting.fields.end + kLongestSeries : meeting.fields.end;
}

std::string CodeKey(const std::string& code) { return "cp:{meeting_sync:_:" + code + "}:code"; }

std::string RequestKeyOf(const UserId& owner, const std::string& id) { return MailboxKey(owner, "request:" + id); }

std::vector<std::string> PutKeys(const MeetingWrite& write) {
  const auto& owner = write.meeting.owner;
  std::vector<std::string> keys;
  for (const auto* kind :
       {"meetings", "meeting_times", "meeting_uids", "meeting_items", "meetings_prepared", "meetings_gone",
        "meeting_revision", "meeting_changes", "meeting_floor", "meeting_claims", "conflicts", "outbox"}) {
    keys.push_back(MailboxKey(owner, kind));
  }
  keys.push_back(RequestKeyOf(owner, write.request ? write.request->id : ""));
  return keys;
}

void AddEntry(std::string type, std::string id, std::string payload, std::vector<std::string>& args) {
  const OutboxEntry entry{.type = std::move(type),
                          .id = std::move(id),
                          .payload = std::move(payload),
                          .traceparent = tracing::FormatTraceparent(tracing::Current()),
                          .request_id = log::CurrentContext().request_id};
  for (auto& arg : OutboxArgs(entry)) args.push_back(std::move(arg));
}

size_t EntryCount(const MeetingWrite& write) {
  return (write.put_claim ? 1U : 0U) + (write.delete_claim.empty() ? 0U : 1U) + (write.push ? 1U : 0U);
}

std::vector<std::string> PutArgs(const MeetingWrite& write, TimePoint now) {
  const auto& meeting = write.meeting;
  std::vector<std::string> args{
      meeting.id.value,
      std::to_string(write.expected_revision),
      EncodeMeeting(meeting),
      std::to_string(static_cast<int>(meeting.state)),
      Micros(EndOf(meeting)),
      meeting.ical_uid,
      meeting.link ? meeting.link->key.value : "",
      Micros(meeting.expires),
      Micros(now),
      write.request && !write.request->id.empty() ? write.request->digest : "",
      std::to_string(kMaxPrepared),
      std::to_string(kMaxUpcoming),
      std::to_string(kMaxBridgeClaims),
      write.put_claim ? write.put_claim->id : "",
      write.put_claim ? Micros(write.put_claim->end) : "0",
      write.delete_claim,
      std::to_string(write.conflicts.size()),
  };
  for (const auto& conflict : write.conflicts) {
    args.insert(args.end(), {meeting.id.value, std::to_string(static_cast<int>(conflict.field)), conflict.mailbox,
                             conflict.bridge, conflict.mailbox_won ? "mailbox" : "bridge", Micros(now)});
  }
  args.push_back(std::to_string(EntryCount(write)));
  if (!write.delete_claim.empty()) {
    const ClaimOrder order{
        .kind = ClaimOrder::Kind::kDelete, .user = meeting.owner, .claim = {.id = write.delete_claim}};
    AddEntry(kDeleteClaimType, write.delete_claim, EncodeOrder(order), args);
  }
  if (write.put_claim) {
    const ClaimOrder order{.kind = ClaimOrder::Kind::kPut, .user = meeting.owner, .claim = *write.put_claim};
    AddEntry(kPutClaimType, write.put_claim->id, EncodeOrder(order), args);
  }
  if (write.push) AddEntry(kPushType, meeting.id.value, EncodePush(meeting.owner, meeting.id), args);
  return args;
}

absl::Status Refusal(const std::string& word, const std::string& detail) {
  if (word == "changed") return MeetingChanged();
  if (word == "reused") return RequestReused();
  if (word == "repeated") return AlreadyMade(MeetingId{detail});
  if (detail == "prepared") return TooMany("invitations that were not sent", kMaxPrepared);
  if (detail == "claims") return TooMany("meetings on the bridge alone that have not ended", kMaxBridgeClaims);
  if (detail == "upcoming") return TooMany("meetings that have not ended", kMaxUpcoming);
  return absl::InternalError("meeting_sync_put_meeting answered " + word);
}

std::optional<Conflict> ConflictFrom(const RedisReply& entry) {
  const auto& parts = entry.array();
  if (parts.size() != 2) return std::nullopt;
  Conflict conflict{.id = parts[0].text()};
  const auto& fields = parts[1].array();
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto& name = fields[i].text();
    const auto& value = fields[i + 1].text();
    if (name == "meeting") conflict.meeting.value = value;
    if (name == "field") {
      const auto field = ToNumber<size_t>(value);
      if (field >= kAllFields.size()) return std::nullopt;
      conflict.field.field = kAllFields[field];
    }
    if (name == "mailbox") conflict.field.mailbox = value;
    if (name == "bridge") conflict.field.bridge = value;
    if (name == "kept") conflict.field.mailbox_won = value == "mailbox";
    if (name == "time") conflict.time = TimePoint{TimePoint::duration{ToNumber<int64_t>(value)}};
  }
  return conflict;
}

}  // namespace

absl::Status RedisMeetingStore::ClaimCode(const BridgeMeeting& meeting, Deadline deadline) {
  const auto& code = meeting.conference.participant_code;
  if (code.empty()) return absl::OkStatus();
  const auto now = clock_.Now();
  auto until = now + 31 * kDay;
  if (meeting.state == BridgeState::kPrepared) until = meeting.expires + hours{1};
  if (meeting.state == BridgeState::kLive) until = std::max(EndOf(meeting), now) + 400 * kDay;
  const auto life = std::max(milliseconds{1000}, std::chrono::duration_cast<milliseconds>(until - now));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.RunScriptDurable(ClaimCodeScript(), {CodeKey(code)},
                                                {meeting.correlation_id(), std::to_string(life.count())}, deadline));
  return reply.integer() == 1 ? absl::OkStatus() : CodeTaken();
}

absl::StatusOr<BridgeMeeting> RedisMeetingStore::Put(const MeetingWrite& write, Deadline deadline) {
  CROSSPOINT_RETURN_IF_ERROR(ClaimCode(write.meeting, deadline));
  auto args = PutArgs(write, clock_.Now());
  auto reply = EntryCount(write) > 0
                   ? outbox_.RunScript(PutMeetingScript(), PutKeys(write), std::move(args), deadline)
                   : redis_.RunScriptDurable(PutMeetingScript(), PutKeys(write), std::move(args), deadline);
  if (!reply.ok()) return reply.status();
  const auto& parts = reply->array();
  if (parts.empty()) return absl::InternalError("meeting_sync_put_meeting answered nothing");
  const auto detail = parts.size() > 1 ? parts[1].text() : std::string();
  if (parts[0].text() != "ok") return Refusal(parts[0].text(), detail);
  auto stored = write.meeting;
  stored.revision = ToNumber<uint64_t>(detail);
  return stored;
}

absl::StatusOr<std::optional<MeetingId>> RedisMeetingStore::Repeated(const UserId& owner, const RequestKey& request,
                                                                     Deadline deadline) {
  if (request.id.empty()) return std::optional<MeetingId>();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"GET", RequestKeyOf(owner, request.id)}, deadline));
  if (reply.is_nil()) return std::optional<MeetingId>();
  const auto& made = reply.text();
  const auto space = made.find(' ');
  if (made.substr(0, space) != request.digest) return RequestReused();
  return std::optional(MeetingId{space == std::string::npos ? "" : made.substr(space + 1)});
}

std::optional<BridgeMeeting> RedisMeetingStore::Read(const UserId& owner, const std::string& id,
                                                     const std::string& value) const {
  const auto line = value.find('\n');
  if (line == std::string::npos) return std::nullopt;
  auto meeting = DecodeMeeting(std::string_view(value).substr(line + 1));
  if (!meeting) {
    log_.Warn("unreadable_record", {{"user", owner.Name()}, {"field", id}});
    return std::nullopt;
  }
  meeting->owner = owner;
  meeting->id = MeetingId{id};
  meeting->revision = ToNumber<uint64_t>(std::string_view(value).substr(0, line));
  if (meeting->state == BridgeState::kPrepared && meeting->expires <= clock_.Now()) return std::nullopt;
  return meeting;
}

absl::StatusOr<std::optional<BridgeMeeting>> RedisMeetingStore::Get(const UserId& owner, const MeetingId& id,
                                                                    Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGET", MailboxKey(owner, "meetings"), id.value}, deadline));
  if (reply.is_nil()) return std::optional<BridgeMeeting>();
  return Read(owner, id.value, reply.text());
}

absl::StatusOr<std::vector<BridgeMeeting>> RedisMeetingStore::List(const UserId& owner, TimePoint start, TimePoint end,
                                                                   Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(ListMeetingsScript(), {MailboxKey(owner, "meeting_times"), MailboxKey(owner, "meetings")},
                       {Micros(start), kMostListed}, deadline));
  std::vector<BridgeMeeting> found;
  const auto& parts = reply.array();
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    auto meeting = Read(owner, parts[i].text(), parts[i + 1].text());
    if (meeting && meeting->state == BridgeState::kLive && meeting->fields.end > start && meeting->fields.start < end) {
      found.push_back(*std::move(meeting));
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.fields.start, a.id) < std::tie(b.fields.start, b.id);
  });
  return found;
}

absl::StatusOr<std::optional<BridgeMeeting>> RedisMeetingStore::FindByUid(const UserId& owner, const std::string& uid,
                                                                          Deadline deadline) {
  if (uid.empty()) return std::optional<BridgeMeeting>();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto id, redis_.Call({"HGET", MailboxKey(owner, "meeting_uids"), uid}, deadline));
  if (id.is_nil()) return std::optional<BridgeMeeting>();
  return Get(owner, MeetingId{id.text()}, deadline);
}

absl::StatusOr<std::optional<BridgeMeeting>> RedisMeetingStore::FindByCode(const std::string& participant_code,
                                                                           Deadline deadline) {
  const bool digits =
      !participant_code.empty() && participant_code.size() <= 32 &&
      std::all_of(participant_code.begin(), participant_code.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::optional<BridgeMeeting>();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto held, redis_.Call({"GET", CodeKey(participant_code)}, deadline));
  if (held.is_nil()) return std::optional<BridgeMeeting>();
  const auto name = FromCorrelationId(held.text());
  if (!name) return std::optional<BridgeMeeting>();
  return Get(name->user, *name->bridge_id, deadline);
}

absl::StatusOr<LinkIndex> RedisMeetingStore::Links(const UserId& owner, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto items, redis_.Call({"HGETALL", MailboxKey(owner, "meeting_items")}, deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto uids, redis_.Call({"HGETALL", MailboxKey(owner, "meeting_uids")}, deadline));
  LinkIndex index;
  for (size_t i = 0; i + 1 < items.array().size(); i += 2) {
    index.by_item.emplace(ItemKey{items.array()[i].text()}, MeetingId{items.array()[i + 1].text()});
  }
  for (size_t i = 0; i + 1 < uids.array().size(); i += 2) {
    index.by_uid.emplace(uids.array()[i].text(), MeetingId{uids.array()[i + 1].text()});
  }
  return index;
}

absl::StatusOr<MeetingChanges> RedisMeetingStore::ChangesSince(const UserId& owner, uint64_t revision,
                                                               Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.RunScript(MeetingChangesScript(),
                                         {MailboxKey(owner, "meeting_revision"), MailboxKey(owner, "meeting_changes"),
                                          MailboxKey(owner, "meetings"), MailboxKey(owner, "meeting_floor")},
                                         {std::to_string(revision)}, deadline));
  const auto& parts = reply.array();
  if (parts.size() < 2) return absl::InternalError("meeting_sync_meeting_changes answered too little");
  MeetingChanges changes{.live = {}, .gone = {}, .revision = ToNumber<uint64_t>(parts[0].text())};
  changes.gap = revision < ToNumber<uint64_t>(parts[1].text()) || revision > changes.revision;
  for (size_t i = 2; i + 1 < parts.size(); i += 2) {
    auto meeting = Read(owner, parts[i].text(), parts[i + 1].text());
    if (meeting && meeting->state == BridgeState::kLive) {
      changes.live.push_back(*std::move(meeting));
    } else {
      changes.gone.push_back(MeetingId{parts[i].text()});
    }
  }
  return changes;
}

absl::StatusOr<std::vector<Conflict>> RedisMeetingStore::ListConflicts(const UserId& owner, const std::string& before,
                                                                       size_t limit, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.Call({"XREVRANGE", MailboxKey(owner, "conflicts"), before.empty() ? "+" : "(" + before,
                                     "-", "COUNT", std::to_string(limit)},
                                    deadline));
  std::vector<Conflict> found;
  for (const auto& entry : reply.array()) {
    if (auto conflict = ConflictFrom(entry)) found.push_back(*std::move(conflict));
  }
  return found;
}

absl::StatusOr<std::optional<BrakedRun>> RedisMeetingStore::Brake(const UserId& owner, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"GET", MailboxKey(owner, "brake")}, deadline));
  if (reply.is_nil()) return std::optional<BrakedRun>();
  return DecodeBrake(reply.text());
}

absl::Status RedisMeetingStore::SetBrake(const UserId& owner, const std::optional<BrakedRun>& run, Deadline deadline) {
  const auto key = MailboxKey(owner, "brake");
  if (!run) return redis_.CallDurable({"DEL", key}, deadline).status();
  return redis_.CallDurable({"SET", key, EncodeBrake(*run)}, deadline).status();
}

}  // namespace crosspoint::meeting_sync
