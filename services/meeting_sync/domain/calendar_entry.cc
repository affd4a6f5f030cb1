#include "meeting_sync/domain/calendar_entry.h"

namespace crosspoint::meeting_sync {
namespace {

// FNV-1a of 128 bits: ids come from the mail server, nobody chooses them to collide, and the value must be the same for
// ever. Source: draft-eastlake-fnv.
class Fnv128 {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes) {
      hash_ ^= static_cast<unsigned char>(c);
      hash_ *= kPrime;
    }
  }

  std::string Text() const {
    static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
    std::string text(26, '0');
    auto rest = hash_;
    for (auto it = text.rbegin(); it != text.rend(); ++it) {
      *it = kDigits[static_cast<unsigned>(rest & 31)];
      rest >>= 5;
    }
    return text;
  }

 private:
  using Word = unsigned __int128;
  static constexpr Word kPrime = (Word{1} << 88) | 0x13b;
  Word hash_ = (Word{0x6c62272e07bb0142ULL} << 64) | 0x62b821756295c58dULL;
};

}  // namespace

ItemKey KeyOf(std::string_view item_id) {
  Fnv128 hash;
  hash.Add(item_id);
  return ItemKey{hash.Text()};
}

}  // namespace crosspoint::meeting_sync
