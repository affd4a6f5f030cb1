#include "meeting_sync/adapters/record_codec.h"

#include <charconv>
#include <initializer_list>
#include <vector>

namespace crosspoint::meeting_sync {
namespace {

constexpr char kSeparator = '\x1f';
constexpr std::string_view kVersion = "1";

std::string Number(int64_t value) { return std::to_string(value); }
std::string Time(TimePoint time) { return Number(time.time_since_epoch().count()); }

std::string Join(std::initializer_list<std::string> fields) {
  std::string record(kVersion);
  for (const auto& field : fields) {
    record += kSeparator;
    for (const char c : field) {
      if (c != kSeparator) record += c;
    }
  }
  return record;
}

// The fields after the version; empty when there are not exactly `count`.
std::vector<std::string> Split(std::string_view record, size_t count) {
  std::vector<std::string> fields;
  while (true) {
    const auto end = record.find(kSeparator);
    fields.emplace_back(record.substr(0, end));
    if (end == std::string_view::npos) break;
    record.remove_prefix(end + 1);
  }
  if (fields.size() != count + 1 || fields.front() != kVersion) return {};
  fields.erase(fields.begin());
  return fields;
}

std::optional<int64_t> ToNumber(const std::string& text) {
  int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

std::optional<TimePoint> ToTime(const std::string& text) {
  const auto value = ToNumber(text);
  if (!value) return std::nullopt;
  return TimePoint{TimePoint::duration{*value}};
}

// An enum of `count` values counted from 0.
template <class Enum>
std::optional<Enum> ToEnum(const std::string& text, int64_t count) {
  const auto value = ToNumber(text);
  if (!value || *value < 0 || *value >= count) return std::nullopt;
  return static_cast<Enum>(*value);
}

template <class Enum>
std::string FromEnum(Enum value) {
  return Number(static_cast<int64_t>(value));
}

}  // namespace

std::string EncodeLink(const ItemLink& link) {
  return Join({link.item.id, link.item.change_key, FromEnum(link.kind), Time(link.start), Time(link.end),
               FromEnum(link.show_as), link.silent ? "1" : "0", link.chosen_state});
}

std::optional<ItemLink> DecodeLink(std::string_view key, std::string_view record) {
  const auto fields = Split(record, 8);
  if (fields.empty()) return std::nullopt;
  const auto kind = ToEnum<EntryKind>(fields[2], 3);
  const auto start = ToTime(fields[3]);
  const auto end = ToTime(fields[4]);
  const auto show_as = ToEnum<ShowAs>(fields[5], 5);
  if (!kind || !start || !end || !show_as) return std::nullopt;
  return ItemLink{.key = ItemKey{std::string(key)},
                  .item = {fields[0], fields[1]},
                  .kind = *kind,
                  .start = *start,
                  .end = *end,
                  .show_as = *show_as,
                  .silent = fields[6] == "1",
                  .chosen_state = fields[7]};
}

std::string EncodeClaim(const PlannedClaim& claim) {
  return Join({FromEnum(claim.claim_class), claim.state, Time(claim.start), Time(claim.end)});
}

std::optional<PlannedClaim> DecodeClaim(std::string_view id, std::string_view record) {
  const auto fields = Split(record, 4);
  if (fields.empty()) return std::nullopt;
  const auto claim_class = ToEnum<ClaimClass>(fields[0], 2);
  const auto start = ToTime(fields[2]);
  const auto end = ToTime(fields[3]);
  if (!claim_class || !start || !end) return std::nullopt;
  return PlannedClaim{
      .id = std::string(id), .claim_class = *claim_class, .state = fields[1], .start = *start, .end = *end};
}

std::string EncodeOrder(const ClaimOrder& order) {
  const auto claim = order.kind == ClaimOrder::Kind::kPut ? EncodeClaim(order.claim) : std::string();
  // The claim is a record of its own, so it comes after a line end.
  return Join({order.user.tenant.value, order.user.value, order.claim.id}) + "\n" + claim;
}

std::optional<ClaimOrder> DecodeOrder(std::string_view type, std::string_view payload) {
  const auto line = payload.find('\n');
  if (line == std::string_view::npos) return std::nullopt;
  const auto fields = Split(payload.substr(0, line), 3);
  if (fields.empty()) return std::nullopt;
  ClaimOrder order{.user = {TenantId{fields[0]}, fields[1]}, .claim = {.id = fields[2]}};
  if (type == kDeleteClaimType) {
    order.kind = ClaimOrder::Kind::kDelete;
    return order;
  }
  const auto claim = DecodeClaim(fields[2], payload.substr(line + 1));
  if (type != kPutClaimType || !claim) return std::nullopt;
  order.claim = *claim;
  return order;
}

}  // namespace crosspoint::meeting_sync
