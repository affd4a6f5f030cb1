#include "common/grpcx/proto_rules.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "crosspoint/common/v1/options.pb.h"

namespace crosspoint::grpcx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Problems of a service whose only method has `policy`, called with a message that has a string `name`, a message `sub`
// and a map `by_key`.
std::vector<std::string> ProblemsOf(const std::string& policy, const std::string& enum_value = "KIND_UNSPECIFIED") {
  const std::string text = R"(
    name: "x.proto" package: "x" syntax: "proto3"
    message_type {
      name: "Request"
      field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
      field { name: "count" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL }
      field { name: "sub" number: 3 type: TYPE_MESSAGE type_name: ".x.Request" label: LABEL_REPEATED }
    }
    enum_type { name: "Kind" value { name: ")" +
                           enum_value + R"(" number: 0 } }
    service { name: "S" method { name: "M" input_type: ".x.Request" output_type: ".x.Request" options { )" +
                           policy + " } } }";
  google::protobuf::FileDescriptorProto proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto));
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  proto.add_dependency("crosspoint/common/v1/options.proto");
  const auto* const file = pool.BuildFile(proto);
  EXPECT_NE(file, nullptr);
  return file == nullptr ? std::vector<std::string>{"not built"} : ProtoProblems(*file);
}

std::string Option(const std::string& policy) { return "[crosspoint.common.v1.policy] { " + policy + " }"; }

TEST(ProtoRules, AMethodWithoutPolicyIsAProblem) { EXPECT_THAT(ProblemsOf(""), ElementsAre("x.S.M: has no policy")); }

TEST(ProtoRules, GoodPoliciesHaveNoProblem) {
  EXPECT_THAT(ProblemsOf(Option("roles: ROLE_USER scope: SCOPE_OWNER resource_field: \"name\"")), IsEmpty());
  EXPECT_THAT(ProblemsOf(Option("roles: ROLE_USER scope: SCOPE_TENANT resource_field: \"sub.sub.name\"")), IsEmpty());
  EXPECT_THAT(ProblemsOf(Option("services: \"meeting-sync\" scope: SCOPE_NONE")), IsEmpty());
  EXPECT_THAT(ProblemsOf(Option("roles: ROLE_ANONYMOUS scope: SCOPE_NONE")), IsEmpty());
}

TEST(ProtoRules, WrongPoliciesAreProblems) {
  for (const char* policy : {
           "",                                                                    // nobody, no scope
           "roles: ROLE_USER",                                                    // no scope
           "scope: SCOPE_NONE",                                                   // nobody
           "roles: ROLE_UNSPECIFIED scope: SCOPE_NONE",                           // no role
           "roles: ROLE_USER scope: SCOPE_TENANT",                                // no field
           "roles: ROLE_USER scope: SCOPE_TENANT resource_field: \"nam\"",        // no such field
           "roles: ROLE_USER scope: SCOPE_TENANT resource_field: \"count\"",      // no string
           "roles: ROLE_USER scope: SCOPE_TENANT resource_field: \"sub\"",        // no string
           "roles: ROLE_USER scope: SCOPE_TENANT resource_field: \"name.x\"",     // no message
           "roles: ROLE_USER scope: SCOPE_TENANT resource_field: \"sub.\"",       // ends early
           "roles: ROLE_USER scope: SCOPE_NONE resource_field: \"name\"",         // a field nobody looks at
           "roles: ROLE_ANONYMOUS scope: SCOPE_TENANT resource_field: \"name\"",  // nobody's tenant
           "roles: ROLE_USER scope: SCOPE_OWNER resource_field: \"name\" owner_exempt: ROLE_OPERATOR",  // may not call
           "roles: ROLE_USER scope: SCOPE_TENANT resource_field: \"name\" owner_exempt: ROLE_USER",     // no owner
           "services: \"Meeting Sync\" scope: SCOPE_NONE",                                              // no name
       }) {
    EXPECT_THAT(ProblemsOf(Option(policy)), ::testing::Not(IsEmpty())) << policy;
  }
}

TEST(ProtoRules, EnumsBeginWithUnspecified) {
  EXPECT_THAT(ProblemsOf(Option("roles: ROLE_USER scope: SCOPE_NONE"), "KIND_FIRST"),
              ElementsAre("x.Kind: the first value must be …_UNSPECIFIED = 0"));
}

TEST(ProtoRules, FieldsAndMethodsHaveComments) {
  google::protobuf::FileDescriptorProto proto;
  const auto* const options = google::protobuf::GetEnumDescriptor<common::v1::Role>()->file();
  options->CopyTo(&proto);
  auto* const location = proto.mutable_source_code_info()->add_location();
  location->add_path(4);  // message_type
  location->add_path(0);
  location->add_path(2);  // field
  location->add_path(0);
  for (const int number : {1, 2, 3, 4}) location->add_span(number);
  google::protobuf::DescriptorPool alone;
  google::protobuf::FileDescriptorProto descriptor_proto;
  google::protobuf::FileDescriptorProto::descriptor()->file()->CopyTo(&descriptor_proto);
  ASSERT_NE(alone.BuildFile(descriptor_proto), nullptr);
  const auto* file = alone.BuildFile(proto);
  ASSERT_NE(file, nullptr);
  EXPECT_THAT(MissingComments(*file), ElementsAre("crosspoint.common.v1.MethodPolicy.roles: has no comment"));
  proto.mutable_source_code_info()->mutable_location(0)->set_leading_comments(" who");
  google::protobuf::DescriptorPool again;
  ASSERT_NE(again.BuildFile(descriptor_proto), nullptr);
  file = again.BuildFile(proto);
  ASSERT_NE(file, nullptr);
  EXPECT_THAT(MissingComments(*file), IsEmpty());
}

}  // namespace
}  // namespace crosspoint::grpcx
