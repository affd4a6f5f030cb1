#include <gtest/gtest.h>

#include <functional>

#include "common/status/status.h"
#include "connectors/oauth2/config.h"

namespace crosspoint::oauth2 {
namespace {

ClientCredentials Good() {
  return {.token_url = "https://login.example.org/t/token",
          .client_id = "app",
          .proof = ClientSecret{"/run/secret"},
          .scope = "https://mail.example.org/.default"};
}

TEST(OAuth2Config, WrongFieldIsNamed) {
  EXPECT_TRUE(Good().Validate().ok());
  const auto expect_field = [](const std::string& field, const std::function<void(ClientCredentials&)>& spoil) {
    ClientCredentials bad = Good();
    spoil(bad);
    const absl::Status status = bad.Validate();
    ASSERT_FALSE(status.ok()) << field;
    EXPECT_EQ(GetErrorInfo(status)->metadata.at("field"), field);
  };
  expect_field("token_url", [](auto& c) { c.token_url = ""; });
  expect_field("token_url", [](auto& c) { c.token_url = "http://login.example.org/"; });
  expect_field("token_url", [](auto& c) { c.token_url = "http://127.0.0.1/"; });
  expect_field("token_url", [](auto& c) { c.token_url = "https://u:p@login.example.org/"; });
  expect_field("client_id", [](auto& c) { c.client_id = ""; });
  expect_field("client_secret_file", [](auto& c) { c.proof = ClientSecret{}; });
  expect_field("certificate_file", [](auto& c) { c.proof = ClientCertificate{.key_file = "k"}; });
  expect_field("key_file", [](auto& c) { c.proof = ClientCertificate{.certificate_file = "c"}; });
  expect_field("scope", [](auto& c) { c.scope = ""; });
  expect_field("timeout", [](auto& c) { c.timeout = {}; });
  expect_field("longest_pause", [](auto& c) { c.longest_pause = {}; });
}

TEST(OAuth2Config, PlainHttpIsForThisMachineAndOnlyWhenAllowed) {
  ClientCredentials config = Good();
  config.token_url = "http://127.0.0.1:8080/token";
  config.allow_loopback = true;
  EXPECT_TRUE(config.Validate().ok());
  config.token_url = "http://192.0.2.1/token";
  EXPECT_FALSE(config.Validate().ok());
}

}  // namespace
}  // namespace crosspoint::oauth2
