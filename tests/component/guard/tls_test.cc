// Certificates: what is refused at start, and that new ones are taken up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/component/guard/guarded_server.h"

namespace crosspoint::testing {
namespace {

TEST(Tls, HalfConfigurationsAndBadFilesAreSaid) {
  GuardedServer server;  // for its credentials
  const auto files = server.credentials().Certificate("one");
  const auto other = server.credentials().Certificate("two");
  const auto message = [](const grpcx::TlsFiles& tls) { return MessageOf(grpcx::MakeServerCredentials(tls).status()); };
  EXPECT_EQ(message({files.certificate, {}, {}}), "a certificate file and a key file are needed together");
  EXPECT_EQ(message({{}, {}, files.ca}), "a server needs a certificate and a key file");
  EXPECT_THAT(message({files.certificate, other.key, {}}), ::testing::HasSubstr("is not that of the certificate"));
  EXPECT_THAT(message({"/nowhere.pem", files.key, {}}), ::testing::HasSubstr("cannot read /nowhere.pem"));
  EXPECT_THAT(message({files.key, files.key, {}}), ::testing::HasSubstr("holds no PEM certificate"));
  EXPECT_EQ(message({files.certificate, files.key, files.ca}), "");
  EXPECT_FALSE(grpcx::MakeChannelCredentials({files.certificate, files.key, {}}).ok());
}

TEST(Tls, ARenewedCertificateIsTakenUpWithoutRestart) {
  GuardedServer server(
      GuardedServer::Options{.transport = Transport::kMutualTls, .tls_reread = std::chrono::seconds(1)});
  // The certificate that the server shows to a connection of its own.
  const auto shown = [&server] {
    const auto stub = server.Stub();
    const auto context = ContextWith("");
    v1::EchoResponse response;
    EXPECT_TRUE(stub->EchoAnyone(context.get(), v1::EchoRequest(), &response).ok());
    const auto certificates = context->auth_context()->FindPropertyValues("x509_pem_cert");
    return certificates.empty() ? std::string() : std::string(certificates[0].data(), certificates[0].size());
  };
  const auto before = shown();
  ASSERT_FALSE(before.empty());
  EXPECT_EQ(shown(), before);
  server.credentials().Certificate("testing");  // the same files, anew
  std::string after = before;
  for (int i = 0; i < 100 && after == before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    after = shown();
  }
  EXPECT_NE(after, before);
}

}  // namespace
}  // namespace crosspoint::testing
