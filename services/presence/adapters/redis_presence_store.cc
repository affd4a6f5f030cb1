#include "presence/adapters/redis_presence_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/change_result.h"
#include "presence/adapters/presence_scripts.h"
#include "presence/adapters/record_codec.h"

namespace crosspoint::presence {
namespace {

constexpr std::chrono::milliseconds kEdgeDeadline{2000};
constexpr std::chrono::milliseconds kClockDeadline{1000};

// A caller with a distant deadline hears that Redis is away, not that time ran out.
Deadline Soonest(Deadline deadline, const RedisClient& redis) { return std::min(deadline, redis.DefaultDeadline()); }

// The claim put, as the script says it stands now; one that had ended already stands nowhere.
absl::StatusOr<Claim> ClaimOf(const ClaimWish& wish, const RedisReply& stored, TimePoint now) {
  if (stored.text().empty()) {
    return Claim{wish.id, wish.source, wish.claim_class, wish.state, wish.note, wish.start.value_or(now), wish.end, 0};
  }
  auto claim = DecodeClaim(wish.id.value, stored.text());
  if (!claim) return Unreadable("claim");
  return *std::move(claim);
}

// "length|fingerprint record"
bool DecodeAnswer(const std::string& text, UserClaims& known) {
  size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const auto start = static_cast<size_t>(end - text.data()) + 1;
  if (error != std::errc() || start > text.size() || length > text.size() - start) return false;
  const auto record = DecodeRecord(std::string_view(text).substr(start + length));
  if (!record) return false;
  known.answered_fingerprint = text.substr(start, length);
  known.answered_record = *record;
  return true;
}

}  // namespace

RedisPresenceStore::RedisPresenceStore(RedisClient& redis, const KnownEpoch& epoch, SignalLeases leases,
                                       const Clock* test_clock)
    : redis_(redis), epoch_(epoch), leases_(leases), test_clock_(test_clock), clock_(std::make_shared<StoreClock>()) {}

std::string RedisPresenceStore::ClockArgument() const {
  return test_clock_ == nullptr ? "" : EncodeTime(test_clock_->Now());
}

absl::StatusOr<ChangeResult> RedisPresenceStore::Change(const UserId& id, const ClaimChange& change,
                                                        Deadline deadline) {
  const auto user = KeyOf(id);
  const uint8_t shard = ShardOfUser(user);
  auto keys = UserKeys(shard, user);
  if (change.request) keys.push_back(ShardKey(shard, "request:" + user + ":" + change.request->id));
  std::vector<std::string> args{
      user, ClockArgument(), change.expected_revision ? std::to_string(*change.expected_revision) : "",
      change.request ? change.request->fingerprint : "", std::to_string(change.remove.size())};
  for (const auto& claim : change.remove) args.push_back(claim.value);
  if (change.put) {
    const auto& put = *change.put;
    args.insert(args.end(), {put.id.value, std::to_string(static_cast<int>(put.claim_class)),
                             put.start ? EncodeTime(*put.start) : "", EncodeTime(put.end), put.state.value,
                             put.source.value, put.note, std::to_string(change.max_claims)});
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.RunScriptDurable(kChangeScript, std::move(keys), std::move(args),
                                                                        Soonest(deadline, redis_)));
  CROSSPOINT_ASSIGN_OR_RETURN(auto result, ResultOf(reply, shard, epoch_.Get()));
  if (change.put) {
    if (reply.array().size() < 4) return Unreadable("answer");
    CROSSPOINT_ASSIGN_OR_RETURN(result.claim, ClaimOf(*change.put, reply.array()[3], result.now));
  }
  return result;
}

absl::StatusOr<UserClaims> RedisPresenceStore::Read(const UserId& id, const std::string& request_id,
                                                    Deadline deadline) {
  const auto user = KeyOf(id);
  const uint8_t shard = ShardOfUser(user);
  std::vector<std::string> keys{ShardKey(shard, "claims:" + user), ShardKey(shard, "records")};
  if (!request_id.empty()) keys.push_back(ShardKey(shard, "request:" + user + ":" + request_id));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.RunScript(kReadScript, std::move(keys), {user, ClockArgument()},
                                                                 Soonest(deadline, redis_)));
  const auto& parts = reply.array();
  if (parts.size() < 3) return Unreadable("answer");
  UserClaims known;
  const auto now = DecodeTime(parts[0].text());
  if (!now) return Unreadable("time");
  known.now = *now;
  if (!parts[1].text().empty()) {
    const auto record = DecodeRecord(parts[1].text());
    if (!record) return Unreadable("record");
    known.record = *record;
  }
  if (!parts[2].text().empty() && !DecodeAnswer(parts[2].text(), known)) return Unreadable("request");
  for (size_t i = 3; i + 1 < parts.size(); i += 2) {
    auto claim = DecodeClaim(parts[i].text(), parts[i + 1].text());
    if (!claim) return Unreadable("claim");
    known.claims.push_back(*std::move(claim));
  }
  return known;
}

void RedisPresenceStore::FireEdge(const UserKey& user, std::function<void(absl::StatusOr<ChangeResult>)> done) {
  const uint8_t shard = ShardOfUser(user);
  const auto sent = std::chrono::steady_clock::now();
  redis_.RunScriptDurableAsync(
      kEdgeScript, UserKeys(shard, user), {user, ClockArgument()}, sent + kEdgeDeadline,
      [done = std::move(done), clock = clock_, epoch = epoch_.Get(), shard, sent](absl::StatusOr<RedisReply> reply) {
        if (!reply.ok()) return done(reply.status());
        auto result = ResultOf(*reply, shard, epoch);
        if (result.ok()) clock->Heard(result->now, sent, std::chrono::steady_clock::now());
        done(std::move(result));
      });
}

void RedisPresenceStore::Report(const UserKey& user, const SignalReport& report, Deadline deadline,
                                SignalStore::Done done) {
  const uint8_t shard = ShardOfUser(user);
  std::vector<std::string> args{user, ClockArgument(), std::to_string(kMaxDevices)};
  const auto add = [&args](std::string name, int state, std::chrono::microseconds lease) {
    args.insert(args.end(), {std::move(name), std::to_string(state), std::to_string(lease.count())});
  };
  for (const auto& [device, state] : report.lines) add("d:" + device.value, static_cast<int>(state), leases_.line);
  if (report.im) add("im", static_cast<int>(*report.im), leases_.im);
  redis_.RunScriptAsync(kReportScript, UserKeys(shard, user), std::move(args), Soonest(deadline, redis_),
                        [done = std::move(done), epoch = epoch_.Get(), shard](absl::StatusOr<RedisReply> reply) {
                          if (!reply.ok()) return done(reply.status());
                          done(ResultOf(*reply, shard, epoch));
                        });
}

std::optional<TimePoint> RedisPresenceStore::StoreNow() const {
  if (test_clock_ != nullptr) return test_clock_->Now();
  return clock_->At(std::chrono::steady_clock::now());
}

void RedisPresenceStore::RefreshClock() {
  const auto sent = std::chrono::steady_clock::now();
  redis_.CallAsync({"TIME"}, sent + kClockDeadline, [clock = clock_, sent](absl::StatusOr<RedisReply> reply) {
    if (!reply.ok() || reply->array().size() != 2) return;
    const auto seconds = DecodeTime(reply->array()[0].text());
    const auto micros = DecodeTime(reply->array()[1].text());
    if (!seconds || !micros) return;
    const auto since_epoch = seconds->time_since_epoch() * 1'000'000 + micros->time_since_epoch();
    clock->Heard(TimePoint{since_epoch}, sent, std::chrono::steady_clock::now());
  });
}

}  // namespace crosspoint::presence
