#include "presence/domain/availability_table.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/ids/ids.h"
#include "common/status/status.h"
#include "common/text/fold.h"
#include "presence/domain/presence.h"

namespace crosspoint::presence {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

// FNV-1a, 64 bits, as hexadecimal digits.
std::string Fingerprint(const std::vector<AvailabilityState>& states) {
  uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    hash = (hash ^ 0xffu) * 0x100000001b3u;  // so that "ab","c" and "a","bc" differ
  };
  for (const auto& state : states) {
    for (const auto* text : {&state.id.value, &state.display_name, &state.color, &state.alternative_text}) add(*text);
    for (const auto& name : state.old_names) add(name);
  }
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(hash >> shift) & 0xfu];
  return out;
}

constexpr size_t kMaxDisplayNameBytes = 64;
constexpr size_t kMaxAlternativeTextBytes = 256;

bool IsLabel(std::string_view text, size_t most) {
  return !text.empty() && text.size() <= most && IsCleanUtf8(text) && text.find('\n') == std::string_view::npos;
}

bool IsColor(std::string_view text) {
  return text.size() == 7 && text.front() == '#' &&
         text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

}  // namespace

AvailabilityTable::AvailabilityTable(std::vector<AvailabilityState> states)
    : states_(std::move(states)), etag_(Fingerprint(states_)) {}

// Green and yellow are given; the others keep apart in hue and in lightness, so that they differ in grey too. Red is
// kept for the one state that refuses calls.
const AvailabilityTable& AvailabilityTable::Default() {
  static const AvailabilityTable kTable({
      {{kAvailableState}, "Available", "#2e9e44", "Available: free to talk", {"Standard"}},
      {{"in-a-meeting"}, "In a Meeting", "#f5c518", "In a meeting: calls may go unanswered", {"In a Meeting"}},
      {{"out-of-office"}, "Out of Office", "#8e44ad", "Out of office: away from the desk today", {"Out of Office"}},
      {{"vacation"}, "Vacation", "#1f6fd1", "On vacation: away for days", {"Vacation", "Extended Absence"}},
      {{"custom"}, "Custom", "#e67e22", "Custom: see the note", {"Custom"}},
      {{"do-not-disturb"}, "Do Not Disturb", "#b3261e", "Do not disturb: takes no calls", {"Do Not Disturb"}},
  });
  return kTable;
}

const AvailabilityState* AvailabilityTable::Find(const StateId& id) const {
  const auto at = std::find_if(states_.begin(), states_.end(), [&](const auto& state) { return state.id == id; });
  return at == states_.end() ? nullptr : &*at;
}

const AvailabilityState* AvailabilityTable::FindByAnyName(std::string_view name) const {
  for (const auto& state : states_) {
    if (EqualsIgnoringCase(state.id.value, name) || EqualsIgnoringCase(state.display_name, name)) return &state;
  }
  for (const auto& state : states_) {
    for (const auto& old_name : state.old_names) {
      if (EqualsIgnoringCase(old_name, name)) return &state;
    }
  }
  return nullptr;
}

std::string AvailabilityTable::Keys() const {
  std::string keys;
  for (const auto& state : states_) {
    if (!keys.empty()) keys += ", ";
    keys += state.id.value;
  }
  return keys;
}

absl::Status ValidateStates(const std::vector<AvailabilityState>& states, const AvailabilityTable& before) {
  if (states.size() > kMaxStates) return InvalidField("table.states", "must be at most 32");
  std::vector<std::pair<std::string_view, size_t>> names;  // and whose
  for (size_t i = 0; i < states.size(); ++i) {
    const auto& state = states[i];
    const auto field = "table.states[" + std::to_string(i) + "]";
    if (!IsValidSegment(state.id.value)) return InvalidField(field + ".key", "must be 1 to 63 of a-z, 0-9, -");
    if (!IsLabel(state.display_name, kMaxDisplayNameBytes)) {
      return InvalidField(field + ".display_name", "must be 1 to 64 bytes of text");
    }
    if (!IsColor(state.color)) return InvalidField(field + ".color", "must be #rrggbb");
    if (!IsLabel(state.alternative_text, kMaxAlternativeTextBytes)) {
      return InvalidField(field + ".alternative_text", "must be 1 to 256 bytes of text");
    }
    names.emplace_back(state.id.value, i);
    names.emplace_back(state.display_name, i);
    for (const auto& name : state.old_names) names.emplace_back(name, i);
  }
  for (size_t a = 0; a < names.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      const auto& [name, whose] = names[a];
      if (whose == names[b].second || !EqualsIgnoringCase(name, names[b].first)) continue;
      return InvalidField("table.states[" + std::to_string(whose) + "]",
                          "must have key and wording of its own: " + std::string(name) + " means another state");
    }
  }
  for (const auto& state : before.states()) {
    const auto kept = std::any_of(states.begin(), states.end(), [&](const auto& s) { return s.id == state.id; });
    if (!kept) return InvalidField("table.states", "must keep " + state.id.value + ": claims may be in it");
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::presence
