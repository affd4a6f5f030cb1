#include "presence/adapters/redis_schedule_store.h"

#include <algorithm>
#include <utility>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/change_result.h"
#include "presence/adapters/presence_scripts.h"
#include "presence/adapters/record_codec.h"
#include "presence/adapters/schedule_codec.h"

namespace crosspoint::presence {
namespace {

constexpr char kNeverWritten[] = "0";
constexpr int kDueAtOnce = 16;
constexpr std::chrono::microseconds kPutOff{std::chrono::minutes{1}};

std::string HolidayKey(const TenantId& tenant) { return ShardKey(ShardOfUser(tenant.value + "/"), "holidays"); }

}  // namespace

std::string RedisScheduleStore::ClockArgument() const {
  return test_clock_ == nullptr ? "" : EncodeTime(test_clock_->Now());
}

absl::StatusOr<StoredSchedule> RedisScheduleStore::Read(const UserId& id, Deadline deadline) {
  const auto user = KeyOf(id);
  const uint8_t shard = ShardOfUser(user);
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(kScheduleReadScript, {ShardKey(shard, "schedule:" + user), ShardKey(shard, "schedule-due")},
                       {user, ClockArgument()}, std::min(deadline, redis_.DefaultDeadline())));
  const auto& parts = reply.array();
  if (parts.size() != 3) return Unreadable("answer");
  const auto now = DecodeTime(parts[0].text());
  if (!now) return Unreadable("time");
  StoredSchedule stored{{}, kNeverWritten, *now, parts[2].text()};
  const auto& text = parts[1].text();
  if (text.empty()) return stored;
  const auto bar = text.find('|');
  if (bar == std::string::npos) return Unreadable("schedule");
  auto schedule = DecodeSchedule(std::string_view(text).substr(bar + 1));
  if (!schedule) return Unreadable("schedule");
  stored.schedule = *std::move(schedule);
  stored.etag = text.substr(0, bar);
  return stored;
}

absl::StatusOr<ScheduleStore::Written> RedisScheduleStore::Write(const UserId& id, const SchedulePlan& plan,
                                                                 Deadline deadline) {
  const auto user = KeyOf(id);
  const uint8_t shard = ShardOfUser(user);
  auto keys = UserKeys(shard, user);
  keys.push_back(ShardKey(shard, "schedule:" + user));
  keys.push_back(ShardKey(shard, "schedule-due"));
  std::vector<std::string> args{user,      ClockArgument(),       plan.etag, EncodeSchedule(plan.schedule),
                                plan.mark, EncodeTime(plan.again)};
  for (const auto& claim : plan.claims) {
    args.insert(args.end(),
                {claim.id.value, EncodeTime(claim.start), EncodeTime(claim.end), claim.state.value, claim.note});
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScriptDurable(kScheduleScript, std::move(keys), std::move(args),
                                                      std::min(deadline, redis_.DefaultDeadline())));
  Written written;
  CROSSPOINT_ASSIGN_OR_RETURN(written.result, ResultOf(reply, shard, epoch_.Get()));
  if (reply.array().size() < 4) return Unreadable("answer");
  written.etag = reply.array()[3].text();
  return written;
}

absl::StatusOr<std::vector<UserKey>> RedisScheduleStore::TakeDue(uint8_t shard, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.RunScript(kScheduleDueScript, {ShardKey(shard, "schedule-due")},
                                         {ClockArgument(), std::to_string(kDueAtOnce), std::to_string(kPutOff.count())},
                                         std::min(deadline, redis_.DefaultDeadline())));
  std::vector<UserKey> users;
  for (const auto& user : reply.array()) users.push_back(user.text());
  return users;
}

absl::StatusOr<StoredHolidays> RedisScheduleStore::ReadHolidays(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"HGET", HolidayKey(tenant), tenant.value},
                                                            std::min(deadline, redis_.DefaultDeadline())));
  if (reply.is_nil()) return StoredHolidays{{}, kNeverWritten};
  const auto& text = reply.text();
  const auto bar = text.find('|');
  if (bar == std::string::npos) return Unreadable("holiday calendar");
  auto holidays = DecodeHolidays(std::string_view(text).substr(bar + 1));
  if (!holidays) return Unreadable("holiday calendar");
  return StoredHolidays{*std::move(holidays), text.substr(0, bar)};
}

absl::StatusOr<std::string> RedisScheduleStore::WriteHolidays(const TenantId& tenant,
                                                              const std::vector<Holiday>& holidays,
                                                              const std::string& etag, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.RunScriptDurable(kVersionedScript, {HolidayKey(tenant)},
                                                                        {tenant.value, etag, EncodeHolidays(holidays)},
                                                                        std::min(deadline, redis_.DefaultDeadline())));
  CROSSPOINT_ASSIGN_OR_RETURN(auto written, reply.AsString());
  if (written.empty()) {
    return ErrorWithInfo(absl::StatusCode::kAborted, "the holidays changed since they were read; read them again",
                         {"ETAG_STALE", "presence.crosspoint", {}});
  }
  return written;
}

absl::Status RedisScheduleStore::MarkAllDue(const TenantId& tenant, Deadline deadline) {
  for (size_t shard = 0; shard < kShards; ++shard) {
    CROSSPOINT_RETURN_IF_ERROR(redis_
                                   .RunScriptDurable(kScheduleMarkScript,
                                                     {ShardKey(static_cast<uint8_t>(shard), "schedule-due")},
                                                     {tenant.value + "/"}, std::min(deadline, redis_.DefaultDeadline()))
                                   .status());
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::presence
