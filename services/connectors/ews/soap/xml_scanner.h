#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::ews {

struct XmlLimits {
  size_t max_bytes = 32u << 20;  // of one document
  size_t max_nodes = 300'000;    // elements and attributes of one document: each costs far more memory than its bytes
  size_t max_depth = 100;
};

// Finds where documents end in a row of them, in pieces of any size, and refuses what must never reach a parser: any
// DOCTYPE (and with it every entity), NUL bytes and other encodings than UTF-8's family, depth, size and number beyond
// the limits. It does not check that names match: the parser does. One row, one thread.
class XmlScanner {
 public:
  using OnDocument = std::function<absl::Status(std::string_view)>;

  explicit XmlScanner(XmlLimits limits = {}) : limits_(limits) {}

  // Calls `on_document` for every document that ends in `bytes`; the view lives for the call. Errors are final and are
  // returned: its own (EWS_BAD_ANSWER) or that of `on_document`.
  absl::Status Feed(std::string_view bytes, const OnDocument& on_document);
  // Nothing but white space has come since the last document.
  bool AtBoundary() const { return !inside_; }

 private:
  enum class State { kText, kTagStart, kOpenTag, kQuoted, kCloseTag, kInstruction, kBang, kComment, kCData };

  absl::Status Scan(std::string_view bytes, const OnDocument& on_document);  // without NUL
  // The next byte from `at` on that may change the state.
  size_t SkipPlain(std::string_view bytes, size_t at);
  // Takes one byte; true when it ends a document.
  absl::Status Take(char c, bool& document_ended);
  absl::Status TakeText(char c);
  absl::Status TakeTagStart(char c);
  absl::Status TakeBang(char c);
  absl::Status TakeOpenTag(char c, bool& document_ended);
  absl::Status CountNode();
  // Follows `closing` through the bytes; true at its last one.
  bool Matches(char c, std::string_view closing);

  const XmlLimits limits_;
  std::string buffer_;  // of a document, what earlier pieces brought
  size_t size_ = 0;     // of the document with the byte just taken
  State state_ = State::kText;
  size_t depth_ = 0;
  size_t nodes_ = 0;
  size_t matched_ = 0;  // bytes of the closing sequence seen
  char quote_ = 0;
  char last_ = 0;        // previous byte inside an opening tag
  bool inside_ = false;  // something of a document has come
  std::string bang_;     // what followed "<!"
};

// OK when `text` is exactly one document within the limits.
absl::Status CheckXml(std::string_view text, const XmlLimits& limits);

}  // namespace crosspoint::ews
