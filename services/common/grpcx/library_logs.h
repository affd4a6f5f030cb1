#pragma once

#include "common/log/log.h"

namespace crosspoint::grpcx {

// What gRPC and protobuf print by themselves goes to `log` while this lives: their errors as warnings (event
// "grpc_library", mostly handshakes of strangers), the rest at debug. Process-wide; with several, the one made first.
class LibraryLogs {
 public:
  explicit LibraryLogs(log::Logger& log);
  ~LibraryLogs();
  LibraryLogs(const LibraryLogs&) = delete;
  LibraryLogs& operator=(const LibraryLogs&) = delete;

 private:
  log::Logger& log_;
};

}  // namespace crosspoint::grpcx
