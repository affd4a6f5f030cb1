#include "tests/component/oauth2/fixture.h"

namespace crosspoint::oauth2 {
namespace {

using testing::ClientKey;

class OAuth2ClientProof : public WithIssuer {
 protected:
  ClientCredentials WithCertificate(const ClientKey& key, SigningAlgorithm algorithm = SigningAlgorithm::kPs256) const {
    ClientCredentials config = Config();
    config.client_id = "cert-app";
    config.proof = ClientCertificate{key.certificate.string(), key.key.string(), algorithm};
    return config;
  }
};

TEST_F(OAuth2ClientProof, SecretIsSentInTheBodyOfTheRequest) {
  const auto token = Get(*Make(Config()));
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(issuer_.last_form().at("grant_type"), "client_credentials");
  EXPECT_EQ(issuer_.last_form().at("client_secret"), "s3cret & more");
}

TEST_F(OAuth2ClientProof, CertificateProvesItselfWithBothAlgorithmsAndTheKeyStaysHere) {
  const ClientKey key = ClientKey::Make(directory_, "cert-app");
  issuer_.Register("cert-app", key.certificate);
  for (const auto algorithm : {SigningAlgorithm::kPs256, SigningAlgorithm::kRs256}) {
    const auto token = Get(*Make(WithCertificate(key, algorithm)));
    ASSERT_TRUE(token.ok()) << token.status();
    EXPECT_EQ(issuer_.last_form().count("client_secret"), 0u);
  }
}

TEST_F(OAuth2ClientProof, UnregisteredCertificateIsInvalidClient) {
  issuer_.Register("cert-app", ClientKey::Make(directory_, "registered").certificate);
  const auto token = Get(*Make(WithCertificate(ClientKey::Make(directory_, "other"))));
  EXPECT_EQ(token.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(token.status()), "OAUTH2_INVALID_CLIENT");
}

TEST_F(OAuth2ClientProof, NewCertificateIsTakenUpWithoutARestart) {
  ClientKey key = ClientKey::Make(directory_, "cert-app");
  issuer_.Register("cert-app", ClientKey::Make(directory_, "other").certificate);
  const auto source = Make(WithCertificate(key));
  ASSERT_EQ(ReasonOf(Get(*source).status()), "OAUTH2_INVALID_CLIENT");
  key = ClientKey::Make(directory_, "cert-app");
  issuer_.Register("cert-app", key.certificate);
  EXPECT_TRUE(Get(*source).ok());
}

TEST_F(OAuth2ClientProof, UnusableCertificatesAreToldApartAndNothingIsSent) {
  const ClientKey good = ClientKey::Make(directory_, "good");
  const ClientKey other = ClientKey::Make(directory_, "other");
  const auto elliptic = keys_.Certificate("elliptic");
  const auto expect = [&](const std::string& certificate, const std::string& key, const std::string& words) {
    const auto token = Get(*Make(WithCertificate({certificate, key})));
    EXPECT_EQ(ReasonOf(token.status()), "OAUTH2_CERTIFICATE") << token.status();
    EXPECT_NE(MessageOf(token.status()).find(words), std::string::npos) << token.status();
  };
  expect(good.key, good.key, "certificate file");
  expect(good.certificate, good.certificate, "key file");
  expect(good.certificate, other.key, "belong together");
  expect(elliptic.certificate, elliptic.key, "RSA");
  const ClientKey old = ClientKey::Make(directory_, "old", -1);
  expect(old.certificate, old.key, "expired");
  EXPECT_EQ(issuer_.requests(), 0);
}

TEST_F(OAuth2ClientProof, MissingFileIsNamed) {
  std::filesystem::remove(secret_file());
  const auto token = Get(*Make(Config()));
  EXPECT_EQ(ReasonOf(token.status()), "SECRET_UNREADABLE");
  EXPECT_NE(MessageOf(token.status()).find(secret_file()), std::string::npos);
}

}  // namespace
}  // namespace crosspoint::oauth2
