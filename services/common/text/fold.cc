#include "common/text/fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

namespace crosspoint {
namespace {

icu::StringPiece Piece(std::string_view text) { return {text.data(), static_cast<int32_t>(text.size())}; }

}  // namespace

std::string FoldForSearch(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  auto unicode = icu::UnicodeString::fromUTF8(Piece(text));
  unicode.foldCase();
  const auto* nfkd = icu::Normalizer2::getNFKDInstance(error);
  if (U_SUCCESS(error)) unicode = nfkd->normalize(unicode, error);

  icu::UnicodeString kept;
  bool blank = false;
  for (int32_t i = 0; i < unicode.length(); i = unicode.moveIndex32(i, 1)) {
    const UChar32 c = unicode.char32At(i);
    if (u_charType(c) == U_NON_SPACING_MARK) continue;
    if (u_isUWhiteSpace(c)) {
      blank = !kept.isEmpty();
      continue;
    }
    if (blank) kept.append(u' ');
    blank = false;
    kept.append(c);
  }
  std::string folded;
  kept.toUTF8String(folded);
  return folded;
}

std::vector<std::string> WordsOf(std::string_view folded) {
  std::vector<std::string> words(1);
  const auto* bytes = reinterpret_cast<const uint8_t*>(folded.data());
  const auto length = static_cast<int32_t>(folded.size());
  for (int32_t i = 0; i < length;) {
    const int32_t start = i;
    UChar32 c = 0;
    U8_NEXT(bytes, i, length, c);
    if (c >= 0 && u_isalnum(c)) {
      words.back().append(folded.substr(start, i - start));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool IsCleanUtf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto length = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, length, c);
    if (c < 0) return false;
    if (u_iscntrl(c) && c != '\t' && c != '\n' && c != '\r') return false;
  }
  return true;
}

}  // namespace crosspoint
