// B3: the corporate list searched by LDAP, a real slapd. B8: the whole list of 10,000, paged, by LDAP and by EWS with
// an address list id; a clear refusal by plain EWS.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>

#include "tests/e2e/running_system.h"
#include "tests/support/slapd/slapd.h"

namespace crosspoint::e2e {
namespace {

using ::testing::HasSubstr;

constexpr int kPeople = 10'000;
constexpr char kAddressList[] = "5c1f0a52-6f0e-4a57-9d8e-0b6c5d2a7e10";  // the simulator's

constexpr char kAda[] =
    "dn: uid=ada,ou=people,dc=corp,dc=example\nobjectClass: inetOrgPerson\nuid: ada\ncn: Ada Lovelace\nsn: Lovelace\n"
    "givenName: Ada\ndisplayName: Ada Lovelace\nmail: ada@ldap.example\nmail: countess@ldap.example\n"
    "telephoneNumber: +44 20 1815\nmobile: +44 7 1852\ntitle: Countess\ndepartmentNumber: Engines\n"
    "jpegPhoto:: /9j/4AAQSkZJRgABAQEASABIAAD/2Q==\n\n"
    "dn: uid=mary,ou=people,dc=corp,dc=example\nobjectClass: inetOrgPerson\nuid: mary\ncn: Mary Somerville\n"
    "sn: Somerville\nmail: mary@ldap.example\n\n";

// A system of its own: a tenant by LDAP, one by EWS with an address list, one by plain EWS; two replicas.
struct ListSystem {
  testing::Slapd slapd{{.people = kPeople, .ldif = kAda}};
  std::unique_ptr<testing::Stack> stack;
};

class ListEnvironment final : public ::testing::Environment {
 public:
  void TearDown() override { system.reset(); }
  std::unique_ptr<ListSystem> system;
};

ListEnvironment* const environment =
    static_cast<ListEnvironment*>(::testing::AddGlobalTestEnvironment(new ListEnvironment));

ListSystem& TheSystem() {
  if (environment->system == nullptr) {
    environment->system = std::make_unique<ListSystem>();
    testing::StackOptions options = testing::StackOptions::DirectoryAlone();
    options.directory = 2;
    options.exchange_arguments = {"--people", std::to_string(kPeople)};
    options.tenants = {{"default", ""},
                       {"byldap", "corporate_source: ldap, " + environment->system->slapd.Yaml()},
                       {"byewslist", std::string("address_list: ") + kAddressList}};
    environment->system->stack = std::make_unique<testing::Stack>(options);
    environment->system->stack->Start();
  }
  return *environment->system;
}

std::unique_ptr<directory::DirectoryService::Stub> People(int replica = 0) {
  return directory::DirectoryService::NewStub(TheSystem().stack->Channel("directory", replica));
}

std::unique_ptr<grpc::ClientContext> User(const std::string& tenant) {
  auto context = TheSystem().stack->AsUser("tenants/" + tenant + "/users/reader");
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  return context;
}

directory::SearchPeopleResponse Search(const std::string& query) {
  directory::SearchPeopleRequest request;
  request.set_parent("tenants/byldap");
  request.set_query(query);
  directory::SearchPeopleResponse response;
  const auto status = Outcome(People()->SearchPeople(User("byldap").get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

absl::Status ListPage(const std::string& tenant, const std::string& token, int size, int replica,
                      directory::ListCorporateDirectoryResponse& response) {
  directory::ListCorporateDirectoryRequest request;
  request.set_parent("tenants/" + tenant);
  request.set_page_size(size);
  request.set_page_token(token);
  response.Clear();
  return Outcome(People(replica)->ListCorporateDirectory(User(tenant).get(), request, &response));
}

// Everybody's first address, page after page, each page from the other replica.
std::vector<std::string> ListAll(const std::string& tenant) {
  std::vector<std::string> emails;
  std::string token;
  int replica = 0;
  const auto begin = std::chrono::steady_clock::now();
  do {
    directory::ListCorporateDirectoryResponse response;
    const auto status = ListPage(tenant, token, 500, replica, response);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) break;
    for (const auto& person : response.people()) {
      emails.push_back(person.emails_size() > 0 ? person.emails(0) : person.display_name());
    }
    token = response.next_page_token();
    replica = 1 - replica;
  } while (!token.empty());
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  std::cout << tenant << ": " << emails.size() << " entries in " << took << " ms\n";
  return emails;
}

bool NeedsSlapd() { return !testing::Slapd::IsInstalled(); }

TEST(B3, PersonOfTheLdapServerIsFoundByNameAndEveryAddress) {
  if (NeedsSlapd()) GTEST_SKIP() << "slapd is not installed";
  for (const char* query : {"Lovelace", "ada love", "LOVE", "ada@ldap.example", "countess@ldap.example"}) {
    const auto response = Search(query);
    EXPECT_FALSE(response.partial());
    ASSERT_EQ(response.people_size(), 1) << query;
    const auto& ada = response.people(0);
    EXPECT_EQ(ada.display_name(), "Ada Lovelace");
    EXPECT_EQ(ada.emails_size(), 2);
    EXPECT_EQ(ada.phones_size(), 2);
    EXPECT_EQ(ada.title(), "Countess");
    EXPECT_EQ(ada.department(), "Engines");
    EXPECT_EQ(ada.user(), "");
  }
}

TEST(B3, OurUserAndTheLdapEntryAreOnePerson) {
  if (NeedsSlapd()) GTEST_SKIP() << "slapd is not installed";
  directory::CreateUserRequest request;
  request.set_parent("tenants/byldap");
  request.mutable_user()->set_display_name("Mary of ours");
  request.mutable_user()->set_email("MARY@ldap.example");
  request.mutable_user()->set_extension("1780");
  directory::User user;
  const auto created = Outcome(People()->CreateUser(TheSystem().stack->AsAdmin("byldap").get(), request, &user));
  ASSERT_TRUE(created.ok()) << created;
  EXPECT_TRUE(testing::Eventually([&] {
    const auto response = Search("Mary");
    return response.people_size() == 1 && response.people(0).user() == user.name() &&
           response.people(0).extension() == "1780";
  }));
}

TEST(B3, HostileQueriesFindNobodyAndBreakNothing) {
  if (NeedsSlapd()) GTEST_SKIP() << "slapd is not installed";
  for (const char* query : {"*)(objectClass=*) x", "a*)(uid=p00001", "(|(cn=*)) y", "\\2a z"}) {
    const auto response = Search(query);
    EXPECT_FALSE(response.partial()) << query;
    EXPECT_EQ(response.people_size(), 0) << query;
  }
}

TEST(B3, PictureComesFromLdapToo) {
  if (NeedsSlapd()) GTEST_SKIP() << "slapd is not installed";
  directory::GetPhotoRequest request;
  request.set_parent("tenants/byldap");
  request.set_email("countess@ldap.example");
  directory::Photo photo;
  const auto status = Outcome(People()->GetPhoto(User("byldap").get(), request, &photo));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(photo.content_type(), "image/jpeg");
  EXPECT_FALSE(photo.content().empty());
  request.set_email("p00001@ldap.example");
  EXPECT_EQ(GetErrorInfo(Outcome(People()->GetPhoto(User("byldap").get(), request, &photo)))->reason, "NO_PHOTO");
}

TEST(B3, WithTheLdapServerDownItSaysPartialAndRecovers) {
  if (NeedsSlapd()) GTEST_SKIP() << "slapd is not installed";
  TheSystem().slapd.Kill();
  EXPECT_TRUE(Search("Lovelace").partial());
  TheSystem().slapd.Start();
  EXPECT_TRUE(testing::Eventually(
      [] {
        const auto response = Search("Lovelace");
        return !response.partial() && response.people_size() == 1;
      },
      std::chrono::seconds(15)));
}

TEST(B8, WholeLdapDirectoryIsListedNoneTwiceNoneMissing) {
  if (NeedsSlapd()) GTEST_SKIP() << "slapd is not installed";
  const auto emails = ListAll("byldap");
  EXPECT_EQ(emails.size(), static_cast<size_t>(kPeople) + 2);
  const std::set<std::string> unique(emails.begin(), emails.end());
  EXPECT_EQ(unique.size(), emails.size());
  for (const char* email : {"p00001@ldap.example", "p05000@ldap.example", "p10000@ldap.example", "ada@ldap.example"}) {
    EXPECT_TRUE(unique.contains(email)) << email;
  }
}

TEST(B8, WholeAddressListOfExchangeIsListedNoneTwiceNoneMissing) {
  const auto emails = ListAll("byewslist");
  const std::set<std::string> unique(emails.begin(), emails.end());
  EXPECT_EQ(unique.size(), emails.size());
  std::set<std::string> expected;
  const auto mailboxes = TheSystem().stack->exchange().Get("/sim/mailboxes");
  for (size_t at = mailboxes.find("@corp.example\""); at != std::string::npos;
       at = mailboxes.find("@corp.example\"", at + 1)) {
    const auto begin = mailboxes.rfind('"', at) + 1;
    expected.insert(mailboxes.substr(begin, mailboxes.find('"', begin) - begin));
  }
  EXPECT_GE(emails.size(), static_cast<size_t>(kPeople));
  for (const auto& email : unique) EXPECT_TRUE(expected.contains(email)) << email;
}

TEST(B8, PlainExchangeSearchRefusesAndNamesTheRemedies) {
  directory::ListCorporateDirectoryResponse response;
  const auto status = ListPage("default", "", 50, 0, response);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorInfo(status)->reason, "LIST_NOT_ENUMERABLE");
  for (const char* remedy : {"address_list", "LDAP", "Graph"}) EXPECT_THAT(MessageOf(status), HasSubstr(remedy));
}

TEST(B8, WrongPagesAreRefusedNamingTheField) {
  directory::ListCorporateDirectoryResponse response;
  EXPECT_THAT(MessageOf(ListPage("byewslist", "no token", 50, 0, response)), HasSubstr("page_token"));
  EXPECT_THAT(MessageOf(ListPage("byewslist", "", -1, 0, response)), HasSubstr("page_size"));
  EXPECT_EQ(GetErrorInfo(ListPage("byewslist", "lnothere.50", 50, 0, response))->reason, "LIST_EXPIRED");
}

}  // namespace
}  // namespace crosspoint::e2e
