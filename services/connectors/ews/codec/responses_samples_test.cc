#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "connectors/ews/codec/read_contact.h"
#include "connectors/ews/codec/read_message.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/xml_scanner.h"
#include "tests/support/ews_reference/reference.h"

namespace crosspoint::ews {
namespace {

using testing::EwsReference;

template <class T>
absl::Status FirstError(const absl::StatusOr<Batch<T>>& batch) {
  if (!batch.ok()) return batch.status();
  for (const auto& one : *batch) {
    if (!one.ok()) return one.status();
  }
  return absl::OkStatus();
}

// How each operation's answer is read, down to a status.
const std::map<std::string, std::function<absl::Status(std::string_view)>>& Readers() {
  static const auto& readers = *new std::map<std::string, std::function<absl::Status(std::string_view)>>{
      {"ResolveNames", [](auto xml) { return ReadResolveNames(xml).status(); }},
      {"GetFolder", [](auto xml) { return FirstError(ReadGetFolder(xml)); }},
      {"FindItem", [](auto xml) { return ReadFindItem(xml).status(); }},
      {"GetItem", [](auto xml) { return FirstError(ReadGetItem(xml)); }},
      {"CreateItem", [](auto xml) { return ReadCreateItem(xml).status(); }},
      {"UpdateItem", [](auto xml) { return ReadUpdateItem(xml).status(); }},
      {"DeleteItem", [](auto xml) { return ReadDeleteItem(xml); }},
      {"SyncFolderItems", [](auto xml) { return ReadSyncFolderItems(xml).status(); }},
      {"Subscribe", [](auto xml) { return ReadSubscribe(xml).status(); }},
      {"Unsubscribe", [](auto xml) { return ReadUnsubscribe(xml); }},
      {"GetStreamingEvents", [](auto xml) { return ReadGetStreamingEvents(xml).status(); }},
      {"GetUserPhoto", [](auto xml) { return ReadGetUserPhoto(xml).status(); }},
      {"FindFolder", [](auto xml) { return ReadFindFolder(xml).status(); }},
      {"CreateFolder", [](auto xml) { return ReadCreateFolder(xml).status(); }},
      {"SyncFolderHierarchy", [](auto xml) { return ReadSyncFolderHierarchy(xml).status(); }},
      {"ConvertId", [](auto xml) { return FirstError(ReadConvertId(xml)); }},
      {"FindPeople", [](auto xml) { return ReadFindPeople(xml).status(); }},
      {"ExpandDL", [](auto xml) { return ReadExpandDl(xml).status(); }},
      {"GetEvents", [](auto xml) { return ReadGetEvents(xml).status(); }},
      {"GetUserAvailability", [](auto xml) { return FirstError(ReadGetUserAvailability(xml)); }},
      {"GetServerTimeZones", [](auto xml) { return ReadGetServerTimeZones(xml).status(); }},
      {"GetUserOofSettings", [](auto xml) { return ReadGetUserOofSettings(xml).status(); }},
      {"SetUserOofSettings", [](auto xml) { return ReadSetUserOofSettings(xml); }},
      {"SendItem", [](auto xml) { return ReadSendItem(xml); }},
      {"MoveItem", [](auto xml) { return FirstError(ReadMoveItems(xml)); }},
      {"CopyItem", [](auto xml) { return FirstError(ReadCopyItems(xml)); }},
      {"CreateAttachment", [](auto xml) { return ReadCreateAttachment(xml).status(); }},
      {"GetAttachment", [](auto xml) { return ReadGetAttachment(std::string(xml)).status(); }},
      {"DeleteAttachment", [](auto xml) { return ReadDeleteAttachment(xml).status(); }},
      {"Fault", [](auto xml) { return ReadFault(xml); }},
  };
  return readers;
}

// Published answers that tell an error, and which.
const std::map<std::string, std::string>& ExpectedErrors() {
  static const auto& errors = *new std::map<std::string, std::string>{
      {"FindItem-response-throttle-1.xml", "ErrorServerBusy"},
      {"GetItem-response-batch-stop-1.xml", "ErrorMailboxStoreUnavailable"},
      {"Fault-response-throttle-1.xml", "ErrorServerBusy"},
      {"Fault-response-throttle-2.xml", "ErrorServerBusy"},
      {"Fault-response-impersonation-1.xml", "ErrorImpersonateUserDenied"},
      {"Fault-response-schema-1.xml", "ErrorSchemaValidation"},
      {"Fault-response-5.xml", ""},  // only the text of an exception
  };
  return errors;
}

class PublishedAnswers : public ::testing::Test {
 protected:
  void SetUp() override {
    reference_ = EwsReference::Find();
    if (reference_ == nullptr) GTEST_SKIP() << "NO REFERENCE DATA: the published answers were not read";
  }
  const EwsReference* reference_ = nullptr;
};

TEST_F(PublishedAnswers, EveryOneOfOurOperationsIsRead) {
  std::map<std::string, int> read;
  for (const auto& sample : reference_->Samples()) {
    const auto reader = Readers().find(sample.operation);
    if (sample.is_request || reader == Readers().end()) continue;
    const std::string name = sample.file.filename();
    const absl::Status status = reader->second(EwsReference::Read(sample.file));
    ++read[sample.operation];
    const auto expected = ExpectedErrors().find(name);
    if (expected != ExpectedErrors().end()) {
      EXPECT_EQ(ResponseCodeOf(status), expected->second) << name;
    } else if (sample.operation == "Fault") {
      EXPECT_NE(ResponseCodeOf(status), "") << name << ": " << status;
    } else {
      EXPECT_TRUE(status.ok() || !ResponseCodeOf(status).empty()) << name << ": " << status;
    }
  }
  // Unsubscribe, ConvertId, MoveItem and DeleteAttachment alone have no published answer.
  EXPECT_EQ(read.size(), Readers().size() - 4);
  EXPECT_EQ(read["GetStreamingEvents"], 2);
  EXPECT_GE(read["GetItem"], 16);
}

TEST_F(PublishedAnswers, ContactsAndMessagesAreReadByTheirOwnReaders) {
  const auto check = [](const std::string& name, const absl::Status& as_item, const absl::Status& as_kind) {
    EXPECT_EQ(as_item.code(), as_kind.code()) << name << ": " << as_kind;
  };
  for (const auto& sample : reference_->Samples()) {
    if (sample.is_request) continue;
    const std::string xml = EwsReference::Read(sample.file);
    const std::string name = sample.file.filename();
    if (sample.operation == "GetItem") {
      check(name, FirstError(ReadGetItem(xml)), FirstError(ReadGetContacts(xml)));
      check(name, FirstError(ReadGetItem(xml)), FirstError(ReadGetMessages(xml)));
    } else if (sample.operation == "FindItem") {
      check(name, ReadFindItem(xml).status(), ReadFindContacts(xml, 0).status());
      check(name, ReadFindItem(xml).status(), ReadFindMessages(xml, 0).status());
    } else if (sample.operation == "SyncFolderItems") {
      check(name, ReadSyncFolderItems(xml).status(), ReadSyncContacts(xml).status());
      check(name, ReadSyncFolderItems(xml).status(), ReadSyncMessages(xml).status());
    } else if (sample.operation == "DeleteItem") {
      const auto statuses = ReadDeleteItems(xml);
      check(name, ReadDeleteItem(xml), statuses.ok() ? statuses->front() : statuses.status());
    }
  }
}

TEST_F(PublishedAnswers, NoMessageOfAnyOperationCrashesAnyReader) {
  for (const auto& sample : reference_->Samples()) {
    const std::string xml = EwsReference::Read(sample.file);
    for (const auto& [operation, reader] : Readers()) (void)reader(xml);
  }
}

TEST_F(PublishedAnswers, CutAtAnyPlaceTheyAreRefusedNotMisread) {
  std::set<std::string> done;
  for (const auto& sample : reference_->Samples()) {
    const auto reader = Readers().find(sample.operation);
    if (sample.is_request || reader == Readers().end() || !done.insert(sample.operation).second) continue;
    const std::string xml = EwsReference::Read(sample.file);
    const size_t end = xml.rfind('>');
    for (size_t length = 0; length < end; length += 7) {
      const absl::Status status = reader->second(std::string_view(xml).substr(0, length));
      EXPECT_EQ(ResponseCodeOf(status), "") << sample.file << " cut at " << length;
      EXPECT_FALSE(status.ok()) << sample.file << " cut at " << length;
    }
  }
}

TEST_F(PublishedAnswers, ThrottlingTellsHowLong) {
  for (const auto& sample : reference_->Samples()) {
    if (sample.file.filename() == "Fault-response-throttle-1.xml") {
      EXPECT_EQ(BackOffOf(ReadFault(EwsReference::Read(sample.file))), std::chrono::milliseconds(297749));
    }
    if (sample.file.filename() == "FindItem-response-throttle-1.xml") {
      EXPECT_EQ(BackOffOf(ReadFindItem(EwsReference::Read(sample.file)).status()), std::chrono::milliseconds(29964));
    }
  }
}

}  // namespace
}  // namespace crosspoint::ews
