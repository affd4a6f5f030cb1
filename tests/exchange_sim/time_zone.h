#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange_sim/text.h"

namespace crosspoint::exchange_sim {

// A time zone by its Windows name ("W. Europe Standard Time"), its rules from ICU. Immutable.
class TimeZone {
 public:
  static std::shared_ptr<const TimeZone> Utc();
  // nullptr for a name that is neither a Windows nor an IANA one.
  static std::shared_ptr<const TimeZone> Find(std::string_view name);
  // All that a Windows server knows, in order.
  static std::vector<std::string> WindowsNames();
  static std::shared_ptr<const TimeZone> Fixed(std::string_view name, int offset_seconds);

  virtual ~TimeZone() = default;
  virtual Seconds ToLocal(Seconds utc) const = 0;
  virtual Seconds ToUtc(Seconds local) const = 0;
  const std::string& name() const { return name_; }

 protected:
  explicit TimeZone(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

using TimeZonePtr = std::shared_ptr<const TimeZone>;  // shared: every item of a zone points to the one instance

}  // namespace crosspoint::exchange_sim
