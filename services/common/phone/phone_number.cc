#include "common/phone/phone_number.h"

#include <phonenumbers/phonenumberutil.h>

#include <set>

#include "common/status/status.h"

namespace crosspoint::phone {
namespace {

using i18n::phonenumbers::PhoneNumberUtil;
using Parsed = i18n::phonenumbers::PhoneNumber;

constexpr char kNoRegion[] = "ZZ";  // libphonenumber's word for it

const PhoneNumberUtil& Util() { return *PhoneNumberUtil::GetInstance(); }

absl::Status NoNumber(std::string_view why) { return InvalidField("number", why); }

}  // namespace

bool IsRegion(std::string_view region) {
  static const std::set<std::string, std::less<>> regions = [] {
    std::set<std::string> supported;
    Util().GetSupportedRegions(&supported);
    return std::set<std::string, std::less<>>(supported.begin(), supported.end());
  }();
  return regions.contains(region);
}

absl::StatusOr<PhoneNumber> ParseNumber(std::string_view typed, std::string_view region) {
  if (typed.size() > kMaxTypedNumber) return NoNumber("is too long for a telephone number");
  if (!region.empty() && !IsRegion(region)) return InvalidField("region", "must be two letters of ISO 3166-1, as DE");
  Parsed parsed;
  const auto error = Util().Parse(std::string(typed), region.empty() ? kNoRegion : std::string(region), &parsed);
  if (error == PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR) {
    return NoNumber(region.empty() ? "needs a country code, as in +49" : "has an unknown country code");
  }
  if (error != PhoneNumberUtil::NO_PARSING_ERROR) return NoNumber("is no telephone number");
  // Local numbers, without the area code, cannot be dialled from elsewhere.
  if (Util().IsPossibleNumberWithReason(parsed) != PhoneNumberUtil::IS_POSSIBLE) {
    return NoNumber("has a length that no telephone number has there");
  }
  PhoneNumber number;
  Util().Format(parsed, PhoneNumberUtil::E164, &number.e164);
  number.extension = parsed.extension();
  return number;
}

std::string DigitsOf(std::string_view typed) {
  std::string digits(typed.substr(0, kMaxTypedNumber));
  Util().ConvertAlphaCharactersInNumber(&digits);
  Util().NormalizeDigitsOnly(&digits);
  return digits;
}

}  // namespace crosspoint::phone
