#include "common/grpcx/proto_rules.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "common/grpcx/policy.h"

namespace crosspoint::grpcx {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;

template <class Thing>
void CheckComment(const Thing& thing, std::vector<std::string>& problems) {
  google::protobuf::SourceLocation location;
  if (thing.GetSourceLocation(&location) && location.leading_comments.empty() && location.trailing_comments.empty()) {
    problems.push_back(thing.full_name() + ": has no comment");
  }
}

void CheckEnum(const EnumDescriptor& type, std::vector<std::string>& problems) {
  const auto& first = *type.value(0);
  if (first.number() != 0 || !first.name().ends_with("_UNSPECIFIED")) {
    problems.push_back(fmt::format("{}: the first value must be …_UNSPECIFIED = 0", type.full_name()));
  }
}

void CheckEnums(const Descriptor& type, std::vector<std::string>& problems) {
  for (int i = 0; i < type.enum_type_count(); ++i) CheckEnum(*type.enum_type(i), problems);
  for (int i = 0; i < type.nested_type_count(); ++i) CheckEnums(*type.nested_type(i), problems);
}

void CheckComments(const Descriptor& type, std::vector<std::string>& problems) {
  if (type.options().map_entry()) return;
  for (int i = 0; i < type.field_count(); ++i) CheckComment(*type.field(i), problems);
  for (int i = 0; i < type.nested_type_count(); ++i) CheckComments(*type.nested_type(i), problems);
}

}  // namespace

std::vector<std::string> ProtoProblems(const FileDescriptor& file) {
  std::vector<std::string> problems;
  for (int i = 0; i < file.service_count(); ++i) {
    for (int j = 0; j < file.service(i)->method_count(); ++j) {
      const auto& method = *file.service(i)->method(j);
      for (const auto& problem : Policy::Problems(method)) {
        problems.push_back(fmt::format("{}: {}", method.full_name(), problem));
      }
    }
  }
  for (int i = 0; i < file.message_type_count(); ++i) CheckEnums(*file.message_type(i), problems);
  for (int i = 0; i < file.enum_type_count(); ++i) CheckEnum(*file.enum_type(i), problems);
  return problems;
}

std::vector<std::string> MissingComments(const FileDescriptor& file) {
  std::vector<std::string> missing;
  for (int i = 0; i < file.service_count(); ++i) {
    for (int j = 0; j < file.service(i)->method_count(); ++j) CheckComment(*file.service(i)->method(j), missing);
  }
  for (int i = 0; i < file.message_type_count(); ++i) CheckComments(*file.message_type(i), missing);
  return missing;
}

}  // namespace crosspoint::grpcx
