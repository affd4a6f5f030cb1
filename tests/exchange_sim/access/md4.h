#pragma once

#include <string>
#include <string_view>

namespace crosspoint::exchange_sim {

// RFC 1320. Broken as a hash and used here only because NTLM is made of it; OpenSSL has it in a provider that is often
// not installed.
std::string Md4(std::string_view bytes);

}  // namespace crosspoint::exchange_sim
