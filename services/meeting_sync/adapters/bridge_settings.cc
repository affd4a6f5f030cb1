#include "meeting_sync/adapters/bridge_settings.h"

#include <algorithm>
#include <cctype>

#include "common/config/binder.h"

namespace crosspoint::meeting_sync {
namespace {

bool IsWebAddress(const std::string& url) {
  const auto plain = [](unsigned char c) { return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>'; };
  return url.rfind("https://", 0) == 0 && url.size() > 8 && std::all_of(url.begin(), url.end(), plain);
}

bool IsE164(const std::string& number) {
  return number.size() >= 8 && number.size() <= 16 && number.front() == '+' && number[1] != '0' &&
         std::all_of(number.begin() + 1, number.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

const std::string& BridgeSettings::url() const {
  static const std::string none;
  switch (mode) {
    case BridgeMode::kOnSite:
      return on_site_url;
    case BridgeMode::kHosted:
      return hosted_url;
    case BridgeMode::kNone:
      break;
  }
  return none;
}

void BindConfig(config::Binder& binder, BridgeSettings& settings) {
  const auto wanted = [&settings](BridgeMode mode, const std::string& url) -> std::string {
    if (url.empty() && settings.mode != mode) return "";
    return IsWebAddress(url) ? "" : "an https address of the bridge, with {code} where the participant code belongs";
  };
  binder
      .Choice("mode", settings.mode,
              {{"none", BridgeMode::kNone}, {"on_site", BridgeMode::kOnSite}, {"hosted", BridgeMode::kHosted}})
      .Field("on_site_url", settings.on_site_url)
      .Field("hosted_url", settings.hosted_url)
      .Field("dial_in_numbers", settings.dial_in_numbers)
      .Field("code_digits", settings.code_digits, {8, 12})
      .Field("password_digits", settings.password_digits, {0, 12})
      .Check("on_site_url", [&settings, wanted] { return wanted(BridgeMode::kOnSite, settings.on_site_url); })
      .Check("hosted_url", [&settings, wanted] { return wanted(BridgeMode::kHosted, settings.hosted_url); })
      .Check("dial_in_numbers",
             [&settings]() -> std::string {
               const auto& numbers = settings.dial_in_numbers;
               return std::all_of(numbers.begin(), numbers.end(), IsE164) ? "" : "numbers as E.164: +15550100";
             })
      .Check("password_digits", [&settings]() -> std::string {
        return settings.password_digits == 0 || settings.password_digits >= 4 ? "" : "0, or 4 to 12";
      });
}

}  // namespace crosspoint::meeting_sync
