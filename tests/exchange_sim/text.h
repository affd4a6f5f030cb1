#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::exchange_sim {

using Seconds = int64_t;  // since 1970, UTC

std::string Base64(std::string_view bytes);
// nullopt for anything but complete base64.
std::optional<std::string> FromBase64(std::string_view text);

std::string Lower(std::string_view text);  // ASCII
std::string Trim(std::string_view text);
bool StartsWithNoCase(std::string_view text, std::string_view prefix);
bool ContainsNoCase(std::string_view text, std::string_view part);
std::vector<std::string> Split(std::string_view text, char separator);

// A well spread 64-bit value of `text`; the same in every run.
uint64_t Hash(std::string_view text, uint64_t seed = 0);
// The next value of a small deterministic generator.
uint64_t NextRandom(uint64_t& state);

// xs:dateTime. `local` is set when the text named no offset; `at` then counts as if it were UTC.
struct DateTime {
  Seconds at = 0;
  bool local = false;
};
std::optional<DateTime> ParseDateTime(std::string_view text);
std::string FormatDateTime(Seconds at);  // 2026-11-23T09:00:00Z

// The time, or that of the Moment in which this thread is.
Seconds Now();

}  // namespace crosspoint::exchange_sim
