// Tokens and key sets come from strangers before anything is known about them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/grpcx/token.h"

namespace {

// Generated for this; its private half is lost.
constexpr std::string_view kKeys = R"({"keys":[{"kty":"EC","kid":"k","crv":"P-256","use":"sig",
  "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

std::string Base64Url(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[(bits >> (count - 6)) & 63];
  }
  if (count > 0) out += kAlphabet[(bits << (6 - count)) & 63];
  return out;
}

void Verify(std::string_view token) {
  using namespace crosspoint::grpcx;
  static const auto keys = KeySet::Parse(kKeys);
  if (!keys.ok()) std::abort();
  const auto verified = VerifyToken(token, **keys, {"issuer", "crosspoint"}, crosspoint::TimePoint{});
  if (verified.ok()) std::abort();  // nobody can sign for that key
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Verify(text);
  // As a header of its own, so that the mutations reach what is behind the encoding.
  const auto header = text.substr(0, text.find('\0'));
  Verify(Base64Url(header) + ".e30." + Base64Url(std::string(64, 'x')));
  (void)crosspoint::grpcx::KeySet::Parse(text);
  return 0;
}
