#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crosspoint::exchange_sim {

// The three messages of NTLM as a server sees them, and NTLMv2. Source: MS-NLMP. NTLMv1 and LM are refused, signing,
// sealing and the message integrity code are not needed: the challenge holds no time stamp, so clients send none.

// What a message is; nullopt for anything that is none.
std::optional<int> NtlmMessageType(std::string_view message);

// The answer to a NEGOTIATE_MESSAGE; `server_challenge` has 8 bytes.
std::string NtlmChallenge(std::string_view negotiate, std::string_view server_challenge);

struct NtlmAuthenticate {
  std::string user;  // UTF-8
  std::string domain;
  std::string response;  // NTLMv2: the proof of 16 bytes, then what it covers
};
// nullopt when it is broken or not NTLMv2.
std::optional<NtlmAuthenticate> ReadNtlmAuthenticate(std::string_view message);

// Whether the response was made with this password for this challenge.
bool VerifyNtlm(const NtlmAuthenticate& authenticate, std::string_view server_challenge, std::string_view password);

}  // namespace crosspoint::exchange_sim
