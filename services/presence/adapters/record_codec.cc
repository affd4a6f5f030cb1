#include "presence/adapters/record_codec.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace crosspoint::presence {
namespace {

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > static_cast<uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  return value;
}

// A number of an enum whose greatest is `last`.
template <class Enum>
std::optional<Enum> OneOf(std::string_view text, Enum last) {
  const auto value = Number(text);
  if (!value || *value > static_cast<uint64_t>(last)) return std::nullopt;
  return static_cast<Enum>(*value);
}

// Takes the text up to the next '|'; the last field is what is left.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}
  std::string_view Next() {
    const auto bar = rest_.find('|');
    complete_ = complete_ && bar != std::string_view::npos;
    const auto field = rest_.substr(0, bar);
    rest_ = bar == std::string_view::npos ? std::string_view() : rest_.substr(bar + 1);
    return field;
  }
  std::string_view rest() const { return rest_; }
  bool complete() const { return complete_; }

 private:
  std::string_view rest_;
  bool complete_ = true;
};

}  // namespace

std::string EncodeTime(TimePoint time) {
  return time == kOpenEnd ? "0" : std::to_string(time.time_since_epoch().count());
}

std::optional<TimePoint> DecodeTime(std::string_view text) {
  const auto value = Number(text);
  if (!value) return std::nullopt;
  return TimePoint{std::chrono::microseconds{*value}};
}

std::optional<TimePoint> DecodeEnd(std::string_view text) {
  const auto time = DecodeTime(text);
  return time && *time == TimePoint{} ? kOpenEnd : time;
}

std::string EncodeRecord(const PresenceRecord& record) {
  const auto& shown = record.availability;
  std::string text = std::to_string(record.revision) + '|' + std::to_string(record.visible_revision) + '|';
  text += EncodeTime(record.changed) + '|' + EncodeTime(record.next_edge) + '|';
  text += std::to_string(static_cast<int>(record.signals.line)) + '|';
  text += std::to_string(static_cast<int>(record.signals.im)) + '|';
  text += std::to_string(static_cast<int>(shown.claim_class)) + '|' + EncodeTime(shown.start) + '|';
  text += EncodeTime(shown.end) + '|' + shown.state.value + '|' + shown.note;
  return text;
}

std::optional<PresenceRecord> DecodeRecord(std::string_view text) {
  Fields fields(text);
  const auto revision = Number(fields.Next());
  const auto visible_revision = Number(fields.Next());
  const auto changed = DecodeTime(fields.Next());
  const auto next_edge = DecodeEnd(fields.Next());
  const auto line = OneOf(fields.Next(), LineState::kOnThePhone);
  const auto im = OneOf(fields.Next(), ImState::kOnline);
  const auto claim_class = OneOf(fields.Next(), ClaimClass::kOwnWord);
  const auto start = DecodeTime(fields.Next());
  const auto end = DecodeEnd(fields.Next());
  const auto state = fields.Next();
  if (!revision || !visible_revision || !changed || !next_edge || !line || !im || !claim_class || !start || !end ||
      !fields.complete()) {
    return std::nullopt;
  }
  return PresenceRecord{
      *revision,
      *visible_revision,
      *changed,
      *next_edge,
      Availability{StateId{std::string(state)}, std::string(fields.rest()), *claim_class, *start, *end},
      Signals{*line, *im}};
}

std::optional<Claim> DecodeClaim(std::string id, std::string_view text) {
  Fields fields(text);
  const auto claim_class = OneOf(fields.Next(), ClaimClass::kOwnWord);
  const auto start = DecodeTime(fields.Next());
  const auto end = DecodeEnd(fields.Next());
  const auto revision = Number(fields.Next());
  const auto state = fields.Next();
  const auto source = fields.Next();
  if (!claim_class || !start || !end || !revision || !fields.complete()) return std::nullopt;
  return Claim{ClaimId{std::move(id)},
               SourceId{std::string(source)},
               *claim_class,
               StateId{std::string(state)},
               std::string(fields.rest()),
               *start,
               *end,
               *revision};
}

}  // namespace crosspoint::presence
