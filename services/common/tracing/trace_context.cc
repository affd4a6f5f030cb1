#include "common/tracing/trace_context.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace crosspoint::tracing {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// Random bytes, fetched from the kernel in blocks: a system call for every span would cost more than the span.
template <size_t N>
std::array<uint8_t, N> RandomBytes() {
  thread_local std::array<uint8_t, 512> block;
  thread_local size_t used = block.size();
  if (block.size() - used < N) {
    if (getrandom(block.data(), block.size(), 0) != static_cast<ssize_t>(block.size())) std::abort();
    used = 0;
  }
  std::array<uint8_t, N> bytes;
  std::memcpy(bytes.data(), block.data() + used, N);
  used += N;
  return bytes;
}

// Neither all zero nor, for the chance of it, ever so.
template <size_t N>
std::array<uint8_t, N> RandomId() {
  auto id = RandomBytes<N>();
  if (std::all_of(id.begin(), id.end(), [](uint8_t byte) { return byte == 0; })) id.back() = 1;
  return id;
}

template <size_t N>
std::string Hex(const std::array<uint8_t, N>& bytes) {
  std::string text;
  text.reserve(2 * N);
  for (const auto byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;  // capitals are not allowed
}

bool ReadHex(std::string_view text, uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const int high = Digit(text[2 * i]);
    const int low = Digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

template <size_t N>
bool IsZero(const std::array<uint8_t, N>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace

bool TraceContext::valid() const { return !IsZero(trace_id) && !IsZero(span_id); }
std::string TraceContext::TraceIdHex() const { return Hex(trace_id); }
std::string TraceContext::SpanIdHex() const { return Hex(span_id); }

std::optional<TraceContext> ParseTraceparent(std::string_view header) {
  constexpr size_t kLength = 55;  // 00-<32>-<16>-<2>
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  uint8_t version = 0;
  if (!ReadHex(header.substr(0, 2), &version, 1) || version == 0xff) return std::nullopt;
  // Later versions may append fields, set off by a dash.
  if (version == 0 ? header.size() != kLength : header.size() > kLength && header[kLength] != '-') return std::nullopt;
  TraceContext context;
  uint8_t flags = 0;
  if (!ReadHex(header.substr(3, 32), context.trace_id.data(), 16) ||
      !ReadHex(header.substr(36, 16), context.span_id.data(), 8) || !ReadHex(header.substr(53, 2), &flags, 1) ||
      !context.valid()) {
    return std::nullopt;
  }
  context.sampled = (flags & 1) != 0;
  return context;
}

std::string FormatTraceparent(const TraceContext& context) {
  if (!context.valid()) return "";
  return "00-" + context.TraceIdHex() + "-" + context.SpanIdHex() + (context.sampled ? "-01" : "-00");
}

TraceContext NewTrace(bool sampled) { return {RandomId<16>(), RandomId<8>(), sampled}; }

TraceContext NewChild(const TraceContext& parent) { return {parent.trace_id, RandomId<8>(), parent.sampled}; }

std::string NewRequestId() {
  auto bytes = RandomBytes<16>();
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);  // variant of RFC 4122
  auto text = Hex(bytes);
  for (const size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

bool IsUsableRequestId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

}  // namespace crosspoint::tracing
