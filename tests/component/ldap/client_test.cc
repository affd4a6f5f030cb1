#include "connectors/ldap/client.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

#include "common/status/status.h"
#include "tests/support/slapd/slapd.h"
#include "tests/support/tcp_gate.h"

namespace crosspoint::ldap {
namespace {

using namespace std::chrono_literals;
using crosspoint::testing::Slapd;
using crosspoint::testing::TcpGate;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

LdapClient::Deadline In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : status.ToString();
}

constexpr char kOdd[] =
    "dn: uid=odd,ou=people,dc=corp,dc=example\nobjectClass: inetOrgPerson\nuid: odd\ncn: Star (*) \\ Person\n"
    "sn: Odd\nmail: odd@ldap.example\nmail: other@ldap.example\n\n";

// One server for all tests, with 1,234 people and one whose name has special characters.
class LdapWithSlapd : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (Slapd::IsInstalled()) slapd_ = std::make_unique<Slapd>(Slapd::Options{.people = 1234, .ldif = kOdd});
  }
  static void TearDownTestSuite() { slapd_.reset(); }
  void SetUp() override {
    if (slapd_ == nullptr) GTEST_SKIP() << "slapd is not installed";
  }

  static LdapSettings Settings() {
    LdapSettings settings;
    settings.url = slapd_->tls_url();
    settings.ca_file = slapd_->ca_file();
    settings.bind_dn = Slapd::kReader;
    settings.password_file = slapd_->password_file();
    settings.base_dn = Slapd::kBase;
    return settings;
  }
  static std::unique_ptr<LdapClient> Client(const LdapSettings& settings = Settings()) {
    auto client = LdapClient::Create(settings);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }
  static LdapQuery Query(const Filter& filter) {
    return {.base_dn = Slapd::kBase, .filter = filter, .attributes = {"cn", "mail", "telephoneNumber"}};
  }
  static absl::Status Ask(LdapClient& client, std::chrono::milliseconds limit = 5s) {
    return client.Search(Query(Filter::Equal("uid", "p00007")), In(limit)).status();
  }

  static std::unique_ptr<Slapd> slapd_;
};

std::unique_ptr<Slapd> LdapWithSlapd::slapd_;

TEST_F(LdapWithSlapd, EntryIsFoundWithItsAttributes) {
  const auto answer = Client()->Search(Query(Filter::Equal("mail", "P00007@ldap.example")), In(5s));
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_THAT(answer->entries, SizeIs(1));
  EXPECT_EQ(answer->entries[0].First("cn"), "Person 00007");
  EXPECT_EQ(answer->entries[0].First("telephonenumber"), "+49 30 00007");
  EXPECT_EQ(answer->entries[0].dn, "uid=p00007,ou=people,dc=corp,dc=example");
  EXPECT_FALSE(answer->truncated);
}

TEST_F(LdapWithSlapd, StartTlsWorksToo) {
  auto settings = Settings();
  settings.url = slapd_->plain_url();
  settings.start_tls = true;
  const auto client = Client(settings);
  EXPECT_TRUE(Ask(*client).ok());
  EXPECT_TRUE(Ask(*client).ok()) << "on the kept connection";
}

TEST_F(LdapWithSlapd, SearchIsCutOffAtTheSizeLimitAndSaysSo) {
  auto query = Query(Filter::BeginsWith("cn", "Person"));
  query.size_limit = 100;
  auto answer = Client()->Search(query, In(5s));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->entries, SizeIs(100));
  EXPECT_TRUE(answer->truncated);
  query.size_limit = 0;
  answer = Client()->Search(query, In(5s));
  EXPECT_THAT(answer->entries, SizeIs(500)) << "the server's own limit";
  EXPECT_TRUE(answer->truncated);
}

TEST_F(LdapWithSlapd, PagesTellEverybodyOnce) {
  for (const int page_size : {1000, 500, 37}) {
    auto settings = Settings();
    settings.page_size = page_size;
    const auto client = Client(settings);
    std::multiset<std::string> found;
    const auto status = client->SearchAll(
        Query(Filter::BeginsWith("cn", "Person")),
        [&found](const LdapEntry& entry) {
          found.insert(entry.dn);
          return absl::OkStatus();
        },
        In(20s));
    if (page_size > 500) {
      // A page may not be longer than the server's limit: whatever it does then, it is no silent loss.
      EXPECT_TRUE(!status.ok() || found.size() == 1234u);
      continue;
    }
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(found, SizeIs(1234));
    EXPECT_THAT(std::set<std::string>(found.begin(), found.end()), SizeIs(1234));
    EXPECT_TRUE(Ask(*client).ok()) << "the connection can be used again";
  }
}

TEST_F(LdapWithSlapd, ReaderWhoHasEnoughEndsIt) {
  const auto client = Client();
  int seen = 0;
  const auto status = client->SearchAll(
      Query(Filter::BeginsWith("cn", "Person")),
      [&seen](const LdapEntry&) { return ++seen == 10 ? absl::CancelledError("enough") : absl::OkStatus(); }, In(5s));
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(seen, 10);
  EXPECT_TRUE(Ask(*client).ok());
}

TEST_F(LdapWithSlapd, HostileTextIsSearchedForAsItStands) {
  const auto client = Client();
  for (const char* hostile : {"*", "*)(uid=*", "p0*", ")(|(uid=*)", "\\2a", "\xff\xfe"}) {
    const auto answer = client->Search(Query(Filter::Equal("uid", hostile)), In(5s));
    ASSERT_TRUE(answer.ok()) << hostile << ": " << answer.status();
    EXPECT_TRUE(answer->entries.empty()) << hostile;
  }
  const auto odd = client->Search(Query(Filter::Equal("cn", "Star (*) \\ Person")), In(5s));
  ASSERT_TRUE(odd.ok()) << odd.status();
  ASSERT_THAT(odd->entries, SizeIs(1));
  EXPECT_THAT(odd->entries[0].All("mail"), ElementsAre("odd@ldap.example", "other@ldap.example"));
}

TEST_F(LdapWithSlapd, WrongLoginIsToldAndThePasswordIsNot) {
  auto settings = Settings();
  const auto file = std::filesystem::temp_directory_path() / ("crosspoint-ldap-" + std::to_string(getpid()));
  std::ofstream(file) << "wrong-password-4711";
  settings.password_file = file;
  const auto client = Client(settings);
  const auto status = Ask(*client);
  EXPECT_EQ(ReasonOf(status), "LDAP_LOGIN_REFUSED") << status;
  EXPECT_THAT(status.ToString(), ::testing::Not(HasSubstr("4711")));
  std::filesystem::copy_file(slapd_->password_file(), file, std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(Ask(*client).ok()) << "the file is read again";
  std::filesystem::remove(file);
  EXPECT_TRUE(Ask(*client).ok()) << "the connection stands";
  EXPECT_EQ(ReasonOf(Ask(*Client(settings))), "SECRET_UNREADABLE");
}

TEST_F(LdapWithSlapd, StrangersGetNothing) {
  auto settings = Settings();
  settings.bind_dn.clear();
  settings.password_file.clear();
  const auto answer = Client(settings)->Search(Query(Filter::Equal("uid", "p00007")), In(5s));
  EXPECT_TRUE(!answer.ok() || answer->entries.empty());
}

TEST_F(LdapWithSlapd, CertificateOfSomebodyElseEndsItBeforeThePassword) {
  const auto stranger = crosspoint::testing::Credentials::Create(std::filesystem::temp_directory_path() /
                                                                 ("crosspoint-strange-" + std::to_string(getpid())));
  for (const bool start_tls : {false, true}) {
    auto settings = Settings();
    settings.url = start_tls ? slapd_->plain_url() : slapd_->tls_url();
    settings.start_tls = start_tls;
    settings.ca_file = stranger.ca_file();
    const auto status = Ask(*Client(settings));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ReasonOf(status), "LDAP_TLS_FAILED") << status;
  }
  std::filesystem::remove_all(std::filesystem::path(stranger.ca_file()).parent_path());
}

TEST_F(LdapWithSlapd, BaseThatIsNotThereIsTold) {
  auto query = Query(Filter::Present("cn"));
  query.base_dn = "ou=nowhere,dc=corp,dc=example";
  EXPECT_EQ(ReasonOf(Client()->Search(query, In(5s)).status()), "LDAP_NO_BASE");
}

TEST_F(LdapWithSlapd, KilledServerIsUnavailableAndItsReturnIsNoticedAtOnce) {
  const auto client = Client();
  ASSERT_TRUE(Ask(*client).ok());
  slapd_->Kill();
  EXPECT_TRUE(absl::IsUnavailable(Ask(*client))) << Ask(*client);
  slapd_->Start();
  EXPECT_TRUE(Ask(*client).ok());
  slapd_->Kill();
  slapd_->Start();
  EXPECT_TRUE(Ask(*client).ok()) << "a dead connection that was kept is replaced unseen";
}

TEST_F(LdapWithSlapd, HangingServerCostsNoMoreThanTheDeadline) {
  TcpGate gate("127.0.0.1:" + std::to_string(slapd_->plain_port()));
  auto settings = Settings();
  settings.url = "ldap://127.0.0.1:" + std::to_string(gate.port());
  for (const bool start_tls : {false, true}) {
    settings.start_tls = start_tls;
    settings.allow_plain = !start_tls;
    const auto client = Client(settings);
    ASSERT_TRUE(Ask(*client).ok());
    gate.Hold();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(absl::IsDeadlineExceeded(Ask(*client, 300ms)));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    const auto fresh = Client(settings);
    const auto status = Ask(*fresh, 300ms);  // hangs while logging in, or in the handshake
    EXPECT_TRUE(absl::IsDeadlineExceeded(status) || absl::IsUnavailable(status)) << status;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    gate.Restore();
    EXPECT_TRUE(Ask(*client).ok());
    EXPECT_TRUE(Ask(*fresh).ok());
  }
}

TEST_F(LdapWithSlapd, ManyAtOnceShareAFewConnections) {
  TcpGate gate("127.0.0.1:" + std::to_string(slapd_->plain_port()));
  auto settings = Settings();
  settings.url = "ldap://127.0.0.1:" + std::to_string(gate.port());
  settings.allow_plain = true;
  settings.max_connections = 3;
  const auto client = Client(settings);
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&client] {
      for (int round = 0; round < 10; ++round) EXPECT_TRUE(Ask(*client).ok());
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_LE(gate.accepted(), 3);
}

TEST(LdapWithoutPaging, ServerThatKnowsNoPagesIsToldPlainly) {
  if (!Slapd::IsInstalled()) GTEST_SKIP() << "slapd is not installed";
  const Slapd slapd({.people = 10, .paging = false});
  LdapSettings settings;
  settings.url = slapd.tls_url();
  settings.ca_file = slapd.ca_file();
  settings.bind_dn = Slapd::kReader;
  settings.password_file = slapd.password_file();
  settings.base_dn = Slapd::kBase;
  const auto client = LdapClient::Create(settings);
  const auto status = (*client)->SearchAll(
      {.base_dn = Slapd::kBase, .filter = Filter::Present("cn"), .attributes = {}},
      [](const LdapEntry&) { return absl::OkStatus(); }, In(5s));
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.code(), absl::StatusCode::kUnavailable) << status;
}

}  // namespace
}  // namespace crosspoint::ldap
