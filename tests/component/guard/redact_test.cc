#include "common/grpcx/redact.h"

#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <gtest/gtest.h>

#include "crosspoint/common/v1/error_info.pb.h"
#include "crosspoint/testing/v1/testing_service.pb.h"

namespace crosspoint::testing {
namespace {

using grpcx::Redacted;
using ::testing::HasSubstr;
using ::testing::Not;

v1::EchoRequest Request() {
  v1::EchoRequest request;
  request.set_name("tenants/acme");
  request.set_payload("hunter2");
  return request;
}

TEST(Redacted, ShowsTheRestOnOneLine) { EXPECT_EQ(Redacted(Request()), "name: \"tenants/acme\""); }

TEST(Redacted, LooksIntoRepeatedMessagesAndMaps) {
  v1::EchoItemsRequest request;
  auto* const item = request.add_items();
  item->add_names("tenants/acme/users/u1");
  item->set_secret("hunter2");
  (*request.mutable_by_key())["k"].set_secret("hunter3");
  (*request.mutable_by_key())["k"].add_names("visible");
  const auto text = Redacted(request);
  EXPECT_THAT(text, Not(HasSubstr("hunter")));
  EXPECT_THAT(text, HasSubstr("visible"));
  EXPECT_THAT(text, HasSubstr("tenants/acme/users/u1"));
}

TEST(Redacted, LooksIntoAny) {
  crosspoint::common::v1::ErrorStatus status;
  status.add_details()->PackFrom(Request());
  const auto text = Redacted(status);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, HasSubstr("tenants/acme"));
}

TEST(Redacted, LeavesOutWhatItCannotLookInto) {
  crosspoint::common::v1::ErrorStatus status;
  auto* const any = status.add_details();
  any->set_type_url("type.googleapis.com/nobody.Knows");
  any->set_value("hunter2");
  EXPECT_THAT(Redacted(status), Not(HasSubstr("hunter2")));
  v1::EchoResponse unknown_fields;
  ASSERT_TRUE(unknown_fields.ParseFromString(std::string("\x7a\x07hunter2", 9)));
  EXPECT_THAT(Redacted(unknown_fields), Not(HasSubstr("hunter2")));
}

TEST(Redacted, LeavesTheMessageAlone) {
  const auto request = Request();
  (void)Redacted(request);
  EXPECT_EQ(request.payload(), "hunter2");
}

}  // namespace
}  // namespace crosspoint::testing
