// One suite for everything that calls itself a BlobStore: the fake and the directory.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "common/ids/digest.h"
#include "voicemail/adapters/directory_blob_store.h"
#include "voicemail/app/fake_blobs.h"

namespace crosspoint::voicemail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-blobs-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TimePoint Now() { return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()); }

class BlobStoreContract : public ::testing::TestWithParam<const char*> {
 protected:
  BlobStoreContract() {
    if (std::string(GetParam()) == "Fake") {
      store_ = std::make_unique<FakeBlobs>(clock_);
    } else {
      store_ = *DirectoryBlobStore::Make(directory_.path());
    }
  }
  std::string Put(const std::string& key, const std::string& bytes) {
    auto writer = store_->NewBlob();
    EXPECT_TRUE(writer.ok()) << writer.status();
    EXPECT_TRUE((*writer)->Append(bytes.substr(0, 2)).ok());
    EXPECT_TRUE((*writer)->Append(bytes.substr(2)).ok());
    const auto sha256 = (*writer)->Commit(key);
    EXPECT_TRUE(sha256.ok()) << sha256.status();
    return sha256.value_or("");
  }
  std::string Get(const std::string& key) {
    const auto reader = store_->Open(key);
    return reader.ok() ? (*reader)->Read(0, 1'000).value_or("unreadable") : "missing";
  }
  std::vector<std::string> All() {
    std::vector<std::string> keys;
    EXPECT_TRUE(store_->Visit(Now() + std::chrono::hours{1}, [&](const std::string& k) { keys.push_back(k); }).ok());
    return keys;
  }

  SystemClock clock_;
  TemporaryDirectory directory_;
  std::unique_ptr<BlobStore> store_;
};

// Replicas in containers are all process 1.
TEST(DirectoryBlobStore, TwoOnOneDirectoryDoNotTouchWhatTheOtherWrites) {
  const TemporaryDirectory directory;
  const auto one = *DirectoryBlobStore::Make(directory.path());
  const auto other = *DirectoryBlobStore::Make(directory.path());
  const auto slow = *one->NewBlob();
  ASSERT_TRUE(slow->Append("from one, ").ok());
  ASSERT_TRUE(other->Probe().ok());
  const auto quick = *other->NewBlob();
  ASSERT_TRUE(quick->Append("from the other").ok());
  ASSERT_TRUE(slow->Append("to its end").ok());
  EXPECT_EQ(quick->Commit("acme/ada/00/11/v2.wav").value_or(""), Sha256Hex("from the other"));
  EXPECT_EQ(slow->Commit("acme/ada/00/11/v1.wav").value_or(""), Sha256Hex("from one, to its end"));
  EXPECT_EQ((*(*one->Open("acme/ada/00/11/v2.wav"))->Read(0, 100)), "from the other");
  EXPECT_EQ((*(*other->Open("acme/ada/00/11/v1.wav"))->Read(0, 100)), "from one, to its end");
}

TEST_P(BlobStoreContract, WhatIsWrittenIsReadWithItsHash) {
  EXPECT_EQ(Put("acme/ada/00/11/v1.wav", "hello"), Sha256Hex("hello"));
  EXPECT_EQ(Get("acme/ada/00/11/v1.wav"), "hello");
  const auto reader = store_->Open("acme/ada/00/11/v1.wav");
  EXPECT_EQ(*(*reader)->Read(1, 3), "ell");
  EXPECT_EQ(*(*reader)->Read(5, 3), "");
  EXPECT_TRUE(absl::IsNotFound(store_->Open("acme/ada/00/11/v2.wav").status()));
}

TEST_P(BlobStoreContract, WhatIsNotCommittedIsNotThere) {
  {
    auto writer = store_->NewBlob();
    ASSERT_TRUE((*writer)->Append("hello").ok());
  }
  EXPECT_THAT(All(), IsEmpty());
}

TEST_P(BlobStoreContract, CopiesLiveOnByThemselves) {
  Put("acme/ada/00/11/v1.wav", "hello");
  EXPECT_TRUE(store_->Copy("acme/ada/00/11/v1.wav", "acme/bob/22/33/v2.wav").ok());
  EXPECT_TRUE(absl::IsNotFound(store_->Copy("acme/ada/00/11/none.wav", "acme/bob/22/33/v3.wav")));
  EXPECT_TRUE(store_->Remove("acme/ada/00/11/v1.wav").ok());
  EXPECT_TRUE(store_->Remove("acme/ada/00/11/v1.wav").ok());
  EXPECT_EQ(Get("acme/ada/00/11/v1.wav"), "missing");
  EXPECT_EQ(Get("acme/bob/22/33/v2.wav"), "hello");
}

TEST_P(BlobStoreContract, VisitsWhatIsOldEnough) {
  Put("acme/ada/00/11/v1.wav", "hello");
  Put("other/bob/00/11/v2.wav", "world");
  EXPECT_THAT(All(), UnorderedElementsAre("acme/ada/00/11/v1.wav", "other/bob/00/11/v2.wav"));
  int visited = 0;
  EXPECT_TRUE(store_->Visit(Now() - std::chrono::hours{1}, [&](const std::string&) { ++visited; }).ok());
  EXPECT_EQ(visited, 0);
}

INSTANTIATE_TEST_SUITE_P(Blobs, BlobStoreContract, ::testing::Values("Fake", "Directory"),
                         [](const auto& info) { return std::string(info.param); });

TEST(DirectoryBlobs, KeysCannotLeadOutOfTheDirectory) {
  const TemporaryDirectory directory;
  const auto store = *DirectoryBlobStore::Make(directory.path() / "blobs");
  std::ofstream(directory.path() / "secret") << "x";
  for (const std::string key : {"../secret", "/etc/passwd", "a/../../secret", "", ".incoming/x"}) {
    EXPECT_FALSE(store->Open(key).ok()) << key;
    EXPECT_FALSE(store->Copy("../secret", key).ok()) << key;
    EXPECT_FALSE(store->Remove(key).ok()) << key;
    EXPECT_FALSE((*store->NewBlob())->Commit(key).ok()) << key;
  }
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "secret"));
}

TEST(DirectoryBlobs, WhatAKilledWriterLeftIsSweptOnceItIsOld) {
  const TemporaryDirectory directory;
  const auto store = *DirectoryBlobStore::Make(directory.path());
  std::ofstream(directory.path() / ".incoming" / "1-1") << "half";
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(directory.path() / ".incoming"),
                         std::filesystem::directory_iterator());
  };
  EXPECT_TRUE(store->Visit(Now() - std::chrono::hours{1}, [](const std::string&) {}).ok());
  EXPECT_EQ(files(), 1);
  EXPECT_TRUE(store->Visit(Now() + std::chrono::hours{1}, [](const std::string&) {}).ok());
  EXPECT_EQ(files(), 0);
}

TEST(DirectoryBlobs, ADirectoryThatCannotBeWrittenIsSaid) {
  EXPECT_EQ(DirectoryBlobStore::Make("/proc/crosspoint").status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace crosspoint::voicemail
