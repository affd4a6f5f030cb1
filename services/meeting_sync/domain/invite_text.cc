#include "meeting_sync/domain/invite_text.h"

namespace crosspoint::meeting_sync {

std::string InviteText(const Conference& conference) {
  std::string text = "Join the conference: " + conference.url + "\n";
  for (const auto& number : conference.dial_in_numbers) text += "Dial in: " + number + "\n";
  text += "Participant code: " + conference.participant_code + "\n";
  if (!conference.password.empty()) text += "Password: " + conference.password + "\n";
  return text;
}

}  // namespace crosspoint::meeting_sync
