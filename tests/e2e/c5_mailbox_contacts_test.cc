// C5: the contacts of the user's mailbox, read and managed both ways.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <map>

#include "connectors/ews/properties.h"
#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::chrono::seconds kPatience{30};

ews::EwsCall As(const Person& person) {
  ews::EwsCall call;
  call.mailbox = person.email;
  return call;
}

ews::FolderRef Folder() { return ews::FolderRef::Named("contacts"); }

// What is in the mailbox, by display name.
std::multimap<std::string, ews::Contact> There(const Person& person) {
  ews::FindItemsQuery query{.folder = Folder(), .restriction = std::nullopt};
  query.page.max_entries = 500;
  query.properties = {ews::CrosspointIdPath()};
  const auto page = TheStack().mailboxes().FindContacts(query, As(person));
  EXPECT_TRUE(page.ok()) << page.status();
  std::multimap<std::string, ews::Contact> found;
  if (page.ok()) {
    for (const auto& one : page->items) found.emplace(one.display_name, one);
  }
  return found;
}

// What is here, by display name.
std::multimap<std::string, contact::Contact> Here(const Person& person) {
  contact::ListContactsRequest request;
  request.set_parent(person.name);
  request.set_page_size(500);
  contact::ListContactsResponse response;
  const auto status = OutcomeAfterRestart(
      person.name, [&](grpc::ClientContext* context) { return Contacts()->ListContacts(context, request, &response); });
  EXPECT_TRUE(status.ok()) << status;
  std::multimap<std::string, contact::Contact> found;
  for (const auto& one : response.contacts()) found.emplace(one.display_name(), one);
  return found;
}

std::string PhoneThere(const ews::Contact& contact, const std::string& kind) {
  for (const auto& phone : contact.phones) {
    if (phone.kind == kind) return phone.number;
  }
  return "";
}

ews::ItemId PutThere(const Person& person, const std::string& name, const std::string& mobile) {
  ews::ContactDraft draft;
  draft.file_as = name;
  draft.display_name = name;
  draft.phones = {{"MobilePhone", mobile}};
  const auto made = TheStack().mailboxes().CreateContact(draft, Folder(), As(person));
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? *made : ews::ItemId{};
}

// A UUID of its own each time.
std::string RequestId() {
  static int next = 100000;
  return "0a9f8f5e-70b5-4d6e-a5a2-6b2f3a" + std::to_string(next++);
}

contact::Contact PutHere(const Person& person, const std::string& name, const std::string& mobile) {
  contact::CreateContactRequest request;
  request.set_parent(person.name);
  request.mutable_contact()->set_display_name(name);
  auto& phone = *request.mutable_contact()->add_phones();
  phone.set_label("mobile");
  phone.set_number(mobile);
  contact::Contact made;
  request.set_request_id(RequestId());
  const auto status = OutcomeAfterRestart(
      person.name, [&](grpc::ClientContext* context) { return Contacts()->CreateContact(context, request, &made); });
  EXPECT_TRUE(status.ok()) << status;
  return made;
}

contact::MailboxSync SyncOf(const Person& person) {
  contact::GetMailboxSyncRequest request;
  request.set_name(person.name);
  contact::MailboxSync sync;
  const auto status = Outcome(Contacts()->GetMailboxSync(TheStack().AsAdmin().get(), request, &sync));
  EXPECT_TRUE(status.ok()) << status;
  return sync;
}

// A person whose mailbox has been read once.
Person Settled() {
  const auto person = NewPerson();
  EXPECT_TRUE(testing::Eventually([&] { return SyncOf(person).has_sync_time(); }, kPatience));
  return person;
}

TEST(C5, AContactOfTheMailboxIsHereNamesCallersAndFollowsEditsAndDeletion) {
  const auto person = Settled();
  const auto id = PutThere(person, "Mary Mailbox", "+49 171 5550001");
  ASSERT_TRUE(testing::Eventually([&] { return Here(person).size() == 1; }, kPatience));
  const auto here = Here(person).begin()->second;
  EXPECT_EQ(here.source(), contact::CONTACT_SOURCE_EXCHANGE);
  ASSERT_THAT(here.phones(), SizeIs(1));
  EXPECT_EQ(here.phones(0).label(), "mobile");
  EXPECT_EQ(here.phones(0).e164(), "+491715550001");

  contact::LookupNumberRequest lookup;
  lookup.set_parent(person.name);
  lookup.set_number("0171 5550001");
  contact::LookupNumberResponse caller;
  ASSERT_TRUE(Outcome(Contacts()->LookupNumber(TheStack().AsUser(person.name).get(), lookup, &caller)).ok());
  ASSERT_THAT(caller.contacts(), SizeIs(1));
  EXPECT_EQ(caller.contacts(0).display_name(), "Mary Mailbox");

  ews::ContactUpdate update;
  update.display_name = "Mary Moved";
  const auto changed = TheStack().mailboxes().UpdateContact(id, update, As(person));
  ASSERT_TRUE(changed.ok()) << changed.status();
  ASSERT_TRUE(testing::Eventually([&] { return Here(person).contains("Mary Moved"); }, kPatience));
  EXPECT_EQ(Here(person).begin()->second.name(), here.name()) << "the same contact";

  ASSERT_TRUE(TheStack().mailboxes().DeleteItems({*changed}, ews::DeleteType::kMoveToDeletedItems, As(person)).ok());
  EXPECT_TRUE(testing::Eventually([&] { return Here(person).empty(); }, kPatience));
}

TEST(C5, AContactMadeEditedAndDeletedHereIsSoInTheMailbox) {
  const auto person = Settled();
  const auto made = PutHere(person, "Otto Ours", "+49 171 5550002");
  ASSERT_TRUE(testing::Eventually([&] { return There(person).size() == 1; }, kPatience));
  auto there = There(person).begin()->second;
  EXPECT_EQ(there.display_name, "Otto Ours");
  EXPECT_EQ(PhoneThere(there, "MobilePhone"), "+49 171 5550002");
  EXPECT_EQ("tenants/default/users/" + person.name.substr(person.name.rfind('/') + 1) + "/contacts/" +
                there.Get(ews::CrosspointIdPath()),
            made.name());
  ASSERT_TRUE(testing::Eventually(
      [&] { return Here(person).begin()->second.source() == contact::CONTACT_SOURCE_EXCHANGE; }, kPatience));
  EXPECT_EQ(Here(person).begin()->second.etag(), made.etag()) << "being in the mailbox is no new edition";

  contact::UpdateContactRequest update;
  *update.mutable_contact() = made;
  update.mutable_contact()->set_company("Ours & Sons");
  update.mutable_contact()->mutable_phones(0)->set_number("+49 171 5550003");
  contact::Contact changed;
  ASSERT_TRUE(Outcome(Contacts()->UpdateContact(TheStack().AsUser(person.name).get(), update, &changed)).ok());
  EXPECT_TRUE(testing::Eventually(
      [&] {
        const auto now = There(person);
        return now.size() == 1 && now.begin()->second.company == "Ours & Sons" &&
               PhoneThere(now.begin()->second, "MobilePhone") == "+49 171 5550003";
      },
      kPatience));

  contact::DeleteContactRequest remove;
  remove.set_name(made.name());
  contact::DeleteContactResponse removed;
  ASSERT_TRUE(Outcome(Contacts()->DeleteContact(TheStack().AsUser(person.name).get(), remove, &removed)).ok());
  EXPECT_TRUE(testing::Eventually([&] { return There(person).empty(); }, kPatience));
  EXPECT_THAT(Here(person), IsEmpty());
}

TEST(C5, EditsOnBothSidesAtOnceAreBothKept) {
  const auto person = Settled();
  const auto id = PutThere(person, "Both Sides", "+49 171 5550004");
  ASSERT_TRUE(testing::Eventually([&] { return Here(person).size() == 1; }, kPatience));
  // The service is away while both sides change.
  contact::UpdateContactRequest update;
  *update.mutable_contact() = Here(person).begin()->second;
  update.mutable_contact()->set_job_title("Changed here");
  contact::Contact changed;
  ews::ContactUpdate theirs;
  theirs.company = "Changed there";
  ASSERT_TRUE(TheStack().mailboxes().UpdateContact(id, theirs, As(person)).ok());
  const auto status = Outcome(Contacts()->UpdateContact(TheStack().AsUser(person.name).get(), update, &changed));
  ASSERT_TRUE(status.ok() || absl::IsAborted(status)) << status;
  if (absl::IsAborted(status)) {  // theirs came first
    update.mutable_contact()->clear_etag();
    update.mutable_update_mask()->add_paths("job_title");
    ASSERT_TRUE(Outcome(Contacts()->UpdateContact(TheStack().AsUser(person.name).get(), update, &changed)).ok());
  }
  EXPECT_TRUE(testing::Eventually(
      [&] {
        const auto here = Here(person);
        const auto there = There(person);
        return here.size() == 1 && there.size() == 1 && here.begin()->second.company() == "Changed there" &&
               here.begin()->second.job_title() == "Changed here" && there.begin()->second.company == "Changed there" &&
               there.begin()->second.job_title == "Changed here";
      },
      kPatience));
}

TEST(C5, ManyDeletionsAtOnceWaitForAnAdministrator) {
  const auto person = Settled();
  constexpr int kMany = 30;
  std::vector<ews::ItemId> ids;
  for (int i = 0; i < kMany; ++i) {
    ids.push_back(PutThere(person, "Many " + std::to_string(i), "+49 171 66600" + std::to_string(10 + i)));
  }
  ASSERT_TRUE(testing::Eventually([&] { return Here(person).size() == kMany; }, kPatience));
  ASSERT_TRUE(TheStack().mailboxes().DeleteItems(ids, ews::DeleteType::kMoveToDeletedItems, As(person)).ok());
  ASSERT_TRUE(testing::Eventually([&] { return There(person).empty(); }, kPatience));
  // Some may go before the rest is seen to be many.
  ASSERT_TRUE(testing::Eventually([&] { return SyncOf(person).held_deletions() > 0; }, kPatience));
  ASSERT_TRUE(testing::Eventually(
      [&] { return static_cast<int>(Here(person).size()) == SyncOf(person).held_deletions(); }, kPatience));
  const auto kept = Here(person).size();
  EXPECT_GT(kept, 20u);

  contact::ResolveBrakeRequest resolve;
  resolve.set_name(person.name);
  contact::ResolveBrakeResponse resolved;
  const auto refused = Outcome(Contacts()->ResolveBrake(TheStack().AsUser(person.name).get(), resolve, &resolved));
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  ASSERT_TRUE(testing::Eventually(
      [&] { return Outcome(Contacts()->ResolveBrake(TheStack().AsAdmin().get(), resolve, &resolved)).ok(); }));
  EXPECT_EQ(resolved.sync().held_deletions(), 0);
  EXPECT_TRUE(testing::Eventually([&] { return There(person).size() == kept; }, kPatience)) << There(person).size();
  EXPECT_THAT(Here(person), SizeIs(kept));
}

TEST(C5, WhatWasAcknowledgedReachesTheMailboxOnceThoughTheServiceIsKilled) {
  const auto person = Settled();
  constexpr int kRounds = 5;
  for (int i = 0; i < kRounds; ++i) {
    PutHere(person, "Round " + std::to_string(i), "+49 171 77700" + std::to_string(10 + i));
    TheStack().contact().Kill();
    TheStack().contact().Start();
    TheStack().contact().WaitReady();
  }
  EXPECT_TRUE(testing::Eventually([&] { return There(person).size() == kRounds; }, std::chrono::seconds(60)));
  EXPECT_TRUE(testing::Eventually(
      [&] {
        const auto here = Here(person);
        return here.size() == kRounds && std::ranges::all_of(here, [](const auto& one) {
                 return one.second.source() == contact::CONTACT_SOURCE_EXCHANGE;
               });
      },
      std::chrono::seconds(60)));
  EXPECT_THAT(There(person), SizeIs(kRounds)) << "none twice";
}

}  // namespace
}  // namespace crosspoint::e2e
