// C1: uploads of personal contacts, resumable and idempotent. C4: sources apart from each other.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <map>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

contact::ContactChange Upsert(const std::string& id, const std::string& name, const std::string& number = "") {
  contact::ContactChange change;
  change.set_source_id(id);
  change.mutable_upsert()->set_display_name(name);
  if (!number.empty()) change.mutable_upsert()->add_phones()->set_number(number);
  return change;
}

contact::ContactChange Removed(const std::string& id) {
  contact::ContactChange change;
  change.set_source_id(id);
  change.set_delete_(true);
  return change;
}

struct UploadOptions {
  contact::ContactSource source = contact::CONTACT_SOURCE_OUTLOOK;
  bool replace_all = false;
  int64_t first_change = 0;
};

// One stream from its header to the answer.
absl::StatusOr<contact::UploadContactsResponse> Upload(const std::string& user, const std::string& upload_id,
                                                       const std::vector<contact::ContactChange>& changes,
                                                       UploadOptions options = {}) {
  const auto context = TheStack().AsUser(user);
  contact::UploadContactsResponse response;
  const auto stream = Contacts()->UploadContacts(context.get(), &response);
  contact::UploadContactsRequest request;
  auto& header = *request.mutable_header();
  header.set_parent(user);
  header.set_source(options.source);
  header.set_upload_id(upload_id);
  header.set_replace_all(options.replace_all);
  header.set_first_change(options.first_change);
  stream->Write(request);
  for (const auto& change : changes) {
    *request.mutable_change() = change;
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  const auto status = Outcome(stream->Finish());
  if (!status.ok()) return status;
  return response;
}

std::map<std::string, contact::Contact> Listed(const std::string& user,
                                               contact::ContactSource source = contact::CONTACT_SOURCE_UNSPECIFIED) {
  contact::ListContactsRequest request;
  request.set_parent(user);
  request.set_source(source);
  request.set_page_size(100);
  std::map<std::string, contact::Contact> listed;
  contact::ListContactsResponse response;
  do {
    request.set_page_token(response.next_page_token());
    const auto status = Outcome(Contacts()->ListContacts(TheStack().AsUser(user).get(), request, &response));
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) return listed;
    for (const auto& one : response.contacts()) {
      EXPECT_TRUE(listed.emplace(one.source_id(), one).second) << "twice " << one.name();
    }
  } while (!response.next_page_token().empty());
  return listed;
}

std::string UploadState(const std::string& user, const std::string& upload_id, contact::Upload& upload) {
  contact::GetUploadRequest request;
  request.set_parent(user);
  request.set_upload_id(upload_id);
  return Outcome(Contacts()->GetUpload(TheStack().AsUser(user).get(), request, &upload)).ToString();
}

const std::string kUser = "tenants/default/users/c1";

TEST(C1, ThreeUploadedOneDeletedAreTwoAndTheSameAgainChangesNothing) {
  const auto user = kUser + "a";
  ASSERT_TRUE(Upload(user, "first", {Upsert("1", "Ada"), Upsert("2", "Grace"), Upsert("3", "Edsger")}).ok());
  const auto second = Upload(user, "second", {Removed("3")});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->deleted(), 1);
  const auto before = Listed(user);
  ASSERT_THAT(before, SizeIs(2));

  const auto again = Upload(user, "third", {Upsert("1", "Ada"), Upsert("2", "Grace"), Removed("3")});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->created() + again->updated() + again->deleted(), 0);
  EXPECT_EQ(again->unchanged(), 3);
  const auto after = Listed(user);
  for (const auto& [id, one] : before) {
    EXPECT_EQ(after.at(id).name(), one.name());
    EXPECT_EQ(after.at(id).etag(), one.etag());
  }
}

TEST(C1, AnUploadThatIsRepeatedUnderItsIdAnswersTheSameAndChangesNothing) {
  const auto user = kUser + "b";
  const std::vector<contact::ContactChange> changes = {Upsert("1", "Ada"), Upsert("2", "Grace")};
  const auto first = Upload(user, "same", changes);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->created(), 2);
  ASSERT_TRUE(Upload(user, "later", {Upsert("1", "Ada Lovelace")}).ok());
  const auto repeated = Upload(user, "same", changes);
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_EQ(repeated->created(), 2);
  EXPECT_EQ(Listed(user).at("1").display_name(), "Ada Lovelace");
  const auto other = Upload(user, "same", {Upsert("1", "Somebody Else"), Upsert("2", "Grace")});
  ASSERT_TRUE(GetErrorInfo(other.status()).has_value()) << other.status();
  EXPECT_EQ(GetErrorInfo(other.status())->reason, "UPLOAD_ID_REUSED");
}

TEST(C1, ABrokenUploadGoesOnWhereItStood) {
  const auto user = kUser + "c";
  constexpr int kAll = 500;
  std::vector<contact::ContactChange> changes;
  for (int i = 0; i < kAll; ++i) changes.push_back(Upsert(std::to_string(i), "Person " + std::to_string(i)));
  ASSERT_TRUE(Upload(user, "old", {Upsert("gone", "Not In The New List")}).ok());
  {
    const auto context = TheStack().AsUser(user);
    contact::UploadContactsResponse response;
    const auto stream = Contacts()->UploadContacts(context.get(), &response);
    contact::UploadContactsRequest request;
    request.mutable_header()->set_parent(user);
    request.mutable_header()->set_source(contact::CONTACT_SOURCE_OUTLOOK);
    request.mutable_header()->set_upload_id("long");
    request.mutable_header()->set_replace_all(true);
    ASSERT_TRUE(stream->Write(request));
    for (int i = 0; i < 450; ++i) {
      *request.mutable_change() = changes[i];
      ASSERT_TRUE(stream->Write(request));
    }
    contact::Upload upload;
    ASSERT_TRUE(
        testing::Eventually([&] { return UploadState(user, "long", upload) == "OK" && upload.received() >= 400; }));
    context->TryCancel();
    stream->Finish();
  }
  contact::Upload upload;
  ASSERT_EQ(UploadState(user, "long", upload), "OK");
  EXPECT_FALSE(upload.complete());
  // Nothing goes before the upload is whole.
  EXPECT_TRUE(Listed(user).contains("gone"));

  const std::vector<contact::ContactChange> rest(changes.begin() + upload.received(), changes.end());
  const auto done = Upload(user, "long", rest, {.replace_all = true, .first_change = upload.received()});
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->created(), kAll);
  EXPECT_EQ(done->deleted(), 1);
  EXPECT_THAT(Listed(user), SizeIs(kAll));
}

TEST(C1, WhatCannotBeUsedIsToldAndLeftAsItWas) {
  const auto user = kUser + "d";
  ASSERT_TRUE(Upload(user, "good", {Upsert("1", "Ada"), Upsert("2", "Grace")}).ok());
  const auto mixed =
      Upload(user, "mixed", {Upsert("1", std::string(300, 'x')), Upsert("3", "Edsger")}, {.replace_all = true});
  ASSERT_TRUE(mixed.ok()) << mixed.status();
  EXPECT_EQ(mixed->refused(), 1);
  ASSERT_THAT(mixed->refusals(), SizeIs(1));
  EXPECT_EQ(mixed->refusals(0).source_id(), "1");
  EXPECT_EQ(mixed->refusals(0).field(), "upsert.display_name");
  const auto listed = Listed(user);
  EXPECT_EQ(listed.at("1").display_name(), "Ada");
  EXPECT_FALSE(listed.contains("2"));
  EXPECT_TRUE(listed.contains("3"));
}

TEST(C1, HeadersThatCannotBeMeantAreRefusedNamingTheField) {
  const auto user = kUser + "e";
  const auto field = [&](const std::string& id, UploadOptions options) {
    const auto info = GetErrorInfo(Upload(user, id, {Upsert("1", "Ada")}, options).status());
    return info ? info->metadata.at("field") : "";
  };
  EXPECT_EQ(field("", {}), "header.upload_id");
  EXPECT_EQ(field("x", {.source = contact::CONTACT_SOURCE_EXCHANGE}), "header.source");
  EXPECT_EQ(field("x", {.source = contact::CONTACT_SOURCE_UNSPECIFIED}), "header.source");
  EXPECT_EQ(field("x", {.first_change = 7}), "header.first_change");
  EXPECT_THAT(Listed(user), IsEmpty());
}

TEST(C1, AFewAreModifiedAtOnceAllOrNone) {
  const auto user = kUser + "f";
  contact::BatchModifyContactsRequest request;
  request.set_parent(user);
  request.set_source(contact::CONTACT_SOURCE_OUTLOOK);
  request.set_request_id("0a9f8f5e-70b5-4d6e-a5a2-6b2f3a7f6c11");
  *request.add_changes() = Upsert("1", "Ada");
  *request.add_changes() = Upsert("2", "Grace");
  contact::BatchModifyContactsResponse response;
  ASSERT_TRUE(Outcome(Contacts()->BatchModifyContacts(TheStack().AsUser(user).get(), request, &response)).ok());
  EXPECT_EQ(response.created(), 2);
  ASSERT_TRUE(Outcome(Contacts()->BatchModifyContacts(TheStack().AsUser(user).get(), request, &response)).ok());
  EXPECT_EQ(response.created(), 2) << "the answer of the first time";
  *request.add_changes() = Upsert("", "Nobody");
  auto info = GetErrorInfo(Outcome(Contacts()->BatchModifyContacts(TheStack().AsUser(user).get(), request, &response)));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->metadata.at("field"), "changes[2].source_id");
  *request.mutable_changes(2) = Upsert("3", "Edsger");
  info = GetErrorInfo(Outcome(Contacts()->BatchModifyContacts(TheStack().AsUser(user).get(), request, &response)));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "REQUEST_ID_REUSED");
  EXPECT_THAT(Listed(user), SizeIs(2));
}

TEST(C4, SourcesAreReplacedIndependently) {
  const auto user = kUser + "g";
  const UploadOptions apple{.source = contact::CONTACT_SOURCE_APPLE, .replace_all = true};
  ASSERT_TRUE(
      Upload(user, "outlook1", {Upsert("1", "Ada of Outlook"), Upsert("2", "Grace")}, {.replace_all = true}).ok());
  ASSERT_TRUE(Upload(user, "apple1", {Upsert("1", "Ada of Apple")}, apple).ok());
  const auto replaced = Upload(user, "apple2", {Upsert("9", "Barbara")}, apple);
  ASSERT_TRUE(replaced.ok()) << replaced.status();
  EXPECT_EQ(replaced->deleted(), 1);
  const auto outlook = Listed(user, contact::CONTACT_SOURCE_OUTLOOK);
  ASSERT_THAT(outlook, SizeIs(2));
  EXPECT_EQ(outlook.at("1").display_name(), "Ada of Outlook");
  const auto theirs = Listed(user, contact::CONTACT_SOURCE_APPLE);
  ASSERT_THAT(theirs, SizeIs(1));
  EXPECT_EQ(theirs.at("9").display_name(), "Barbara");
  ASSERT_TRUE(Upload(user, "outlook2", {}, {.replace_all = true}).ok());
  EXPECT_THAT(Listed(user, contact::CONTACT_SOURCE_OUTLOOK), IsEmpty());
  EXPECT_THAT(Listed(user, contact::CONTACT_SOURCE_APPLE), SizeIs(1));
}

}  // namespace
}  // namespace crosspoint::e2e
