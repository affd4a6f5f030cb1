#pragma once

#include <string>

namespace google::protobuf {
class Message;
}

namespace crosspoint::grpcx {

// One line of text for logs, without the fields marked `sensitive`: in nested messages, maps and Any too. What cannot
// be looked into (unknown fields, an Any of unknown type) is left out.
std::string Redacted(const google::protobuf::Message& message);

}  // namespace crosspoint::grpcx
