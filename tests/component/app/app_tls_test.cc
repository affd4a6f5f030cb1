#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <ctime>
#include <fstream>
#include <sstream>

#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "tests/component/app/sample_process.h"
#include "tests/support/credentials.h"

namespace crosspoint::testing {
namespace {

namespace v1 = crosspoint::admin::v1;
using namespace std::chrono_literals;

std::string Contents(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// One call on a new connection that trusts `ca` and shows `own`, if any.
grpc::StatusCode Call(const SampleProcess& sample, const std::filesystem::path& ca,
                      const Credentials::Files* own = nullptr, const std::string& token = "") {
  grpc::SslCredentialsOptions options{Contents(ca), own != nullptr ? Contents(own->key) : "",
                                      own != nullptr ? Contents(own->certificate) : ""};
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = v1::OperationsService::NewStub(grpc::CreateCustomChannel(
      "127.0.0.1:" + std::to_string(sample.port("grpc")), grpc::SslCredentials(options), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 5s);
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  v1::ListDeadLettersResponse response;
  return stub->ListDeadLetters(&context, {}, &response).error_code();
}

// As /metrics tells it, in seconds since 1970; -1 when it does not.
double CertificateEnd(const SampleProcess& sample) {
  constexpr std::string_view kName = "\ncrosspoint_tls_certificate_expiry_timestamp_seconds ";
  const auto metrics = sample.Get("/metrics").second;
  const auto at = metrics.find(kName);
  return at == std::string::npos ? -1 : std::stod(metrics.substr(at + kName.size()));
}

// Puts the files where the service reads them, each as a whole.
void Install(const Credentials::Files& files, const std::filesystem::path& dir) {
  for (const auto& [from, name] : {std::pair(files.certificate, "own.pem"), std::pair(files.key, "own-key.pem")}) {
    std::filesystem::copy_file(from, dir / "partial", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::rename(dir / "partial", dir / name);
  }
}

class AppTls : public ::testing::Test {
 protected:
  // Handshakes that fail are what these tests are about; gRPC would print each.
  static void SetUpTestSuite() {
    gpr_set_log_function([](gpr_log_func_args*) {});
  }

  // Listens on all addresses, as in a cluster: the certificate is required there.
  void Start(const std::string& more) {
    Install(credentials_.Certificate("app-sample"), sample_.dir());
    sample_.ConfigureOnly(
        "server:\n  address: 0.0.0.0\n  port: 0\n  health_port: 0\n  http_port: 0\n  certificate_file: " +
        (sample_.dir() / "own.pem").string() + "\n  key_file: " + (sample_.dir() / "own-key.pem").string() + "\n" +
        more + "auth:\n  issuer: " + std::string(Credentials::kIssuer) +
        "\n  jwks_file: " + credentials_.jwks_file().string() + "\n");
    sample_.StartAndWait();
    ASSERT_TRUE(Eventually([&] { return sample_.Health() == "SERVING"; })) << sample_.Stderr();
  }

  SampleProcess sample_;
  Credentials credentials_ = Credentials::Create(sample_.dir() / "pki");
  std::string operator_token_ = credentials_.Token("acme", "op", {"operator"});
};

TEST_F(AppTls, ServesTlsWithTokensAndPlainHealth) {
  Start("");
  EXPECT_EQ(Call(sample_, credentials_.ca_file(), nullptr, operator_token_), grpc::StatusCode::OK);
  EXPECT_EQ(Call(sample_, credentials_.ca_file()), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(sample_.Get("/healthz").first, 200);
}

// What dashboards show and alerts watch; a file that cannot be read must not look like a good one.
TEST_F(AppTls, TellsWhenItsCertificateEnds) {
  Start("");
  EXPECT_GT(CertificateEnd(sample_), static_cast<double>(std::time(nullptr)));
  std::filesystem::rename(sample_.dir() / "own.pem", sample_.dir() / "gone.pem");
  EXPECT_EQ(CertificateEnd(sample_), 0);
  std::filesystem::rename(sample_.dir() / "gone.pem", sample_.dir() / "own.pem");
  EXPECT_GT(CertificateEnd(sample_), static_cast<double>(std::time(nullptr)));
}

TEST_F(AppTls, WithAClientCaACertificateMustBeShown) {
  Start("  client_ca_file: " + credentials_.ca_file().string() + "\n");
  const auto own = credentials_.Certificate("presence");
  EXPECT_EQ(Call(sample_, credentials_.ca_file(), &own, operator_token_), grpc::StatusCode::OK);
  EXPECT_EQ(Call(sample_, credentials_.ca_file(), nullptr, operator_token_), grpc::StatusCode::UNAVAILABLE);
  const auto strange = Credentials::Create(sample_.dir() / "strange").Certificate("presence");
  EXPECT_EQ(Call(sample_, credentials_.ca_file(), &strange, operator_token_), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AppTls, NewCertificateIsTakenUpWithoutRestart) {
  Start("");
  const auto renewed = Credentials::Create(sample_.dir() / "renewed");
  EXPECT_EQ(Call(sample_, renewed.ca_file(), nullptr, operator_token_), grpc::StatusCode::UNAVAILABLE);
  Install(renewed.Certificate("app-sample"), sample_.dir());
  // Files are looked at every ten seconds.
  EXPECT_TRUE(Eventually(
      [&] { return Call(sample_, renewed.ca_file(), nullptr, operator_token_) == grpc::StatusCode::OK; }, 30s));
}

}  // namespace
}  // namespace crosspoint::testing
