#include "common/grpcx/methods.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace crosspoint::grpcx {

void Methods::Add(std::string_view name, Kind kind, const google::protobuf::Message& request,
                  const google::protobuf::Message& response, UnaryFunction function) {
  AddMethod(name, Method{kind, &request, &response, std::move(function), {}});
}

void Methods::Add(std::string_view name, Kind kind, const google::protobuf::Message& request,
                  const google::protobuf::Message& response, StreamFunction function) {
  AddMethod(name, Method{kind, &request, &response, {}, std::move(function)});
}

void Methods::AddMethod(std::string_view name, Method method) {
  if (bound_.emplace(std::string(name), std::move(method)).second) return;
  fmt::print(stderr, "method {} is bound twice\n", name);
  std::abort();
}

}  // namespace crosspoint::grpcx
