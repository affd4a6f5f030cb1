#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace crosspoint {

// Fills with random bytes.
using RandomBytes = std::function<void(std::span<uint8_t>)>;

// From the system's cryptographic source; stops the process when there is none.
void SystemRandomBytes(std::span<uint8_t> bytes);

// `count` decimal digits, each equally likely: bytes that would favour some are thrown away.
std::string RandomDigits(size_t count, const RandomBytes& random = SystemRandomBytes);

}  // namespace crosspoint
