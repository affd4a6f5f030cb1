// Tokens and key sets come from strangers before anything is known about them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/grpcx/token.h"

namespace {

// Generated for this; its private half is lost.
constexpr std::string_view kKeys = R"({"keys":[{"kty":"EC","kid":"k","crv":"P-256","use":"sig",
  "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crosspoint::grpcx;
  static const auto keys = KeySet::Parse(kKeys);
  if (!keys.ok()) std::abort();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto verified = VerifyToken(text, **keys, {"issuer", "crosspoint"}, crosspoint::TimePoint{});
  if (verified.ok()) std::abort();  // nobody can sign for that key
  (void)KeySet::Parse(text);
  return 0;
}
