#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/time_point.h"

namespace crosspoint::smtp {

struct Address {
  std::string email;
  std::string name;  // what people read; may be empty
};

struct File {
  std::string name;  // "message.wav"; letters, digits, '.', '-' and '_'
  std::string type;  // "audio/wav"
  std::string bytes;
};

struct Mail {
  Address from;
  Address to;
  std::string subject;     // UTF-8 without control characters
  std::string text;        // UTF-8
  std::string message_id;  // "v1.u2@example.org": the same for every attempt to send this mail
  TimePoint date;
  std::vector<std::pair<std::string, std::string>> headers;  // more of them: names beginning with X-
  std::vector<File> files;
};

// Whether `text` is an address that may stand in an envelope and a header: local part and host name of ASCII letters,
// digits and the marks of RFC 5322's atoms, at most 254 bytes. Quoted local parts and address literals are not.
bool IsMailAddress(std::string_view text);

// The mail as it goes over the wire, lines ended by CRLF, all of it ASCII.
//   kInvalidArgument  names the field that could not be written without changing what the headers mean
absl::StatusOr<std::string> ToMime(const Mail& mail);

}  // namespace crosspoint::smtp
