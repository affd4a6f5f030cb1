// Records come from Redis and from the bus, perhaps from replicas of another version.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "presence/adapters/record_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crosspoint::presence;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = DecodeRecord(text);
  if (record && DecodeRecord(EncodeRecord(*record)) != record) std::abort();
  (void)DecodeClaim("m1", text);
  return 0;
}
