#include "connectors/ldap/errors.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/status.h"

namespace crosspoint::ldap {
namespace {

std::string ReasonOf(int code, std::string_view diagnostic = "") {
  return GetErrorInfo(StatusOf(code, diagnostic))->reason;
}

TEST(LdapErrors, SuccessIsNone) { EXPECT_TRUE(StatusOf(0, "anything").ok()); }

TEST(LdapErrors, ResultCodesSayWhatTheCallerShouldDo) {
  EXPECT_TRUE(absl::IsUnavailable(StatusOf(-1, "")));
  EXPECT_TRUE(absl::IsUnavailable(StatusOf(51, "")));
  EXPECT_TRUE(absl::IsDeadlineExceeded(StatusOf(-5, "")));
  EXPECT_TRUE(absl::IsResourceExhausted(StatusOf(4, "")));
  EXPECT_EQ(ReasonOf(49), "LDAP_LOGIN_REFUSED");
  EXPECT_EQ(ReasonOf(32), "LDAP_NO_BASE");
  EXPECT_EQ(ReasonOf(12), "LDAP_NO_PAGING");
  EXPECT_EQ(ReasonOf(10), "LDAP_REFERRAL");
  EXPECT_EQ(ReasonOf(9999), "LDAP_REFUSED");
}

TEST(LdapErrors, BadCertificateIsNoOutage) {
  EXPECT_EQ(ReasonOf(-1, "Connection refused"), "LDAP_AWAY");
  EXPECT_EQ(ReasonOf(-1, "(unknown error code)"), "LDAP_TLS_FAILED");
  EXPECT_EQ(ReasonOf(-1, "The certificate is NOT trusted. "), "LDAP_TLS_FAILED");
  EXPECT_EQ(ReasonOf(-11, "TLS: hostname does not match name in peer certificate"), "LDAP_TLS_FAILED");
  EXPECT_TRUE(absl::IsFailedPrecondition(StatusOf(-1, "certificate has expired")));
}

TEST(LdapErrors, WhatTheServerSaidIsKeptButNotWithoutEnd) {
  const auto status = StatusOf(80, std::string(5000, 'x'));
  EXPECT_LT(status.message().size(), 700u);
  EXPECT_NE(MessageOf(status).find("xxx"), std::string::npos);
}

}  // namespace
}  // namespace crosspoint::ldap
