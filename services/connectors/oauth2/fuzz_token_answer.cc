#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "connectors/oauth2/token_answer.h"

// Whatever an issuer sends: a token is never empty and never without life, a refusal is always one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crosspoint::oauth2;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto token = ReadToken(text);
  if (token.ok() && (token->value.empty() || token->life.count() <= 0)) std::abort();
  for (const int status : {302, 400, 401, 429, 503}) {
    if (ReadRefusal(status, text, text.substr(0, 8), "secret").ok()) std::abort();
  }
  return 0;
}
