#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "connectors/ews/errors.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kAddressList = "5c1f0a52-6f0e-4a57-9d8e-0b6c5d2a7e10";

class ExchangeFolders : public WithExchange {
 protected:
  std::vector<Folder> Find(FindFoldersQuery query, const EwsCall& call) const {
    std::vector<Folder> folders;
    for (bool more = true; more && folders.size() < 1000;) {
      const auto page = client_->FindFolders(query, call);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->folders.size(), static_cast<size_t>(query.page.max_entries));
      folders.insert(folders.end(), page->folders.begin(), page->folders.end());
      query.page.offset = page->end.next_offset;
      more = !page->end.includes_last;
    }
    return folders;
  }
  static std::multiset<std::string> Names(const std::vector<Folder>& folders) {
    std::multiset<std::string> names;
    for (const Folder& folder : folders) names.insert(folder.display_name);
    return names;
  }
  FolderId Create(const FolderDraft& draft, const EwsCall& call) const {
    const auto id = client_->CreateFolder(draft, call);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : FolderId{};
  }
};

TEST_F(ExchangeFolders, PagesOfFoldersAddUpToAll) {
  const auto all = Names(Find({}, anna_));
  EXPECT_GE(all.size(), 4u);
  EXPECT_EQ(Names(Find({.page = {.max_entries = 2}}, anna_)), all);
}

TEST_F(ExchangeFolders, FolderIsMadeOnceAndFoundByItsName) {
  const FolderDraft draft{.display_name = "Voice & more", .kind = FolderKind::kMail};
  const FolderId made = Create(draft, anna_);
  EXPECT_EQ(Create(draft, anna_).id, made.id) << "the one that exists is taken";
  const FolderId inner = Create({.parent = FolderRef::ById(made.id), .display_name = "Deep"}, anna_);
  const Restriction by_name = IsEqualTo(FieldName{"folder:DisplayName"}, "Deep");
  EXPECT_THAT(Find({.restriction = by_name}, anna_), IsEmpty()) << "not a child of the root";
  const auto deep = Find({.deep = true, .restriction = by_name}, anna_);
  ASSERT_THAT(deep, SizeIs(1));
  EXPECT_EQ(deep[0].id.id, inner.id);
  EXPECT_EQ(deep[0].parent.id, made.id);
}

TEST_F(ExchangeFolders, KindOfANewFolderIsKept) {
  const FolderId contacts = Create({.display_name = "More contacts", .kind = FolderKind::kContacts}, anna_);
  const auto folder = client_->GetFolder(FolderRef::ById(contacts.id), anna_);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->folder_class, "IPF.Contact");
}

TEST_F(ExchangeFolders, HierarchyTellsWhatIsNewAndBeginsAnewWhenItsStateIsLost) {
  const FolderRef root = FolderRef::Named("msgfolderroot");
  const auto first = client_->SyncFolderHierarchy(root, "", bo_);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_GE(first->changes.size(), 4u);
  const FolderId made = Create({.display_name = "New one"}, bo_);
  const auto second = client_->SyncFolderHierarchy(root, first->sync_state, bo_);
  ASSERT_TRUE(second.ok()) << second.status();
  const auto is_new = [&](const FolderChange& change) { return change.folder.id.id == made.id; };
  const auto found = std::find_if(second->changes.begin(), second->changes.end(), is_new);
  ASSERT_NE(found, second->changes.end());
  EXPECT_EQ(found->kind, FolderChange::Kind::kCreate);
  EXPECT_EQ(found->folder.display_name, "New one");

  exchange_->Post("/sim/expire-sync-states");
  const auto lost = client_->SyncFolderHierarchy(root, second->sync_state, bo_);
  EXPECT_EQ(ReactionOf(lost.status()), Reaction::kResync) << lost.status();
  const auto again = client_->SyncFolderHierarchy(root, "", bo_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->changes.size(), first->changes.size() + 1);
}

TEST_F(ExchangeFolders, IdsThereAndBackInEveryFormat) {
  const auto calendar = client_->GetFolder(FolderRef::Calendar(), anna_);
  ASSERT_TRUE(calendar.ok()) << calendar.status();
  const AlternateId own{IdFormat::kEwsId, calendar->id.id, "anna@corp.example"};
  for (const IdFormat format :
       {IdFormat::kEwsLegacyId, IdFormat::kEntryId, IdFormat::kHexEntryId, IdFormat::kStoreId, IdFormat::kOwaId}) {
    const auto there = client_->ConvertIds({own, {IdFormat::kEwsId, "nonsense", "anna@corp.example"}}, format, anna_);
    ASSERT_TRUE(there.ok()) << there.status();
    ASSERT_TRUE(there->at(0).ok()) << there->at(0).status();
    EXPECT_FALSE(there->at(1).ok());
    const auto back = client_->ConvertIds({*there->at(0)}, IdFormat::kEwsId, anna_);
    ASSERT_TRUE(back.ok() && back->at(0).ok());
    EXPECT_EQ(back->at(0)->id, own.id);
  }
}

TEST_F(ExchangeFolders, AddressListComesInPagesWithFacts) {
  FindPeopleQuery query{.address_list = kAddressList, .page = {.max_entries = 15}};
  std::set<std::string> emails;
  size_t people = 0;
  std::optional<int> total;
  for (bool more = true; more && people < 1000;) {
    const auto page = client_->FindPeople(query, anna_);
    ASSERT_TRUE(page.ok()) << page.status();
    total = page->end.total;
    people += page->people.size();
    for (const Person& person : page->people) {
      if (!person.emails.empty()) emails.insert(person.emails[0]);
    }
    query.page.offset = page->end.next_offset;
    more = !page->end.includes_last;
  }
  EXPECT_EQ(total, static_cast<int>(people));
  EXPECT_GE(people, 43u);
  EXPECT_EQ(emails.count("anna@corp.example"), 1u);

  const auto found = client_->FindPeople({.address_list = kAddressList, .text = "Test anna"}, anna_);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(found->people, SizeIs(1));
  EXPECT_EQ(found->people[0].department, "Tests & more");
  EXPECT_THAT(found->people[0].phones, Contains(Phone{"MobilePhone", "+49 171 39200 1"}));
}

TEST_F(ExchangeFolders, ListsAreExpandedLevelByLevel) {
  const auto all = client_->ExpandDistributionList("all-staff@corp.example", anna_);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_FALSE(all->members.empty());
  size_t people = 0;
  for (const Mailbox& team : all->members) {
    EXPECT_EQ(team.mailbox_type, "PublicDL");
    const auto members = client_->ExpandDistributionList(team.email, anna_);
    ASSERT_TRUE(members.ok()) << team.email << " " << members.status();
    people += members->members.size();
  }
  EXPECT_GE(people, 40u);
  EXPECT_FALSE(client_->ExpandDistributionList("nobody-team@corp.example", anna_).ok());
}

TEST_F(ExchangeFolders, PublicFolderContactsAreFoundByName) {
  const auto folders = Find({.parent = FolderRef::Named("publicfoldersroot")}, anna_);
  const auto company = std::find_if(folders.begin(), folders.end(),
                                    [](const Folder& folder) { return folder.display_name == "Company Contacts"; });
  ASSERT_NE(company, folders.end());
  const auto contacts = client_->FindContacts({.folder = FolderRef::ById(company->id.id)}, anna_);
  ASSERT_TRUE(contacts.ok()) << contacts.status();
  ASSERT_FALSE(contacts->items.empty());
  const auto names = client_->ResolveNames({.text = contacts->items[0].surname,
                                            .scope = SearchScope::kContacts,
                                            .folders = {FolderRef::ById(company->id.id)}},
                                           anna_);
  ASSERT_TRUE(names.ok()) << names.status();
  ASSERT_FALSE(names->candidates.empty());
  EXPECT_EQ(names->candidates[0].contact.id, contacts->items[0].id.id);
  EXPECT_EQ(names->candidates[0].contact_source, "Store");
  const auto refused = client_->ResolveNames({.text = "x", .folders = {FolderRef::ById(company->id.id)}}, anna_);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ExchangeFolders, SharedCalendarIsReadAndWrittenAndKeepsItsSecrets) {
  const TimePoint start = NextHour() + hours(24 * 700);
  const auto create = [&](const std::string& subject, Sensitivity sensitivity) {
    return client_->CreateCalendarItem(
        {.subject = subject, .start = start, .end = start + minutes(30), .sensitivity = sensitivity},
        Invitations::kNone, anna_);
  };
  ASSERT_TRUE(create("open", Sensitivity::kNormal).ok());
  ASSERT_TRUE(create("doctor", Sensitivity::kPrivate).ok());
  const FolderRef shared{.distinguished = "calendar", .mailbox = "anna@corp.example"};
  const CalendarViewQuery query{.folder = shared, .start = start - hours(1), .end = start + hours(1)};
  EXPECT_EQ(client_->FindCalendarItems(query, bo_).status().code(), absl::StatusCode::kFailedPrecondition)
      << "not shared yet";

  const std::string delegate = R"({"owner": "anna@corp.example", "delegate": "bo@corp.example", "folder": "calendar",)";
  exchange_->Post("/sim/delegates", delegate + R"("write": true})");
  const auto made = client_->CreateCalendarItem({.subject = "by bo", .start = start, .end = start + minutes(15)},
                                                Invitations::kNone, bo_, shared);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto page = client_->FindCalendarItems(query, bo_);
  ASSERT_TRUE(page.ok()) << page.status();
  std::multiset<std::string> subjects;
  for (const CalendarItem& item : page->items) {
    subjects.insert(item.subject);
    EXPECT_EQ(item.free_busy, FreeBusy::kBusy);
  }
  EXPECT_EQ(subjects, (std::multiset<std::string>{"", "by bo", "open"}));
  exchange_->Post("/sim/delegates", delegate + R"("present": false})");
  EXPECT_FALSE(client_->FindCalendarItems(query, bo_).ok());
}

}  // namespace
}  // namespace crosspoint::ews
