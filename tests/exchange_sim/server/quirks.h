#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "exchange_sim/store.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// Habits of servers that speak EWS without being Exchange. Each can be switched on and off at any time. README.md
// describes them.
class Quirks {
 public:
  enum class Kind {
    kPrefixes,
    kNoChangeKeys,
    kFractions,
    kDateTimesForDates,
    kSeriesNotExpanded,
    kStaleChangeKeys,
    kNoInlineAttachments,
    kFolderNotifications,
    kUnknownElements,
    kRepeatedElements,
    kMissingElements,
    kTypesNotification,
    kHttp200Faults,
    kNoPhotosOverHttp,
  };
  static const std::vector<std::string_view>& Names();  // in the order of Kind

  //   kInvalidArgument  no such name
  absl::Status Set(std::string_view name, bool on);
  bool Has(Kind kind) const { return (on_ & Bit(kind)) != 0; }
  std::vector<std::string_view> On() const;

  // The envelope as such a server would send it.
  std::string Answer(const std::string& envelope) const;
  // Changes the request so that the operation behaves as on such a server. The store is locked.
  void Request(pugi::xml_node operation, Store& store) const;

 private:
  static uint32_t Bit(Kind kind) { return uint32_t{1} << static_cast<uint32_t>(kind); }
  std::atomic<uint32_t> on_{0};
};

}  // namespace crosspoint::exchange_sim
