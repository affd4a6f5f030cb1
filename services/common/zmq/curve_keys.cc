#include "common/zmq/curve_keys.h"

#include <zmq.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "common/status/status.h"

namespace crosspoint {
namespace {

constexpr size_t kKeyLength = 40;
constexpr size_t kBinaryKeyLength = 32;
using KeyBuffer = std::array<char, kKeyLength + 1>;

}  // namespace

CurveKeys NewCurveKeys() {
  KeyBuffer public_key{};
  KeyBuffer secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) std::abort();  // libzmq without CURVE
  return {.public_key = public_key.data(), .secret_key = secret_key.data()};
}

absl::StatusOr<CurveKeys> LoadCurveKeys(const std::filesystem::path& secret_file) {
  if (secret_file.empty()) return NewCurveKeys();
  const auto wrong = InvalidField("bus.curve_secret_file", "must be a file of one line: a CURVE secret key in Z85");
  std::ifstream in(secret_file);
  std::string secret;
  if (!std::getline(in, secret)) return wrong;
  while (!secret.empty() && (secret.back() == '\r' || secret.back() == ' ')) secret.pop_back();
  KeyBuffer public_key{};
  if (secret.size() != kKeyLength || zmq_curve_public(public_key.data(), secret.c_str()) != 0) return wrong;
  return CurveKeys{.public_key = public_key.data(), .secret_key = secret};
}

std::string PublicKeyText(const std::string& binary) {
  KeyBuffer text{};
  if (binary.size() != kBinaryKeyLength) return {};
  const auto* bytes = reinterpret_cast<const uint8_t*>(binary.data());
  if (zmq_z85_encode(text.data(), bytes, binary.size()) == nullptr) return {};
  return text.data();
}

}  // namespace crosspoint
