#include "meeting_sync/adapters/configured_bridge.h"

#include "meeting_sync/app/reasons.h"
#include "meeting_sync/domain/conference_codes.h"

namespace crosspoint::meeting_sync {
namespace {

std::string AddressOf(const std::string& pattern, const std::string& code) {
  constexpr std::string_view kPlace = "{code}";
  auto url = pattern;
  if (const auto at = url.find(kPlace); at != std::string::npos) return url.replace(at, kPlace.size(), code);
  if (url.back() != '/') url += '/';
  return url + code;
}

}  // namespace

// No leading zero, which people and spreadsheets lose.
std::string ConfiguredBridge::NewCode(size_t digits) const {
  while (true) {
    auto code = digits_(digits);
    if (code.front() != '0' && !IsEasilyGuessed(code)) return code;
  }
}

absl::StatusOr<Conference> ConfiguredBridge::CreateConference(const ConferenceOrder& order, Deadline /*deadline*/) {
  const auto tenant = tenants_.find(order.owner.tenant);
  if (tenant == tenants_.end() || tenant->second.url().empty()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_BRIDGE", "the tenant has no conference bridge");
  }
  const auto& settings = tenant->second;
  Conference conference{.dial_in_numbers = settings.dial_in_numbers, .participant_code = NewCode(settings.code_digits)};
  do {
    conference.host_code = NewCode(settings.code_digits);
  } while (conference.host_code == conference.participant_code);
  if (settings.password_digits > 0) {
    do {
      conference.password = digits_(settings.password_digits);
    } while (IsEasilyGuessed(conference.password));
  }
  conference.url = AddressOf(settings.url(), conference.participant_code);
  return conference;
}

}  // namespace crosspoint::meeting_sync
