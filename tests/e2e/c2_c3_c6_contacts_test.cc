// C2: contacts live, searchable and diallable on any device. C3: corporate search without them. C6: private.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <csignal>
#include <set>
#include <thread>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kUser = "tenants/default/users/c2";

absl::StatusOr<contact::Contact> Create(const std::string& user, const std::string& name, const std::string& number) {
  contact::CreateContactRequest request;
  request.set_parent(user);
  request.mutable_contact()->set_display_name(name);
  request.mutable_contact()->add_phones()->set_number(number);
  contact::Contact made;
  const auto status = Outcome(Contacts()->CreateContact(TheStack().AsUser(user).get(), request, &made));
  if (!status.ok()) return status;
  return made;
}

contact::LookupNumberResponse LookUp(const std::string& user, const std::string& number) {
  contact::LookupNumberRequest request;
  request.set_parent(user);
  request.set_number(number);
  contact::LookupNumberResponse response;
  const auto status = Outcome(Contacts()->LookupNumber(TheStack().AsUser(user).get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

TEST(C2, ALookedUpNumberNamesTheCaller) {
  const auto user = kUser + "a";
  const auto made = Create(user, "Konrad Zuse", "030 23125-001");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->phones(0).number(), "030 23125-001");
  EXPECT_EQ(made->phones(0).e164(), "+493023125001");
  for (const char* typed : {"+49 30 23125001", "03023125001", "0049 30 23125 001", "tel:+493023125001"}) {
    const auto found = LookUp(user, typed);
    ASSERT_THAT(found.contacts(), SizeIs(1)) << typed;
    EXPECT_EQ(found.contacts(0).display_name(), "Konrad Zuse");
    EXPECT_TRUE(found.exact());
    EXPECT_EQ(found.e164(), "+493023125001");
  }
  EXPECT_THAT(LookUp(user, "+49 89 23125001").contacts(), IsEmpty());
}

TEST(C2, ADeskPhoneSeesTheStateFirstAndThenEveryChange) {
  const auto user = kUser + "b";
  ASSERT_TRUE(Create(user, "Ada", "+49 30 23125 100").ok());
  const auto context = TheStack().AsUser(user);
  contact::WatchContactsRequest request;
  request.set_parent(user);
  const auto watch = Contacts()->WatchContacts(context.get(), request);
  contact::WatchContactsResponse told;
  std::set<std::string> names;
  while (watch->Read(&told)) {
    for (const auto& one : told.contacts()) names.insert(one.display_name());
    if (told.synced()) break;
  }
  EXPECT_THAT(names, ::testing::ElementsAre("Ada"));

  const auto grace = Create(user, "Grace", "+49 30 23125 101");
  ASSERT_TRUE(grace.ok());
  ASSERT_TRUE(watch->Read(&told));
  ASSERT_THAT(told.contacts(), SizeIs(1));
  EXPECT_EQ(told.contacts(0).display_name(), "Grace");
  const auto token = told.resume_token();
  contact::DeleteContactRequest remove;
  remove.set_name(grace->name());
  contact::DeleteContactResponse removed;
  ASSERT_TRUE(Outcome(Contacts()->DeleteContact(TheStack().AsUser(user).get(), remove, &removed)).ok());
  ASSERT_TRUE(watch->Read(&told));
  EXPECT_THAT(told.removed(), Contains(grace->name()));
  context->TryCancel();

  // A phone that was away goes on where it stood: it is told of the removal alone.
  const auto later = TheStack().AsUser(user);
  request.set_resume_token(token);
  const auto resumed = Contacts()->WatchContacts(later.get(), request);
  ASSERT_TRUE(resumed->Read(&told));
  EXPECT_FALSE(told.gap());
  EXPECT_THAT(told.contacts(), IsEmpty());
  EXPECT_THAT(told.removed(), Contains(grace->name()));
  later->TryCancel();

  const auto lost = TheStack().AsUser(user);
  request.set_resume_token("another-history.77");
  const auto anew = Contacts()->WatchContacts(lost.get(), request);
  ASSERT_TRUE(anew->Read(&told));
  EXPECT_TRUE(told.gap());
  EXPECT_THAT(told.contacts(), SizeIs(1));
  lost->TryCancel();
}

TEST(C2, SearchFindsByPartsOfNameNumberAndAddress) {
  const auto user = kUser + "c";
  contact::CreateContactRequest create;
  create.set_parent(user);
  auto& zoe = *create.mutable_contact();
  zoe.set_given_name("Zoë");
  zoe.set_family_name("Müller");
  zoe.set_company("Rechenwerk");
  zoe.add_emails("zoe@werk.example");
  zoe.add_phones()->set_number("+49 40 7654321");
  zoe.add_addresses()->set_city("Hamburg");
  contact::Contact made;
  ASSERT_TRUE(Outcome(Contacts()->CreateContact(TheStack().AsUser(user).get(), create, &made)).ok());
  EXPECT_EQ(made.display_name(), "Zoë Müller");
  ASSERT_TRUE(Create(user, "Somebody Else", "+49 30 1111111").ok());
  contact::SearchContactsRequest request;
  request.set_parent(user);
  for (const char* query : {"zoe mul", "MÜLLER", "rechen", "zoe@werk", "7654", "040 765", "hamb"}) {
    request.set_query(query);
    contact::SearchContactsResponse response;
    ASSERT_TRUE(Outcome(Contacts()->SearchContacts(TheStack().AsUser(user).get(), request, &response)).ok());
    ASSERT_THAT(response.contacts(), SizeIs(1)) << query;
    EXPECT_EQ(response.contacts(0).name(), made.name());
  }
}

TEST(C2, AStaleEtagIsRefusedAndTheNewOneTaken) {
  const auto user = kUser + "d";
  auto ada = Create(user, "Ada", "+49 30 23125 100");
  ASSERT_TRUE(ada.ok());
  contact::UpdateContactRequest update;
  *update.mutable_contact() = *ada;
  update.mutable_contact()->set_company("Analytical Engines");
  update.mutable_update_mask()->add_paths("company");
  contact::Contact changed;
  ASSERT_TRUE(Outcome(Contacts()->UpdateContact(TheStack().AsUser(user).get(), update, &changed)).ok());
  EXPECT_EQ(changed.company(), "Analytical Engines");
  EXPECT_EQ(changed.phones(0).e164(), ada->phones(0).e164());
  const auto stale = Outcome(Contacts()->UpdateContact(TheStack().AsUser(user).get(), update, &changed));
  EXPECT_TRUE(absl::IsAborted(stale)) << stale;
  contact::DeleteContactRequest remove;
  remove.set_name(ada->name());
  remove.set_etag(ada->etag());
  contact::DeleteContactResponse removed;
  EXPECT_TRUE(absl::IsAborted(Outcome(Contacts()->DeleteContact(TheStack().AsUser(user).get(), remove, &removed))));
  remove.set_etag(changed.etag());
  EXPECT_TRUE(Outcome(Contacts()->DeleteContact(TheStack().AsUser(user).get(), remove, &removed)).ok());
  EXPECT_TRUE(absl::IsNotFound(Outcome(Contacts()->DeleteContact(TheStack().AsUser(user).get(), remove, &removed))));
}

TEST(C2, AFileIsImportedOnceAndEverythingExported) {
  const auto user = kUser + "file";
  contact::ImportContactsRequest request;
  request.set_parent(user);
  request.set_content("First Name;Last Name;Mobile Phone\nAda;Lovelace;0171 5550001\nGrace;Hopper;0171 5550002\n;;\"" +
                      std::string(70, '1') + "\"\n");
  contact::ImportContactsResponse imported;
  for (const int unchanged : {0, 2}) {
    const auto status = Outcome(Contacts()->ImportContacts(TheStack().AsUser(user).get(), request, &imported));
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(imported.imported(), 2);
    EXPECT_EQ(imported.unchanged(), unchanged);
    EXPECT_EQ(imported.refused(), 1);
    ASSERT_THAT(imported.problems(), SizeIs(1));
    EXPECT_NE(imported.problems(0).find("line 4"), std::string::npos) << imported.problems(0);
  }
  EXPECT_THAT(LookUp(user, "+491715550002").contacts(), SizeIs(1));

  contact::ExportContactsRequest all;
  all.set_parent(user);
  const auto context = TheStack().AsUser(user);
  const auto stream = Contacts()->ExportContacts(context.get(), all);
  std::string file;
  contact::ExportContactsResponse part;
  while (stream->Read(&part)) file += part.content();
  ASSERT_TRUE(Outcome(stream->Finish()).ok());
  EXPECT_NE(file.find("TEL;TYPE=cell:0171 5550002"), std::string::npos) << file;
  request.set_content(file);
  ASSERT_TRUE(Outcome(Contacts()->ImportContacts(TheStack().AsUser(user).get(), request, &imported)).ok());
  EXPECT_EQ(imported.unchanged(), 2) << "what was exported is known";
}

TEST(C2, WhatWasAcknowledgedSurvivesTheDeathOfTheService) {
  const auto user = kUser + "e";
  ASSERT_TRUE(Create(user, "Ada", "+49 30 23125 100").ok());
  TheStack().contact().Kill();
  TheStack().contact().Start();
  TheStack().contact().WaitReady();
  contact::LookupNumberRequest request;
  request.set_parent(user);
  request.set_number("+493023125100");
  contact::LookupNumberResponse response;
  const auto status = OutcomeAfterRestart(
      user, [&](grpc::ClientContext* context) { return Contacts()->LookupNumber(context, request, &response); });
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_THAT(response.contacts(), SizeIs(1));
  EXPECT_EQ(response.contacts(0).display_name(), "Ada");
}

TEST(C3, CorporateSearchAnswersWhileContactsAreAway) {
  const auto person = MakeUser(NewMailbox("Barnabas Independent"));
  TheStack().contact().Kill();
  directory::SearchPeopleRequest search;
  search.set_parent(testing::Stack::kTenant);
  search.set_query("Barnabas Indep");
  directory::SearchPeopleResponse people;
  EXPECT_TRUE(testing::Eventually([&] {
    return Outcome(Directory()->SearchPeople(TheStack().AsUser(person.name).get(), search, &people)).ok() &&
           people.people_size() == 1 && !people.partial();
  }));
  TheStack().contact().Start();
  TheStack().contact().WaitReady();
  const auto user = kUser + "f";
  contact::CreateContactRequest request;
  request.set_parent(user);
  request.mutable_contact()->set_display_name("Back Again");
  contact::Contact made;
  const auto back = OutcomeAfterRestart(
      user, [&](grpc::ClientContext* context) { return Contacts()->CreateContact(context, request, &made); });
  EXPECT_TRUE(back.ok()) << back;
}

TEST(C6, NobodyElseSeesOrChangesAContact) {
  const auto owner = kUser + "owner";
  const auto ada = Create(owner, "Ada", "+49 30 23125 100");
  ASSERT_TRUE(ada.ok());
  const auto& credentials = TheStack().credentials();
  const std::map<std::string, std::string> strangers = {
      {"another user", credentials.Token("default", "c2other", {"user"})},
      {"a delegate without a grant", credentials.Token("default", "c2other", {"user", "delegate"})},
      {"the same id in another tenant", credentials.Token("other", "c2owner", {"user", "delegate"})},
  };
  for (const auto& [who, token] : strangers) {
    const auto outcome = [&](auto method, auto request, auto response) {
      return Outcome(((*Contacts()).*method)(TheStack().With(token).get(), request, &response));
    };
    using Stub = contact::ContactService::Stub;
    contact::GetContactRequest get;
    get.set_name(ada->name());
    EXPECT_TRUE(absl::IsNotFound(outcome(&Stub::GetContact, get, contact::Contact()))) << who;
    contact::UpdateContactRequest update;
    update.mutable_contact()->set_name(ada->name());
    EXPECT_TRUE(absl::IsNotFound(outcome(&Stub::UpdateContact, update, contact::Contact()))) << who;
    contact::DeleteContactRequest remove;
    remove.set_name(ada->name());
    EXPECT_TRUE(absl::IsNotFound(outcome(&Stub::DeleteContact, remove, contact::DeleteContactResponse()))) << who;
    contact::ListContactsRequest list;
    list.set_parent(owner);
    EXPECT_TRUE(absl::IsNotFound(outcome(&Stub::ListContacts, list, contact::ListContactsResponse()))) << who;
    contact::SearchContactsRequest search;
    search.set_parent(owner);
    search.set_query("ada");
    EXPECT_TRUE(absl::IsNotFound(outcome(&Stub::SearchContacts, search, contact::SearchContactsResponse()))) << who;
    contact::LookupNumberRequest lookup;
    lookup.set_parent(owner);
    lookup.set_number("+493023125100");
    EXPECT_TRUE(absl::IsNotFound(outcome(&Stub::LookupNumber, lookup, contact::LookupNumberResponse()))) << who;
    contact::WatchContactsRequest watch;
    watch.set_parent(owner);
    const auto context = TheStack().With(token);
    const auto stream = Contacts()->WatchContacts(context.get(), watch);
    contact::WatchContactsResponse told;
    EXPECT_FALSE(stream->Read(&told)) << who;
    EXPECT_TRUE(absl::IsNotFound(Outcome(stream->Finish()))) << who;
  }
  // And what is one's own cannot be reached through one's own name.
  contact::GetContactRequest get;
  get.set_name("tenants/default/users/c2other/contacts/" + ada->name().substr(ada->name().rfind('/') + 1));
  contact::Contact found;
  EXPECT_TRUE(absl::IsNotFound(
      Outcome(Contacts()->GetContact(TheStack().AsUser("tenants/default/users/c2other").get(), get, &found))));
}

TEST(C6, APbxOfTheTenantMayAskWhoANumberBelongsToAndNothingElse) {
  const auto owner = kUser + "ring";
  const auto ada = Create(owner, "Ada", "+49 30 23125 100");
  ASSERT_TRUE(ada.ok());
  const auto pbx = TheStack().credentials().Token("default", "pbx", {"integrator"});
  contact::LookupNumberRequest lookup;
  lookup.set_parent(owner);
  lookup.set_number("030 23125100");
  contact::LookupNumberResponse named;
  ASSERT_TRUE(Outcome(Contacts()->LookupNumber(TheStack().With(pbx).get(), lookup, &named)).ok());
  EXPECT_THAT(named.contacts(), SizeIs(1));
  contact::ListContactsRequest list;
  list.set_parent(owner);
  contact::ListContactsResponse listed;
  EXPECT_FALSE(Outcome(Contacts()->ListContacts(TheStack().With(pbx).get(), list, &listed)).ok());
}

}  // namespace
}  // namespace crosspoint::e2e
