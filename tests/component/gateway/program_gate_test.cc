#include "gateway/api/program_gate.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>

#include "crosspoint/common/v1/options.pb.h"
#include "gateway/api/public_services.h"

namespace crosspoint::gateway {
namespace {

// The methods with roles of all public services.
std::set<std::string> PublicMethods() {
  std::set<std::string> methods;
  for (const auto& service : PublicServices()) {
    const auto* const type = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service.full_name);
    for (int i = 0; i < type->method_count(); ++i) {
      if (!type->method(i)->options().GetExtension(common::v1::policy).roles().empty()) {
        methods.insert(type->method(i)->full_name());
      }
    }
  }
  return methods;
}

TEST(ProgramGate, TheTableNamesMethodsThatExist) {
  int judged = 0;
  for (const auto& name : PublicMethods()) {
    const auto dot = name.rfind('.');
    if (AbilityFor(name.substr(0, dot), name.substr(dot + 1))) ++judged;
  }
  EXPECT_EQ(judged, 9) << "a method was renamed, or the table grew without this test";
}

TEST(ProgramGate, ServicesAndBackendsAreAllOfTheContract) {
  std::set<std::string> backends;
  std::set<std::string> services;
  for (const auto& service : PublicServices()) {
    backends.insert(service.backend);
    services.insert(service.full_name);
  }
  EXPECT_EQ(backends, (std::set<std::string>{"", "contact", "directory", "meeting-sync", "presence", "voicemail"}));
  EXPECT_EQ(services.size(), 9u);
}

}  // namespace
}  // namespace crosspoint::gateway
