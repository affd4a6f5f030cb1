#include "connectors/ews/soap/xml_scanner.h"

#include <algorithm>

#include "common/status/status.h"
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
  // Everything before a NUL still counts.
  const std::string_view usable = bytes.substr(0, bytes.find('\0'));
  CROSSPOINT_RETURN_IF_ERROR(Scan(usable, on_document));
  return usable.size() == bytes.size() ? absl::OkStatus() : BadAnswer("contains NUL bytes");
}

absl::Status XmlScanner::Scan(std::string_view bytes, const OnDocument& on_document) {
  size_t begin = 0;  // of what belongs to the current document and is not in the buffer yet
  for (size_t at = 0; at < bytes.size();) {
    if (inside_) at = SkipPlain(bytes, at);
    if (buffer_.size() + (at - begin) > limits_.max_bytes) return BadAnswer("is larger than allowed");
    if (at == bytes.size()) break;
    const char c = bytes[at++];
    if (!inside_) {
      if (IsSpace(c)) continue;
      inside_ = true;
      begin = at - 1;
    }
    size_ = buffer_.size() + (at - begin);
    if (size_ > limits_.max_bytes) return BadAnswer("is larger than allowed");
    bool document_ended = false;
    CROSSPOINT_RETURN_IF_ERROR(Take(c, document_ended));
    if (!document_ended) continue;
    const std::string_view rest = bytes.substr(begin, at - begin);
    const absl::Status status = buffer_.empty() ? on_document(rest) : on_document(buffer_.append(rest));
    buffer_.clear();
    inside_ = false;
    nodes_ = 0;
    CROSSPOINT_RETURN_IF_ERROR(status);
  }
  if (inside_) buffer_.append(bytes.substr(begin));
  return absl::OkStatus();
}

size_t XmlScanner::SkipPlain(std::string_view bytes, size_t at) {
  const auto find = [&](auto c) { return std::min(bytes.find(c, at), bytes.size()); };
  switch (state_) {
    case State::kText:
      return depth_ > 0 ? find('<') : at;
    case State::kCData:
      return matched_ == 0 ? find(']') : at;
    case State::kCloseTag:
      while (at < bytes.size() && bytes[at] != '>' && bytes[at] != '<') ++at;
      return at;
    case State::kOpenTag: {
      const size_t from = at;
      while (at < bytes.size() && bytes[at] != '>' && bytes[at] != '<' && bytes[at] != '"' && bytes[at] != '\'') ++at;
      if (at > from) last_ = bytes[at - 1];
      return at;
    }
    case State::kQuoted:
      while (at < bytes.size() && bytes[at] != quote_ && bytes[at] != '<') ++at;
      return at;
    default:
      return at;
  }
}

absl::Status XmlScanner::Take(char c, bool& document_ended) {
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
  const bool is_mark = size_ <= kByteOrderMark.size() && c == kByteOrderMark[size_ - 1];
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
