#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "presence/domain/claim.h"

namespace crosspoint::presence {

struct AvailabilityState {
  StateId id;
  std::string display_name;
  std::string color;             // "#rrggbb"
  std::string alternative_text;  // for those who cannot tell the colours apart
  // What the old Call Handling Mode called it.
  std::vector<std::string> old_names;

  bool operator==(const AvailabilityState&) const = default;
};

// States, wording and colours of a tenant: the only source of a presence icon's colour. Immutable; any thread.
class AvailabilityTable {
 public:
  explicit AvailabilityTable(std::vector<AvailabilityState> states);

  // The table of a tenant that has changed nothing. Lives as long as the process.
  static const AvailabilityTable& Default();

  const std::vector<AvailabilityState>& states() const { return states_; }  // in the order a menu shows them
  const AvailabilityState* Find(const StateId& id) const;
  // By key, wording or old name, whatever the case. nullptr: unknown.
  const AvailabilityState* FindByAnyName(std::string_view name) const;
  // Changes whenever the table does.
  const std::string& etag() const { return etag_; }
  // "available, in-a-meeting, …": for messages that say what would be right.
  std::string Keys() const;

 private:
  std::vector<AvailabilityState> states_;
  std::string etag_;
};

inline constexpr size_t kMaxStates = 32;

// Whether `states` may follow `before`: states are renamed, recoloured, put in another order and added, but not taken
// away, because claims may be in them.
//   kInvalidArgument  naming the field
absl::Status ValidateStates(const std::vector<AvailabilityState>& states, const AvailabilityTable& before);

}  // namespace crosspoint::presence
