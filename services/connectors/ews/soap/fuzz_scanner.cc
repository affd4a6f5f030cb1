// libFuzzer target: a row of documents cut into pieces comes to the same documents as in one piece. The first byte is
// the length of the pieces.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/ews/soap/xml_scanner.h"

namespace {

struct Scanned {
  std::vector<std::string> documents;
  bool ok = true;
  bool at_boundary = true;
  bool operator==(const Scanned&) const = default;
};

Scanned Scan(std::string_view text, size_t piece) {
  Scanned scanned;
  crosspoint::ews::XmlScanner scanner({.max_bytes = 4096, .max_nodes = 64, .max_depth = 8});
  for (size_t at = 0; at < text.size() && scanned.ok; at += piece) {
    scanned.ok = scanner
                     .Feed(text.substr(at, piece),
                           [&](std::string_view document) {
                             scanned.documents.emplace_back(document);
                             return absl::OkStatus();
                           })
                     .ok();
  }
  scanned.at_boundary = scanner.AtBoundary();
  return scanned;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Scanned whole = Scan(text, text.size());
  const Scanned pieces = Scan(text, data[0] % 32 + 1);
  if (whole.documents != pieces.documents || whole.ok != pieces.ok) std::abort();
  if (whole.ok && whole.at_boundary != pieces.at_boundary) std::abort();
  return 0;
}
