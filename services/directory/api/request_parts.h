#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/ids/digest.h"

namespace crosspoint::directory {

// kInvalidArgument unless empty or a UUID.
absl::Status CheckRequestId(const std::string& request_id);

// 0 means `usual`, more than `most` means `most`.  kInvalidArgument when negative.
absl::StatusOr<size_t> PageSize(int32_t asked, size_t usual, size_t most);

// Tells requests apart by their content, `request_id` aside.
template <class Request>
std::string Fingerprint(Request request) {
  request.clear_request_id();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

}  // namespace crosspoint::directory
