#include "exchange_sim/access/ntlm.h"

#include <gtest/gtest.h>

#include "exchange_sim/access/md4.h"

namespace crosspoint::exchange_sim {
namespace {

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string Bytes(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

// Source: RFC 1320, appendix A.5.
TEST(SimNtlm, Md4OfTheRfcsTexts) {
  EXPECT_EQ(Hex(Md4("")), "31d6cfe0d16ae931b73c59d7e0c089c0");
  EXPECT_EQ(Hex(Md4("abc")), "a448017aaf21d8525fc10ae87aa6729d");
  EXPECT_EQ(Hex(Md4("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")),
            "043f8582f241db351ce627e153e7f0e4");
  EXPECT_EQ(Hex(Md4("12345678901234567890123456789012345678901234567890123456789012345678901234567890")),
            "e33b4ddc9c38f2199c3e7b164fcc0536");
}

// Source: MS-NLMP, section 4.2.4: User, Password and Domain with a server challenge of 0123456789abcdef.
TEST(SimNtlm, SpecifiedExampleOfNtlmV2IsVerified) {
  const std::string challenge = Bytes("0123456789abcdef");
  const NtlmAuthenticate example{"User", "Domain",
                                 Bytes("68cd0ab851e51c96aabc927bebef6a1c"
                                       "0101000000000000"
                                       "0000000000000000"
                                       "aaaaaaaaaaaaaaaa"
                                       "00000000"
                                       "02000c0044006f006d00610069006e00"
                                       "01000c00530065007200760065007200"
                                       "00000000"
                                       "00000000")};
  EXPECT_TRUE(VerifyNtlm(example, challenge, "Password"));
  EXPECT_FALSE(VerifyNtlm(example, challenge, "password"));
  EXPECT_FALSE(VerifyNtlm(example, Bytes("0123456789abcdee"), "Password"));
  EXPECT_FALSE(VerifyNtlm({"Other", "Domain", example.response}, challenge, "Password"));
}

TEST(SimNtlm, BrokenMessagesAreNone) {
  EXPECT_EQ(NtlmMessageType(""), std::nullopt);
  EXPECT_EQ(NtlmMessageType("NTLMSSP"), std::nullopt);
  std::string message("NTLMSSP\0\3\0\0\0", 12);
  EXPECT_FALSE(ReadNtlmAuthenticate(message).has_value());
  message.resize(64, '\0');
  EXPECT_FALSE(ReadNtlmAuthenticate(message).has_value()) << "no response in it";
  message[20] = message[22] = '\x7f';
  message[24] = '\xff';
  EXPECT_FALSE(ReadNtlmAuthenticate(message).has_value()) << "a field outside of the message";
}

}  // namespace
}  // namespace crosspoint::exchange_sim
