// Part of the build: crosspoint-policy-check SET fails when a contract of ours breaks a rule of ProtoProblems. SET is
// what protoc --include_imports --include_source_info --descriptor_set_out writes.
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <cstdio>
#include <fstream>
#include <string_view>
#include <utility>

#include "common/grpcx/proto_rules.h"

int main(int argc, char** argv) {
  const bool comments = argc == 3 && std::string_view(argv[1]) == "--comments";
  if (argc != (comments ? 3 : 2)) {
    fmt::print(stderr, "usage: {} [--comments] DESCRIPTOR_SET\n", argv[0]);
    return 2;
  }
  const char* const set_file = argv[argc - 1];
  std::ifstream in(set_file, std::ios::binary);
  google::protobuf::FileDescriptorSet set;
  if (!in || !set.ParseFromIstream(&in)) {
    fmt::print(stderr, "{}: no descriptor set\n", set_file);
    return 2;
  }
  google::protobuf::DescriptorPool pool;
  int methods = 0;
  int problems = 0;
  for (const auto& file : set.file()) {
    const auto* const descriptor = pool.BuildFile(file);
    if (descriptor == nullptr) {
      fmt::print(stderr, "{}: cannot be built\n", file.name());
      return 2;
    }
    if (!file.package().starts_with("crosspoint.")) continue;
    for (int i = 0; i < descriptor->service_count(); ++i) methods += descriptor->service(i)->method_count();
    auto found = crosspoint::grpcx::ProtoProblems(*descriptor);
    if (comments) {
      for (auto& missing : crosspoint::grpcx::MissingComments(*descriptor)) found.push_back(std::move(missing));
    }
    for (const auto& problem : found) {
      ++problems;
      fmt::print(stderr, "{}: {}\n", file.name(), problem);
    }
  }
  if (problems > 0) {
    fmt::print(stderr, "{} problems in the contracts; the rules are in proto/README.md\n", problems);
    return 1;
  }
  fmt::print("{} methods, each with a policy\n", methods);
  return 0;
}
