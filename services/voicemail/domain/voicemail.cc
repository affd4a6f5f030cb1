#include "voicemail/domain/voicemail.h"

#include <algorithm>
#include <iterator>

#include "common/phone/phone_number.h"
#include "common/status/status.h"

namespace crosspoint::voicemail {
namespace {

constexpr size_t kMaxExtension = 16;
// Without an area code no number of the public network is as short, and none that is presented begins otherwise than
// with 0 or +.
constexpr size_t kSurelyExtension = 6;

// Extensions as the directory has them.
bool IsExtension(std::string_view text) {
  return !text.empty() && text.size() <= kMaxExtension &&
         text.find_first_not_of("0123456789*#") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<VoicemailName> VoicemailName::Parse(std::string_view name, std::string_view field) {
  constexpr std::string_view kPart = "/voicemails/";
  const auto at = name.rfind(kPart);
  if (at != std::string_view::npos && IsValidSegment(name.substr(at + kPart.size()))) {
    auto user = UserId::Parse(name.substr(0, at), field);
    if (user.ok()) return VoicemailName{*std::move(user), {std::string(name.substr(at + kPart.size()))}};
  }
  return InvalidField(field, "must look like tenants/{tenant}/users/{user}/voicemails/{voicemail}");
}

absl::StatusOr<std::string> ReadCallerNumber(std::string_view typed, std::string_view region, std::string_view field) {
  if (typed.empty()) return std::string();
  std::string digits;
  std::copy_if(typed.begin(), typed.end(), std::back_inserter(digits), [](char c) { return c != ' ' && c != '-'; });
  if (IsExtension(digits) && digits.size() <= kSurelyExtension && digits.front() != '0') return digits;
  if (const auto number = phone::ParseNumber(typed, region); number.ok()) return number->e164;
  if (IsExtension(digits)) return digits;
  return InvalidField(field,
                      "a number as +493012345678, an extension of up to 16 digits, or empty when it is withheld");
}

}  // namespace crosspoint::voicemail
