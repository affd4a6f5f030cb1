// Resume tokens come back from clients, who may send anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "presence/app/resume_token.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using crosspoint::presence::ResumeToken;
  const auto token = ResumeToken::Decode({reinterpret_cast<const char*>(data), size});
  // What was read must survive another way through text.
  if (token && ResumeToken::Decode(token->Encode()) != token) std::abort();
  return 0;
}
