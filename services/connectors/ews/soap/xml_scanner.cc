#include "connectors/ews/soap/xml_scanner.h"

#include <algorithm>

#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

absl::Status XmlScanner::Feed(std::string_view bytes, const OnDocument& on_document) {
  while (!bytes.empty()) {
    // Text and CDATA are most of an answer: skip to what may end them.
    if (depth_ > 0 && (state_ == State::kText || (state_ == State::kCData && matched_ == 0))) {
      const size_t stop = std::min(bytes.find(state_ == State::kText ? '<' : ']'), bytes.size());
      const std::string_view skipped = bytes.substr(0, stop);
      if (skipped.find('\0') != skipped.npos) return BadAnswer("contains NUL bytes");
      buffer_.append(skipped);
      bytes.remove_prefix(stop);
      if (buffer_.size() > limits_.max_bytes) return BadAnswer("is larger than allowed");
      if (bytes.empty()) break;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (!inside_ && IsSpace(c)) continue;
    inside_ = true;
    buffer_.push_back(c);
    if (buffer_.size() > limits_.max_bytes) return BadAnswer("is larger than allowed");
    bool document_ended = false;
    if (absl::Status status = Take(c, document_ended); !status.ok()) return status;
    if (!document_ended) continue;
    const absl::Status status = on_document(buffer_);
    buffer_.clear();
    inside_ = false;
    nodes_ = 0;
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status XmlScanner::Take(char c, bool& document_ended) {
  if (c == '\0') return BadAnswer("contains NUL bytes");
  switch (state_) {
    case State::kText:
      return TakeText(c);
    case State::kTagStart:
      return TakeTagStart(c);
    case State::kBang:
      return TakeBang(c);
    case State::kOpenTag:
      return TakeOpenTag(c, document_ended);
    case State::kQuoted:
      if (c == '<') return BadAnswer("is not well-formed");
      if (c == quote_) state_ = State::kOpenTag;
      return absl::OkStatus();
    case State::kCloseTag:
      if (c == '<') return BadAnswer("is not well-formed");
      if (c == '>') {
        state_ = State::kText;
        document_ended = --depth_ == 0;
      }
      return absl::OkStatus();
    case State::kInstruction:
      if (Matches(c, "?>")) state_ = State::kText;
      return absl::OkStatus();
    case State::kComment:
      if (Matches(c, "-->")) state_ = State::kText;
      return absl::OkStatus();
    case State::kCData:
      if (Matches(c, "]]>")) state_ = State::kText;
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status XmlScanner::TakeText(char c) {
  if (c == '<') {
    state_ = State::kTagStart;
    return absl::OkStatus();
  }
  // Outside the root element only white space, or a byte order mark at the very beginning.
  const bool is_mark = buffer_.size() <= kByteOrderMark.size() && kByteOrderMark.substr(0, buffer_.size()) == buffer_;
  if (depth_ == 0 && !IsSpace(c) && !is_mark) return BadAnswer("is not XML");
  return absl::OkStatus();
}

absl::Status XmlScanner::TakeTagStart(char c) {
  matched_ = 0;
  if (c == '/') {
    if (depth_ == 0) return BadAnswer("is not well-formed");
    state_ = State::kCloseTag;
  } else if (c == '?') {
    state_ = State::kInstruction;
  } else if (c == '!') {
    bang_.clear();
    state_ = State::kBang;
  } else if (IsNameStart(c)) {
    last_ = c;
    state_ = State::kOpenTag;
  } else {
    return BadAnswer("is not well-formed");
  }
  return absl::OkStatus();
}

absl::Status XmlScanner::TakeBang(char c) {
  static constexpr std::string_view kCommentStart = "--";
  static constexpr std::string_view kCDataStart = "[CDATA[";
  bang_.push_back(c);
  if (bang_ == kCommentStart) {
    state_ = State::kComment;
  } else if (bang_ == kCDataStart && depth_ > 0) {
    state_ = State::kCData;
  } else if (kCommentStart.substr(0, bang_.size()) != bang_ && kCDataStart.substr(0, bang_.size()) != bang_) {
    return BadAnswer("carries a document type, which is never accepted");
  } else if (bang_ == kCDataStart) {
    return BadAnswer("is not well-formed");
  }
  return absl::OkStatus();
}

absl::Status XmlScanner::TakeOpenTag(char c, bool& document_ended) {
  if (c == '<') return BadAnswer("is not well-formed");
  if (c == '"' || c == '\'') {
    quote_ = c;
    last_ = c;
    state_ = State::kQuoted;
    return CountNode();
  }
  if (c != '>') {
    last_ = c;
    return absl::OkStatus();
  }
  state_ = State::kText;
  if (last_ == '/') {
    document_ended = depth_ == 0;
  } else if (++depth_ > limits_.max_depth) {
    return BadAnswer("is nested deeper than allowed");
  }
  return CountNode();
}

absl::Status XmlScanner::CountNode() {
  return ++nodes_ > limits_.max_nodes ? BadAnswer("has more elements than allowed") : absl::OkStatus();
}

bool XmlScanner::Matches(char c, std::string_view closing) {
  // All closing sequences repeat their first byte before a '>': "]]]>" still ends at its last three bytes.
  if (c == closing[matched_]) {
    ++matched_;
  } else if (matched_ + 1 == closing.size() && matched_ > 0 && c == closing[0]) {
    matched_ = closing.size() == 2 ? 1 : matched_;
  } else {
    matched_ = c == closing[0] ? 1 : 0;
  }
  if (matched_ < closing.size()) return false;
  matched_ = 0;
  return true;
}

absl::Status CheckXml(std::string_view text, const XmlLimits& limits) {
  XmlScanner scanner(limits);
  int documents = 0;
  absl::Status status = scanner.Feed(text, [&](std::string_view) {
    ++documents;
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (documents != 1 || !scanner.AtBoundary()) return BadAnswer("is not one whole XML document");
  return absl::OkStatus();
}

}  // namespace crosspoint::ews
