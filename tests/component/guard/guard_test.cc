// What the Guard lets through and what it refuses, over real sockets. Every refusal also shows that the handler did not
// run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/component/guard/guarded_server.h"
#include "tests/support/refusals.h"

namespace crosspoint::testing {
namespace {

using std::chrono::seconds;

v1::EchoRequest RequestFor(const std::string& name, const std::string& text = "hello") {
  v1::EchoRequest request;
  request.set_name(name);
  request.set_text(text);
  return request;
}

const char* const kOwn = "tenants/acme/users/u42/things/t1";

class Guard : public ::testing::TestWithParam<Transport> {
 protected:
  Guard() : server_(GuardedServer::Options{.transport = GetParam()}), stub_(server_.Stub()) {}

  std::string Echo(const std::string& token, const std::string& name = kOwn) {
    v1::EchoResponse response;
    return CodeAndReason(stub_->Echo(ContextWith(token).get(), RequestFor(name), &response));
  }
  std::string EchoInTenant(const std::string& token, const std::string& name) {
    v1::EchoResponse response;
    return CodeAndReason(stub_->EchoInTenant(ContextWith(token).get(), RequestFor(name), &response));
  }
  std::string Token(const std::string& tenant = "acme", const std::string& user = "u42",
                    std::vector<std::string> roles = {"user"}) {
    return server_.credentials().Token(tenant, user, std::move(roles));
  }

  GuardedServer server_;
  std::unique_ptr<v1::TestingService::Stub> stub_;
};

TEST_P(Guard, TheOwnerIsServed) {
  v1::EchoResponse response;
  ASSERT_TRUE(stub_->Echo(ContextWith(Token()).get(), RequestFor(kOwn, "hi"), &response).ok());
  EXPECT_EQ(response.text(), "hi");
  EXPECT_EQ(server_.handler().runs(), 1);
}

TEST_P(Guard, TokensOfBothAlgorithmsAreGood) {
  Credentials::Claims claims{.tenant = "acme", .user = "u42"};
  claims.algorithm = Credentials::Algorithm::kRs256;
  EXPECT_EQ(Echo(server_.credentials().Token(claims)), "OK");
  claims.algorithm = Credentials::Algorithm::kEs256;
  EXPECT_EQ(Echo(server_.credentials().Token(claims)), "OK");
}

TEST_P(Guard, WithoutCredentialsNothingRuns) {
  EXPECT_EQ(Echo(""), "UNAUTHENTICATED NO_CREDENTIALS");
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_P(Guard, BadTokensNeverReachTheHandler) {
  auto& credentials = server_.credentials();
  const Credentials::Claims good{.tenant = "acme", .user = "u42"};
  const auto with = [&](auto change) {
    Credentials::Claims claims = good;
    change(claims);
    return credentials.Token(claims);
  };
  const std::string token = credentials.Token(good);
  std::string wrong_signature = token;
  wrong_signature[token.size() - 20] = token[token.size() - 20] == 'A' ? 'B' : 'A';
  const std::string kid = credentials.key_id(Credentials::Algorithm::kEs256);
  const std::string payload = R"({"iss":"https://login.test","aud":"crosspoint","sub":"u42","tenant":"acme",)"
                              R"("roles":["user"],"exp":4102444800})";
  const auto sign = [&](const std::string& header) {
    return credentials.Sign(header, payload, Credentials::Algorithm::kEs256);
  };
  const std::string unsigned_token = sign(R"({"alg":"none"})");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"rubbish", "TOKEN_INVALID"},
      {"a.b.c", "TOKEN_INVALID"},
      {token + ".x", "TOKEN_INVALID"},
      {std::string(9000, 'a'), "TOKEN_INVALID"},
      {wrong_signature, "TOKEN_INVALID"},
      {unsigned_token, "TOKEN_INVALID"},
      {unsigned_token.substr(0, unsigned_token.rfind('.') + 1), "TOKEN_INVALID"},
      {sign(R"({"alg":"HS256","kid":")" + kid + R"("})"), "TOKEN_INVALID"},
      {sign(R"({"alg":"RS256","kid":")" + kid + R"("})"), "TOKEN_INVALID"},
      {sign(R"({"alg":"ES256"})"), "TOKEN_INVALID"},
      {sign(R"({"alg":"ES256","kid":"other"})"), "TOKEN_INVALID"},
      {sign(R"({"alg":"ES256","kid":")" + kid + R"(","crit":["exp"]})"), "TOKEN_INVALID"},
      {with([](auto& c) { c.ttl = seconds(-60); }), "TOKEN_EXPIRED"},
      {with([](auto& c) { c.not_before = seconds(60); }), "TOKEN_NOT_YET_VALID"},
      {with([](auto& c) { c.issuer = "https://elsewhere.test"; }), "TOKEN_INVALID"},
      {with([](auto& c) { c.audience = "mail"; }), "TOKEN_INVALID"},
      {with([](auto& c) { c.tenant = ""; }), "TOKEN_INVALID"},
      {with([](auto& c) { c.tenant = "Acme/x"; }), "TOKEN_INVALID"},
      {with([](auto& c) { c.user = "../u1"; }), "TOKEN_INVALID"},
      {with([](auto& c) { c.user = ""; }), "TOKEN_INVALID"},
  };
  EXPECT_EQ(Echo(sign(R"({"alg":"ES256","kid":")" + kid + R"("})")), "OK") << "the cases below fail for another reason";
  server_.handler().ResetRuns();
  for (const auto& [bad, reason] : cases) {
    EXPECT_EQ(Echo(bad), "UNAUTHENTICATED " + reason) << bad;
    // A bad token is refused even where none is needed.
    v1::EchoResponse response;
    EXPECT_EQ(CodeAndReason(stub_->EchoAnyone(ContextWith(bad).get(), RequestFor(""), &response)),
              "UNAUTHENTICATED " + reason)
        << bad;
  }
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_P(Guard, OtherAuthorizationSchemesAreRefused) {
  for (const char* header : {"Basic dTpw", "Bearer", "bearer ", "Token abc"}) {
    auto context = ContextWith("");
    context->AddMetadata("authorization", header);
    v1::EchoResponse response;
    EXPECT_THAT(CodeAndReason(stub_->EchoAnyone(context.get(), RequestFor(""), &response)),
                ::testing::StartsWith("UNAUTHENTICATED"))
        << header;
  }
  auto twice = ContextWith(Token());
  twice->AddMetadata("authorization", "Bearer " + Token("globex", "u42"));
  v1::EchoResponse response;
  EXPECT_EQ(CodeAndReason(stub_->Echo(twice.get(), RequestFor(kOwn), &response)), "UNAUTHENTICATED TOKEN_INVALID");
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_P(Guard, ForeignResourcesAreNotFound) {
  EXPECT_EQ(Echo(Token(), "tenants/globex/users/u42"), "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(Echo(Token(), "tenants/acme/users/u43"), "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(Echo(Token("globex", "u42")), "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(EchoInTenant(Token(), "tenants/globex"), "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(EchoInTenant(Token("globex", "u1"), "tenants/acme/users/u42"), "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(server_.handler().runs(), 0);
  EXPECT_EQ(EchoInTenant(Token(), "tenants/acme/users/u43"), "OK");
}

TEST_P(Guard, MissingRolesAreDenied) {
  EXPECT_EQ(Echo(Token("acme", "pbx1", {"integrator"})), "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(Echo(Token("acme", "u42", {})), "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(Echo(Token("acme", "u42", {"superuser", "anonymous", "service:presence"})),
            "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(EchoInTenant(Token("acme", "boss", {"tenant_admin"}), "tenants/acme"), "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_P(Guard, ExemptRolesReachEveryUserOfTheirTenantOnly) {
  const auto admin = Token("acme", "boss", {"tenant_admin"});
  EXPECT_EQ(Echo(admin), "OK");
  EXPECT_EQ(Echo(admin, "tenants/globex/users/u42"), "NOT_FOUND RESOURCE_NOT_FOUND");
}

TEST_P(Guard, OperatorsCrossTenantsButSeeNoUsersContent) {
  const auto operator_token = Token("", "ops@example.com", {"operator"});
  EXPECT_EQ(EchoInTenant(operator_token, "tenants/acme"), "OK");
  EXPECT_EQ(EchoInTenant(operator_token, "tenants/globex"), "OK");
  EXPECT_EQ(Echo(operator_token), "NOT_FOUND RESOURCE_NOT_FOUND");
}

TEST_P(Guard, AnAdministratorsNameDoesNotMakeHimThatUser) {
  // The subject of a program may look like a user's id; only the user role makes it one.
  EXPECT_EQ(Echo(Token("acme", "u42", {"operator"})), "NOT_FOUND RESOURCE_NOT_FOUND");
}

TEST_P(Guard, ResourceNamesMustBeNames) {
  for (const char* bad : {"", "acme", "tenants/", "tenants//users/u42", "tenants/acme", "tenants/acme/users/",
                          "tenants/acme/users/U42", "tenants/-/users/u42", "tenants/acme/users/-", "/tenants/acme"}) {
    EXPECT_EQ(Echo(Token(), bad), "INVALID_ARGUMENT INVALID_FIELD") << bad;
  }
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_P(Guard, EveryElementOfARepeatedFieldIsChecked) {
  v1::EchoItemsRequest request;
  request.add_items()->add_names(kOwn);
  request.add_items()->add_names("tenants/acme/users/u42/things/t2");
  v1::EchoResponse response;
  EXPECT_EQ(CodeAndReason(stub_->EchoItems(ContextWith(Token()).get(), request, &response)), "OK");
  request.mutable_items(1)->add_names("tenants/acme/users/u43/things/t1");
  server_.handler().ResetRuns();
  EXPECT_EQ(CodeAndReason(stub_->EchoItems(ContextWith(Token()).get(), request, &response)),
            "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_P(Guard, AnonymousCallersPassWhereThePolicySaysSo) {
  server_.handler().inside = [](const auto&, const grpcx::Call& call) {
    EXPECT_EQ(call.principal->kind, grpcx::Principal::Kind::kAnonymous);
    return absl::OkStatus();
  };
  v1::EchoResponse response;
  EXPECT_EQ(CodeAndReason(stub_->EchoAnyone(ContextWith("").get(), RequestFor(""), &response)), "OK");
}

TEST_P(Guard, AUsersTokenDoesNotOpenServicesMethods) {
  v1::EchoResponse response;
  const auto everything = Token("acme", "u42", {"user", "integrator", "tenant_admin", "operator", "delegate"});
  EXPECT_EQ(CodeAndReason(stub_->EchoServices(ContextWith(everything).get(), RequestFor(""), &response)),
            "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_P(Guard, UnboundMethodsSayNotBuiltOnlyToThoseWhoMayCall) {
  v1::EchoResponse response;
  EXPECT_EQ(CodeAndReason(stub_->Unbuilt(ContextWith(Token()).get(), RequestFor(kOwn), &response)),
            "UNIMPLEMENTED NOT_BUILT");
  EXPECT_EQ(CodeAndReason(stub_->Unbuilt(ContextWith("").get(), RequestFor(kOwn), &response)),
            "UNAUTHENTICATED NO_CREDENTIALS");
  EXPECT_EQ(CodeAndReason(stub_->Unbuilt(ContextWith(Token("globex", "u1")).get(), RequestFor(kOwn), &response)),
            "NOT_FOUND RESOURCE_NOT_FOUND");
  const auto watch = ContextWith(Token());
  const auto reader = stub_->UnbuiltWatch(watch.get(), RequestFor(kOwn));
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(CodeAndReason(reader->Finish()), "UNIMPLEMENTED NOT_BUILT");
  const auto chat = ContextWith(Token());
  const auto both = stub_->UnbuiltChat(chat.get());
  both->Write(RequestFor(kOwn));
  EXPECT_EQ(CodeAndReason(both->Finish()), "UNIMPLEMENTED NOT_BUILT");
}

TEST_P(Guard, ACachedTokenIsRefusedOnceItHasExpired) {
  const auto token = server_.credentials().Token("acme", "u42", {"user"}, seconds(30));
  EXPECT_EQ(Echo(token), "OK");
  EXPECT_EQ(Echo(token), "OK");
  EXPECT_EQ(server_.authenticator().counters().cache_hits, 1u);
  server_.clock().Advance(seconds(29));
  EXPECT_EQ(Echo(token), "OK");
  server_.clock().Advance(seconds(30));
  EXPECT_EQ(Echo(token), "UNAUTHENTICATED TOKEN_EXPIRED");
  EXPECT_EQ(server_.handler().runs(), 3);
}

TEST_P(Guard, ACachedTokenIsVerifiedAgainAfterAMinute) {
  const auto token = Token();
  EXPECT_EQ(Echo(token), "OK");
  server_.clock().Advance(seconds(59));
  EXPECT_EQ(Echo(token), "OK");
  EXPECT_EQ(server_.authenticator().counters().verified, 1u);
  server_.clock().Advance(seconds(2));
  EXPECT_EQ(Echo(token), "OK");
  EXPECT_EQ(server_.authenticator().counters().verified, 2u);
}

TEST_P(Guard, NewKeysAreFoundAndOldOnesForgotten) {
  const auto old_token = Token();
  EXPECT_EQ(Echo(old_token), "OK");
  server_.credentials().RotateKeys();
  const auto new_token = Token();
  // Asks for an unknown key, which makes the file be read again.
  EXPECT_EQ(Echo(new_token), "OK");
  EXPECT_EQ(Echo(old_token), "UNAUTHENTICATED TOKEN_INVALID") << "its key is gone, cached or not";
}

TEST_P(Guard, EveryMethodRefusesWhoeverItsPolicyDoesNotName) {
  const std::string_view peer = GetParam() == Transport::kMutualTls ? "gateway" : "";
  const auto calls = CallWhatMustBeRefused(server_.Channel("gateway"), v1::TestingService::service_full_name(), peer,
                                           server_.credentials());
  EXPECT_GT(calls.size(), 100u);
  for (const auto& call : calls) {
    EXPECT_TRUE(call.as_expected()) << call.method << " with " << call.credentials << ": expected " << call.expected
                                    << ", got " << call.got;
  }
  EXPECT_EQ(server_.handler().runs(), 0);
}

INSTANTIATE_TEST_SUITE_P(Transports, Guard, ::testing::Values(Transport::kPlain, Transport::kMutualTls),
                         [](const auto& info) { return info.param == Transport::kPlain ? "Plain" : "MutualTls"; });

class GuardWithCertificates : public ::testing::Test {
 protected:
  std::string Echo(std::string_view service, const std::string& token) {
    v1::EchoResponse response;
    return CodeAndReason(server_.Stub(service)->Echo(ContextWith(token).get(), RequestFor(kOwn), &response));
  }
  std::string EchoServices(const grpcx::TlsFiles& files) {
    grpcx::ChannelConfig config;
    config.target = server_.target();
    config.tls = files;
    v1::EchoResponse response;
    const auto stub = v1::TestingService::NewStub(*grpcx::MakeChannel(config));
    return CodeAndReason(stub->EchoServices(ContextWith("", seconds(5)).get(), RequestFor(""), &response));
  }
  static grpcx::TlsFiles Files(const Credentials::Files& files) { return {files.certificate, files.key, files.ca}; }

  GuardedServer server_{GuardedServer::Options{.transport = Transport::kMutualTls}};
};

TEST_F(GuardWithCertificates, ANamedServicePassesWithoutTokenForAllTenants) {
  server_.handler().inside = [](const auto&, const grpcx::Call& call) {
    EXPECT_EQ(call.principal->kind, grpcx::Principal::Kind::kService);
    EXPECT_EQ(call.principal->service, "presence");
    return absl::OkStatus();
  };
  EXPECT_EQ(Echo("presence", ""), "OK");
  EXPECT_EQ(server_.handler().runs(), 1);
}

TEST_F(GuardWithCertificates, OtherServicesNeedAUsersToken) {
  EXPECT_EQ(Echo("directory", ""), "UNAUTHENTICATED NO_CREDENTIALS");
  EXPECT_EQ(server_.handler().runs(), 0);
  EXPECT_EQ(Echo("directory", server_.credentials().Token("acme", "u42")), "OK");
}

TEST_F(GuardWithCertificates, WithATokenTheUsersRightsCountEvenForANamedService) {
  EXPECT_EQ(Echo("presence", server_.credentials().Token("globex", "u42")), "NOT_FOUND RESOURCE_NOT_FOUND");
  EXPECT_EQ(Echo("presence", server_.credentials().Token("acme", "pbx", {"integrator"})),
            "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(Echo("presence", "rubbish"), "UNAUTHENTICATED TOKEN_INVALID");
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_F(GuardWithCertificates, AServiceThatIsNotNamedIsDenied) {
  EXPECT_EQ(EchoServices(Files(server_.credentials().Certificate("presence"))), "OK");
  server_.handler().ResetRuns();
  EXPECT_EQ(EchoServices(Files(server_.credentials().Certificate("voicemail"))),
            "PERMISSION_DENIED SERVICE_NOT_ALLOWED");
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_F(GuardWithCertificates, ACertificateWithoutOurUriNamesNoService) {
  for (const char* uri : {"", "spiffe://crosspoint/presence", "spiffe://elsewhere/service/presence",
                          "https://crosspoint/service/presence", "spiffe://crosspoint/service/presence/x",
                          "spiffe://crosspoint/service/"}) {
    EXPECT_EQ(EchoServices(Files(server_.credentials().CertificateWithUri("presence", uri))),
              "UNAUTHENTICATED NO_CREDENTIALS")
        << uri;
  }
  EXPECT_EQ(EchoServices(Files(server_.credentials().CertificateWithUri(
                "presence", "spiffe://crosspoint/service/presence,URI:spiffe://crosspoint/service/meeting-sync"))),
            "UNAUTHENTICATED NO_CREDENTIALS")
      << "two names are none";
  EXPECT_EQ(server_.handler().runs(), 0);
}

TEST_F(GuardWithCertificates, StrangersDoNotGetPastTheHandshake) {
  char name[] = "/tmp/crosspoint-stranger-XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  const auto stranger = Credentials::Create(name).Certificate("presence");
  const auto ca = server_.credentials().ca_file();
  EXPECT_THAT(EchoServices({stranger.certificate, stranger.key, ca}), ::testing::StartsWith("UNAVAILABLE"));
  EXPECT_THAT(EchoServices({{}, {}, ca}), ::testing::StartsWith("UNAVAILABLE"));
  EXPECT_THAT(EchoServices({}), ::testing::StartsWith("UNAVAILABLE"));
  EXPECT_EQ(server_.handler().runs(), 0);
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace crosspoint::testing
