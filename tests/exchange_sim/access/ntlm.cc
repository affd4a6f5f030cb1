#include "exchange_sim/access/ntlm.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cctype>

#include "exchange_sim/access/md4.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kSignature("NTLMSSP\0", 8);
constexpr uint32_t kUnicode = 0x00000001;
constexpr uint32_t kOem = 0x00000002;
// Target asked for, NTLM, always sign, target is a domain, extended session security, target info, version, 128 bits.
constexpr uint32_t kServerFlags =
    0x00000004 | 0x00000200 | 0x00008000 | 0x00010000 | 0x00080000 | 0x00800000 | 0x02000000 | 0x20000000;
// Target information: ids of MS-NLMP, section 2.2.2.1.
constexpr uint16_t kComputerName = 1;
constexpr uint16_t kDomainName = 2;
constexpr uint16_t kDnsComputerName = 3;
constexpr uint16_t kDnsDomainName = 4;
constexpr size_t kShortestProofAndBlob = 16 + 28;

void Put(std::string& out, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((number >> (8 * i)) & 255);
}

uint32_t NumberAt(std::string_view message, size_t at, int bytes) {
  uint32_t number = 0;
  for (int i = bytes - 1; i >= 0; --i) {
    number = (number << 8) | static_cast<unsigned char>(message[at + static_cast<size_t>(i)]);
  }
  return number;
}

// Code points of well-formed UTF-8; other bytes count as Latin-1.
std::string Utf16(std::string_view utf8) {
  std::string out;
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t point = lead;
    if (length > 1 && i + length <= utf8.size()) {
      point = lead & (0xffu >> (length + 1));
      for (size_t j = 1; j < length; ++j) point = (point << 6) | (static_cast<unsigned char>(utf8[i + j]) & 0x3f);
      i += length;
    } else {
      ++i;
    }
    if (point < 0x10000) {
      Put(out, point, 2);
    } else {
      Put(out, 0xd800 + ((point - 0x10000) >> 10), 2);
      Put(out, 0xdc00 + ((point - 0x10000) & 0x3ff), 2);
    }
  }
  return out;
}

// Names in the messages are ASCII in tests; what is not becomes '?'.
std::string FromWire(std::string_view text, bool unicode) {
  if (!unicode) return std::string(text);
  std::string out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    const uint32_t unit = NumberAt(text, i, 2);
    out += unit < 128 ? static_cast<char>(unit) : '?';
  }
  return out;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string HmacMd5(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_md5(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest, &size);
  return {reinterpret_cast<char*>(digest), size};
}

void PutPair(std::string& out, uint16_t id, std::string_view text) {
  const std::string value = Utf16(text);
  Put(out, id, 2);
  Put(out, value.size(), 2);
  out += value;
}

// The bytes that a field of length, capacity and offset at `at` points to.
std::optional<std::string_view> Field(std::string_view message, size_t at) {
  if (message.size() < at + 8) return std::nullopt;
  const size_t length = NumberAt(message, at, 2);
  const size_t offset = NumberAt(message, at + 4, 4);
  if (length > message.size() || offset > message.size() - length) return std::nullopt;
  return message.substr(offset, length);
}

}  // namespace

std::optional<int> NtlmMessageType(std::string_view message) {
  if (message.size() < 12 || message.substr(0, 8) != kSignature) return std::nullopt;
  return static_cast<int>(NumberAt(message, 8, 4));
}

std::string NtlmChallenge(std::string_view negotiate, std::string_view server_challenge) {
  const uint32_t asked = negotiate.size() >= 16 ? NumberAt(negotiate, 12, 4) : 0;
  const bool unicode = (asked & kUnicode) != 0;
  const std::string target = unicode ? Utf16("CORP") : "CORP";
  std::string info;
  PutPair(info, kDomainName, "CORP");
  PutPair(info, kComputerName, "SIM");
  PutPair(info, kDnsDomainName, "corp.example");
  PutPair(info, kDnsComputerName, "sim.corp.example");
  Put(info, 0, 4);

  constexpr size_t kHeader = 56;
  std::string out(kSignature);
  Put(out, 2, 4);
  Put(out, target.size(), 2);
  Put(out, target.size(), 2);
  Put(out, kHeader, 4);
  Put(out, kServerFlags | (unicode ? kUnicode : kOem), 4);
  out += server_challenge;
  Put(out, 0, 8);
  Put(out, info.size(), 2);
  Put(out, info.size(), 2);
  Put(out, kHeader + target.size(), 4);
  out += std::string_view("\x0a\x00\x39\x38\x00\x00\x00\x0f", 8);  // Windows 10.0 build 14393, NTLM revision 15
  return out + target + info;
}

std::optional<NtlmAuthenticate> ReadNtlmAuthenticate(std::string_view message) {
  if (NtlmMessageType(message) != 3 || message.size() < 64) return std::nullopt;
  const auto response = Field(message, 20);
  const auto domain = Field(message, 28);
  const auto user = Field(message, 36);
  if (!response || !domain || !user || response->size() < kShortestProofAndBlob) return std::nullopt;
  const bool unicode = (NumberAt(message, 60, 4) & kUnicode) != 0;
  return NtlmAuthenticate{FromWire(*user, unicode), FromWire(*domain, unicode), std::string(*response)};
}

bool VerifyNtlm(const NtlmAuthenticate& authenticate, std::string_view server_challenge, std::string_view password) {
  // NTOWFv2 and the proof. Source: MS-NLMP, section 3.3.2.
  const std::string key = HmacMd5(Md4(Utf16(password)), Utf16(Upper(authenticate.user) + authenticate.domain));
  const std::string_view response = authenticate.response;
  const std::string proof = HmacMd5(key, std::string(server_challenge) + std::string(response.substr(16)));
  return proof == response.substr(0, 16);
}

}  // namespace crosspoint::exchange_sim
