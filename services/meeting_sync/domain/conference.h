#pragma once

#include <string>
#include <vector>

namespace crosspoint::meeting_sync {

// Who somebody is in a conference. The host has the host code.
enum class ConferenceRole { kHost, kPresenter, kAttendee };

// How a conference on the bridge is reached.
struct Conference {
  std::string url;
  std::vector<std::string> dial_in_numbers;  // E.164
  std::string participant_code;              // digits; unique over all tenants
  std::string host_code;                     // digits; for the host alone
  std::string password;
  bool operator==(const Conference&) const = default;
};

// The conference as somebody in that role may see it.
inline Conference ForRole(Conference conference, ConferenceRole role) {
  if (role != ConferenceRole::kHost) conference.host_code.clear();
  return conference;
}

}  // namespace crosspoint::meeting_sync
