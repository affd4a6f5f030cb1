#include "meeting_sync/domain/ical_uid.h"

#include <gtest/gtest.h>

namespace crosspoint::meeting_sync {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const unsigned char c : bytes) {
    hex += "0123456789ABCDEF"[c / 16];
    hex += "0123456789ABCDEF"[c % 16];
  }
  return hex;
}

const std::string kHead = "040000008200E00074C5B7101A82E008";

TEST(PlainUid, ExchangesFormOfAForeignUidIsTheUid) {
  const std::string uid = "c0123@bridge.acme.test";
  const std::string data = std::string("vCal-Uid\x01\0\0\0", 12) + uid + std::string(1, '\0');
  const auto global =
      kHead + std::string(40, '0') + Hex(std::string(1, static_cast<char>(data.size()))) + "000000" + Hex(data);
  EXPECT_EQ(PlainUid(global), uid);
}

TEST(PlainUid, EverythingElseStays) {
  for (const auto& uid : {std::string(), std::string("c0123@bridge.acme.test"), kHead, kHead + std::string(80, '0'),
                          kHead + "0", std::string("zz")}) {
    EXPECT_EQ(PlainUid(uid), uid);
  }
}

}  // namespace
}  // namespace crosspoint::meeting_sync
