#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock/clock.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

// "2026-11-23T05:20:11Z", with microseconds only when there are any.
std::string FormatDateTime(TimePoint time);
std::string FormatDate(const Date& date);

// xs:dateTime with any number of digits in the fraction (cut to microseconds) and any zone; without one it is UTC, and
// so is a plain date. nullopt for everything else.
std::optional<TimePoint> ParseDateTime(std::string_view text);
// xs:date with or without zone, or an xs:dateTime, of which the date as written counts.
std::optional<Date> ParseDate(std::string_view text);

std::optional<int> ParseInt(std::string_view text);
std::optional<bool> ParseBool(std::string_view text);

// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string ToValidUtf8(std::string text);
// Standard alphabet; white space is skipped and a cut-off end is forgiven. nullopt when another character occurs.
std::optional<std::string> DecodeBase64(std::string_view text);
// The same for `text` itself, which shrinks; false when another character occurs, and `text` is spoilt then.
bool DecodeBase64InPlace(std::string& text);
std::string EncodeBase64(std::string_view bytes);

bool EqualsIgnoringCase(std::string_view a, std::string_view b);
std::string_view Trim(std::string_view text);

}  // namespace crosspoint::ews
