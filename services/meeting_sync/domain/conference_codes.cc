#include "meeting_sync/domain/conference_codes.h"

#include <cstddef>

namespace crosspoint::meeting_sync {

bool IsEasilyGuessed(std::string_view digits) {
  if (digits.size() < 2) return true;
  for (const int step : {-1, 0, 1}) {
    bool steady = true;
    for (size_t i = 1; i < digits.size(); ++i) steady &= (digits[i - 1] - '0' + 10 + step) % 10 == digits[i] - '0';
    if (steady) return true;
  }
  return false;
}

}  // namespace crosspoint::meeting_sync
