#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const PropertyPath kAccount{.property_set = "Address", .id = 0x8062};

class ExchangeContacts : public WithExchange {
 protected:
  static ContactDraft Customer(const std::string& id) {
    ContactDraft draft{.file_as = "Doe, Jo",
                       .display_name = "Jo Doe",
                       .given_name = "Jo",
                       .middle_name = "M.",
                       .surname = "Doe",
                       .nickname = "JD",
                       .company = "Doe & Sons",
                       .department = "Sales",
                       .job_title = "Buyer",
                       .office = "D1"};
    draft.emails = {ContactEmail{"jo@customer.example", "Jo (work)", "SMTP"},
                    ContactEmail{"doe@customer.example", "", ""}, ContactEmail{}};
    draft.phones = {{"BusinessPhone", "+49 30 23125 100"}, {"MobilePhone", "+49 171 39200 100"}, {"HomeFax", "12"}};
    draft.addresses = {{PostalAddress::Kind::kBusiness, "Weg 1", "Berlin", "BE", "Germany", "10115"},
                       {.kind = PostalAddress::Kind::kHome, .city = "Bonn"}};
    draft.im_addresses = {"sip:jo@customer.example", "", ""};
    draft.categories = {"Customers", "VIP"};
    draft.notes = Body{BodyType::kText, "likes chess"};
    draft.birthday = Date{1984, 2, 29};
    draft.sensitivity = Sensitivity::kPrivate;
    draft.extended_properties = {{CrosspointIdPath(), id}, {kAccount, "account-" + id}};
    return draft;
  }
  ItemId Create(const ContactDraft& draft) const {
    const auto id = client_->CreateContact(draft, contacts_, anna_);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or(ItemId{});
  }
  absl::StatusOr<Contact> Get(const ItemId& id, Detail detail = Detail::kFactsAndBody) const {
    const auto batch = client_->GetContacts({id}, {CrosspointIdPath(), kAccount}, detail, anna_);
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() ? batch->front() : batch.status();
  }
  ItemChanges<Contact> Sync(const EwsCall& call, const std::string& state, int max_changes = 512) const {
    auto result = client_->SyncContacts(contacts_, state, max_changes, {CrosspointIdPath()}, call);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : ItemChanges<Contact>{};
  }

  const FolderRef contacts_ = FolderRef::Named("contacts");
};

TEST_F(ExchangeContacts, CreatedContactIsReadBackWithEverythingItHas) {
  const ContactDraft draft = Customer("c1");
  const auto contact = Get(Create(draft));
  ASSERT_TRUE(contact.ok()) << contact.status();
  EXPECT_EQ(contact->item_class, "IPM.Contact");
  EXPECT_EQ(contact->file_as, draft.file_as);
  EXPECT_EQ(contact->display_name, draft.display_name);
  EXPECT_EQ(contact->given_name, draft.given_name);
  EXPECT_EQ(contact->middle_name, draft.middle_name);
  EXPECT_EQ(contact->surname, draft.surname);
  EXPECT_EQ(contact->nickname, draft.nickname);
  EXPECT_EQ(contact->company, draft.company);
  EXPECT_EQ(contact->department, draft.department);
  EXPECT_EQ(contact->job_title, draft.job_title);
  EXPECT_EQ(contact->office, draft.office);
  EXPECT_EQ(contact->emails[0].address, "jo@customer.example");
  EXPECT_EQ(contact->emails[1].address, "doe@customer.example");
  EXPECT_EQ(contact->emails[2], ContactEmail{});
  EXPECT_THAT(contact->phones, ::testing::UnorderedElementsAreArray(draft.phones));
  EXPECT_THAT(contact->addresses, ::testing::UnorderedElementsAreArray(draft.addresses));
  EXPECT_EQ(contact->im_addresses, draft.im_addresses);
  EXPECT_EQ(contact->categories, draft.categories);
  ASSERT_TRUE(contact->notes);
  EXPECT_EQ(contact->notes->text, "likes chess");
  EXPECT_EQ(contact->birthday, draft.birthday);
  EXPECT_EQ(contact->sensitivity, Sensitivity::kPrivate);
  EXPECT_FALSE(contact->has_picture);
  EXPECT_TRUE(contact->last_modified);
  EXPECT_EQ(contact->Get(CrosspointIdPath()), "c1");
  EXPECT_EQ(contact->Get(kAccount), "account-c1");
  EXPECT_FALSE(contact->parent_folder.id.empty());
}

TEST_F(ExchangeContacts, UpdateChangesWhatIsNamedAndDeletesWhatIsNamedAsEmpty) {
  const ItemId id = Create(Customer("c2"));
  ContactUpdate update{.surname = "Dough",
                       .nickname = "",
                       .phones = {{"MobilePhone", "+49 171 39200 200"}, {"HomeFax", ""}, {"Pager", "7"}},
                       .addresses = {{PostalAddress::Kind::kBusiness, "Weg 2", "", "BE", "Germany", "10115"}},
                       .categories = std::vector<std::string>{},
                       .birthday = Date{},
                       .set_properties = {{CrosspointIdPath(), "c2b"}},
                       .delete_properties = {kAccount}};
  update.emails[0] = ContactEmail{};
  update.emails[2] = ContactEmail{"third@customer.example", "", ""};
  const auto updated = client_->UpdateContact(id, update, anna_);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->id, id.id);
  EXPECT_NE(updated->change_key, id.change_key);
  const auto contact = Get(*updated);
  ASSERT_TRUE(contact.ok()) << contact.status();
  EXPECT_EQ(contact->surname, "Dough");
  EXPECT_EQ(contact->given_name, "Jo");
  EXPECT_EQ(contact->nickname, "");
  EXPECT_THAT(contact->phones, UnorderedElementsAre(Phone{"BusinessPhone", "+49 30 23125 100"},
                                                    Phone{"MobilePhone", "+49 171 39200 200"}, Phone{"Pager", "7"}));
  EXPECT_THAT(contact->addresses,
              UnorderedElementsAre(PostalAddress{PostalAddress::Kind::kBusiness, "Weg 2", "", "BE", "Germany", "10115"},
                                   PostalAddress{.kind = PostalAddress::Kind::kHome, .city = "Bonn"}));
  EXPECT_EQ(contact->emails[0].address, "");
  EXPECT_EQ(contact->emails[1].address, "doe@customer.example");
  EXPECT_EQ(contact->emails[2].address, "third@customer.example");
  EXPECT_THAT(contact->categories, IsEmpty());
  EXPECT_EQ(contact->birthday, std::nullopt);
  EXPECT_EQ(contact->Get(CrosspointIdPath()), "c2b");
  EXPECT_EQ(contact->Get(kAccount), "");
}

TEST_F(ExchangeContacts, StaleChangeKeyIsAbortedAndHealsByReadingAgain) {
  const ItemId id = Create(Customer("c3"));
  ASSERT_TRUE(client_->UpdateContact(id, {.surname = "first"}, anna_).ok());
  const auto stale = client_->UpdateContact(id, {.surname = "second"}, anna_);
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted) << stale.status();
  const auto fresh = client_->UpdateContact(Get(id)->id, {.surname = "second"}, anna_);
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_EQ(Get(*fresh)->surname, "second");
}

TEST_F(ExchangeContacts, PagesTellEveryContactOnceAndARetriedCreateIsFound) {
  const EwsCall cleo{.mailbox = "cleo@corp.example"};
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(client_->CreateContact(Customer("p" + std::to_string(i)), contacts_, cleo).ok());
  }
  FindItemsQuery query{.folder = contacts_, .page = {.max_entries = 3}, .properties = {CrosspointIdPath()}};
  std::vector<std::string> ids;
  for (bool is_last = false; !is_last;) {
    const auto page = client_->FindContacts(query, cleo);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const Contact& contact : page->items) ids.push_back(contact.Get(CrosspointIdPath()));
    query.page.offset = page->next_offset;
    is_last = page->includes_last;
  }
  EXPECT_THAT(ids, UnorderedElementsAre("p0", "p1", "p2", "p3", "p4", "p5", "p6"));

  const auto found = client_->FindContacts(
      {.folder = contacts_, .restriction = IsEqualTo(CrosspointIdPath(), "p5"), .properties = {CrosspointIdPath()}},
      cleo);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(found->items, SizeIs(1));
  EXPECT_THAT(found->items[0].phones, SizeIs(3));
  EXPECT_EQ(found->items[0].emails[1].address, "doe@customer.example");
  EXPECT_EQ(found->items[0].birthday, (Date{1984, 2, 29}));
}

TEST_F(ExchangeContacts, SyncTellsCreationChangeAndDeletion) {
  const EwsCall bo{.mailbox = "bo@corp.example"};
  std::string state = Sync(bo, "").sync_state;
  const auto id = client_->CreateContact(Customer("s1"), contacts_, bo);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto created = Sync(bo, state);
  ASSERT_THAT(created.changes, SizeIs(1));
  EXPECT_EQ(created.changes[0].kind, ItemChange<Contact>::Kind::kCreate);
  ASSERT_TRUE(created.changes[0].item);
  EXPECT_EQ(created.changes[0].item->Get(CrosspointIdPath()), "s1");
  EXPECT_THAT(created.changes[0].item->phones, SizeIs(3));
  ASSERT_TRUE(client_->UpdateContact(*id, {.company = "Other"}, bo).ok());
  const auto updated = Sync(bo, created.sync_state);
  ASSERT_THAT(updated.changes, SizeIs(1));
  EXPECT_EQ(updated.changes[0].item->company, "Other");
  const auto deleted = client_->DeleteItems({*id}, DeleteType::kMoveToDeletedItems, bo);
  ASSERT_TRUE(deleted.ok() && deleted->front().ok());
  const auto gone = Sync(bo, updated.sync_state);
  ASSERT_THAT(gone.changes, SizeIs(1));
  EXPECT_EQ(gone.changes[0].kind, ItemChange<Contact>::Kind::kDelete);
  EXPECT_THAT(Sync(bo, gone.sync_state).changes, IsEmpty());
}

TEST_F(ExchangeContacts, PictureIsAnAttachment) {
  const ItemId id = Create(Customer("c4"));
  const auto attached =
      client_->CreateAttachment(id, {.name = "ContactPicture.jpg", .is_contact_photo = true, .bytes = "jpeg"}, anna_);
  ASSERT_TRUE(attached.ok()) << attached.status();
  const auto contact = Get(id);
  ASSERT_TRUE(contact.ok()) << contact.status();
  EXPECT_TRUE(contact->has_picture);
  ASSERT_THAT(contact->attachments, SizeIs(1));
  EXPECT_TRUE(contact->attachments[0].is_contact_photo);
  const auto picture = client_->GetAttachment(contact->attachments[0].id, anna_);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->bytes, "jpeg");
}

TEST_F(ExchangeContacts, BatchTellsWhichContactIsMissing) {
  const ItemId gone = Create(Customer("c5"));
  const ItemId here = Create(Customer("c6"));
  const auto deleted = client_->DeleteItems({gone}, DeleteType::kHardDelete, anna_);
  ASSERT_TRUE(deleted.ok() && deleted->front().ok());
  const auto batch = client_->GetContacts({gone, here}, {CrosspointIdPath()}, Detail::kFacts, anna_);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(ReactionOf(batch->at(0).status()), Reaction::kGone);
  ASSERT_TRUE(batch->at(1).ok()) << batch->at(1).status();
  EXPECT_EQ(batch->at(1)->Get(CrosspointIdPath()), "c6");
  EXPECT_FALSE(batch->at(1)->notes);
}

TEST_F(ExchangeContacts, PublicFolderHasContactsThatEverybodyReadsAndNobodyWrites) {
  EwsCall call = anna_;
  call.public_folder = PublicFolderRoute{"anna@corp.example", "anna@corp.example"};
  const auto folders = client_->FindFolders(
      {.parent = FolderRef::Named("publicfoldersroot"),
       .restriction = IsEqualTo(FieldName{.uri = "folder:FolderClass", .index = {}}, "IPF.Contact")},
      call);
  ASSERT_TRUE(folders.ok()) << folders.status();
  ASSERT_THAT(folders->folders, SizeIs(1));
  const FolderRef folder = FolderRef::ById(folders->folders[0].id.id);
  const auto page = client_->FindContacts({.folder = folder}, call);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->items, SizeIs(3));
  std::vector<ItemId> ids;
  for (const Contact& contact : page->items) ids.push_back(contact.id);
  const auto batch = client_->GetContacts(ids, {}, Detail::kFactsAndBody, call);
  ASSERT_TRUE(batch.ok()) << batch.status();
  for (size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(batch->at(i).ok()) << batch->at(i).status();
    EXPECT_EQ(batch->at(i)->display_name, page->items[i].display_name);
    EXPECT_FALSE(batch->at(i)->phones.empty());
  }
  const auto written = client_->CreateContact(Customer("public"), folder, call);
  EXPECT_EQ(ResponseCodeOf(written.status()), "ErrorAccessDenied") << written.status();
}

TEST_F(ExchangeContacts, UnknownAndRepeatedKindsOfPhonesAreRefusedBeforeAnythingIsSent) {
  ContactDraft draft = Customer("c7");
  draft.phones = {{"HoloPhone", "1"}};
  EXPECT_EQ(client_->CreateContact(draft, contacts_, anna_).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client_->UpdateContact({"x", "y"}, {.phones = {{"Pager", "1"}, {"Pager", "2"}}}, anna_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// What servers that are not Exchange itself do to contacts.
using OddContacts = UnderQuirk<ExchangeContacts>;

TEST_P(OddContacts, AreCreatedChangedReadAndDeleted) {
  ItemId id = Create(Customer("odd"));
  const auto updated = client_->UpdateContact(id, {.phones = {{"MobilePhone", "+49 171 39200 300"}}}, anna_);
  ASSERT_TRUE(updated.ok()) << updated.status();
  const auto contact = Get(id);
  ASSERT_TRUE(contact.ok()) << contact.status();
  EXPECT_THAT(contact->phones, ::testing::Contains(Phone{"MobilePhone", "+49 171 39200 300"}));
  EXPECT_THAT(contact->phones, SizeIs(3));
  EXPECT_EQ(contact->birthday, (Date{1984, 2, 29}));
  EXPECT_EQ(contact->Get(CrosspointIdPath()), "odd");
  const auto deleted = client_->DeleteItems({id}, DeleteType::kHardDelete, anna_);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_TRUE(deleted->front().ok()) << deleted->front();
  EXPECT_EQ(ReactionOf(Get(id).status()), Reaction::kGone);
}

INSTANTIATE_TEST_SUITE_P(Quirks, OddContacts,
                         ::testing::Values("prefixes", "no_change_keys", "stale_change_keys", "fractions",
                                           "datetimes_for_dates", "unknown_elements", "repeated_elements",
                                           "http200_faults"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace crosspoint::ews
