// B9: pictures through the connector, cached, also the answer "none".
#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

absl::Status Fetch(const std::string& email, directory::Photo& photo, const std::string& etag = "") {
  directory::GetPhotoRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_email(email);
  request.set_if_none_match(etag);
  photo.Clear();
  return Outcome(Directory()->GetPhoto(TheStack().AsUser("users/viewer").get(), request, &photo));
}

TEST(B9, TwiceAskedIsOneCallToExchange) {
  const auto person = NewMailbox("Pictured Person");
  TheStack().exchange().Post("/sim/photos", R"({"email": ")" + person.email + R"(", "present": true})");
  const int before = ExchangeCalls("GetUserPhoto");
  directory::Photo photo;
  ASSERT_TRUE(Fetch(person.email, photo).ok());
  const auto bytes = photo.content();
  EXPECT_GT(bytes.size(), 100u);
  ASSERT_TRUE(Fetch(person.email, photo).ok());
  EXPECT_EQ(photo.content(), bytes);
  EXPECT_EQ(ExchangeCalls("GetUserPhoto"), before + 1);

  const auto etag = photo.etag();
  ASSERT_TRUE(Fetch(person.email, photo, etag).ok());
  EXPECT_TRUE(photo.not_modified());
  EXPECT_TRUE(photo.content().empty());
}

TEST(B9, ThatThereIsNoneIsAskedOnceToo) {
  const auto person = NewMailbox("Pictureless Person");
  TheStack().exchange().Post("/sim/photos", R"({"email": ")" + person.email + R"(", "present": false})");
  const int before = ExchangeCalls("GetUserPhoto");
  directory::Photo photo;
  for (int i = 0; i < 2; ++i) {
    const auto info = GetErrorInfo(Fetch(person.email, photo));
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->reason, "NO_PHOTO");
  }
  EXPECT_EQ(ExchangeCalls("GetUserPhoto"), before + 1);
}

}  // namespace
}  // namespace crosspoint::e2e
