#pragma once

#include <string>
#include <vector>

namespace google::protobuf {
class FileDescriptor;
}

namespace crosspoint::grpcx {

// What breaks the rules of our contracts in `file`, one line each: a method without policy or with a wrong one, an enum
// without X_UNSPECIFIED = 0.
std::vector<std::string> ProtoProblems(const google::protobuf::FileDescriptor& file);

// Methods and fields without a comment. Needs a file with source information.
std::vector<std::string> MissingComments(const google::protobuf::FileDescriptor& file);

}  // namespace crosspoint::grpcx
