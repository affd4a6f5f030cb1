// B6: contacts of public folders are found by the one search.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

directory::SearchPeopleResponse Search(const std::string& query) {
  directory::SearchPeopleRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_query(query);
  directory::SearchPeopleResponse response;
  const auto status = Outcome(Directory()->SearchPeople(TheStack().AsUser("users/searcher").get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

// What Exchange itself has in its public folder, read without us.
std::vector<ews::Contact> PublicContacts() {
  auto& exchange = TheStack().mailboxes();
  const auto folders = exchange.FindFolders({.parent = ews::FolderRef::Named("publicfoldersroot")});
  EXPECT_TRUE(folders.ok()) << folders.status();
  std::vector<ews::Contact> contacts;
  for (const auto& folder : folders->folders) {
    if (folder.folder_class != "IPF.Contact") continue;
    const auto page = exchange.FindContacts({.folder = ews::FolderRef::ById(folder.id.id)});
    EXPECT_TRUE(page.ok()) << page.status();
    contacts.insert(contacts.end(), page->items.begin(), page->items.end());
  }
  return contacts;
}

TEST(B6, EveryContactOfThePublicFolderIsFoundByNameAndByAddressWithItsPhones) {
  const auto contacts = PublicContacts();
  ASSERT_FALSE(contacts.empty());
  for (const auto& contact : contacts) {
    for (const auto& query : {contact.surname, contact.display_name, contact.emails[0].address}) {
      const auto response = Search(query);
      EXPECT_FALSE(response.partial());
      const auto found = std::ranges::find_if(response.people(), [&](const directory::Person& person) {
        return person.emails_size() > 0 && person.emails(0) == contact.emails[0].address;
      });
      ASSERT_NE(found, response.people().end()) << query;
      EXPECT_EQ(found->display_name(), contact.display_name);
      EXPECT_EQ(found->phones_size(), static_cast<int>(contact.phones.size()));
      EXPECT_EQ(found->user(), "") << "nothing tells where it came from";
    }
  }
}

TEST(B6, OneSearchAnswersFromTheListThePublicFolderAndOurUsersTogether) {
  const auto contact = PublicContacts().front();
  const auto gal = NewMailbox("Gal " + contact.surname);
  const auto ours = MakeUser(NewMailbox("Ours " + contact.surname));
  EXPECT_TRUE(testing::Eventually([&] {
    std::vector<std::string> names;
    const auto response = Search(contact.surname);
    for (const auto& person : response.people()) names.push_back(person.display_name());
    const auto has = [&](const std::string& name) { return std::ranges::count(names, name) == 1; };
    return has(contact.display_name) && has(gal.display_name) && has(ours.display_name);
  }));
}

TEST(B6, WithoutThePublicFolderTheRestIsFoundAndItIsSaidAndItComesBack) {
  const auto mailbox = NewMailbox("Lonely Wimberley");
  TheStack().exchange().Post("/sim/faults", R"({"operation": "FindItem", "kind": "http_500", "count": 1000})");
  const auto response = Search("Wimberley");
  TheStack().exchange().ForgetFaults();
  EXPECT_TRUE(response.partial());
  EXPECT_EQ(response.people_size(), 1);
  EXPECT_TRUE(testing::Eventually([] { return !Search("Wimberley").partial(); }, std::chrono::seconds(15)));
}

}  // namespace
}  // namespace crosspoint::e2e
