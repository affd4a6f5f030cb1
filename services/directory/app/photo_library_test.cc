#include "directory/app/photo_library.h"

#include <gmock/gmock.h>

#include <thread>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

using namespace std::chrono_literals;

const TenantId kAcme{"acme"};
const Deadline kLate = Deadline::max();

class FakePhotoSource final : public PhotoSource {
 public:
  absl::StatusOr<Answer> Fetch(const TenantId&, const std::string&, int, const std::string& known_etag,
                               Deadline) override {
    ++calls;
    std::unique_lock lock(mu);
    open.wait(lock, [this] { return gate; });
    if (!failure.ok()) return failure;
    if (picture && picture->etag == known_etag) return Answer{.not_modified = true};
    return Answer{.picture = picture};
  }
  std::atomic<int> calls{0};
  std::mutex mu;
  std::condition_variable open;
  bool gate = true;
  absl::Status failure;
  std::optional<Picture> picture = Picture{"e1", "image/png", "bytes"};
};

class FakePhotoCache final : public PhotoCache {
 public:
  absl::StatusOr<std::optional<CachedPhoto>> Get(const TenantId&, const std::string& email, int, Deadline) override {
    const std::lock_guard lock(mu);
    if (!failure.ok()) return failure;
    const auto it = kept.find(email);
    return it == kept.end() ? std::nullopt : std::optional(it->second);
  }
  absl::Status Put(const TenantId&, const std::string& email, int, const CachedPhoto& photo, Deadline) override {
    const std::lock_guard lock(mu);
    if (!failure.ok()) return failure;
    kept[email] = photo;
    return absl::OkStatus();
  }
  std::mutex mu;
  absl::Status failure;
  std::map<std::string, CachedPhoto> kept;
};

class PhotoLibraryTest : public testing::Test {
 protected:
  absl::StatusOr<Picture> Get(const std::string& email = "ada@x") { return photos_.Get(kAcme, email, 96, kLate); }

  FakePhotoSource source_;
  FakePhotoCache cache_;
  FakeClock clock_;
  log::Logger log_{"test", log::Level::kError};
  PhotoLibrary photos_{source_, cache_, clock_, log_, 1h};
};

TEST_F(PhotoLibraryTest, TwiceAskedIsOnceFetchedWhateverTheCase) {
  EXPECT_EQ(Get("Ada@x")->bytes, "bytes");
  EXPECT_EQ(Get("ada@X")->bytes, "bytes");
  EXPECT_EQ(source_.calls, 1);
}

TEST_F(PhotoLibraryTest, ThatThereIsNoneIsKeptToo) {
  source_.picture.reset();
  EXPECT_EQ(GetErrorInfo(Get().status())->reason, "NO_PHOTO");
  EXPECT_EQ(GetErrorInfo(Get().status())->reason, "NO_PHOTO");
  EXPECT_EQ(source_.calls, 1);
}

TEST_F(PhotoLibraryTest, AnOldOneIsCheckedByItsEtagAndKeptAgain) {
  ASSERT_TRUE(Get().ok());
  clock_.Advance(2h);
  EXPECT_EQ(Get()->bytes, "bytes");
  EXPECT_EQ(source_.calls, 2);
  EXPECT_EQ(Get()->bytes, "bytes");
  EXPECT_EQ(source_.calls, 2);
}

TEST_F(PhotoLibraryTest, ANewPictureReplacesTheOld) {
  ASSERT_TRUE(Get().ok());
  clock_.Advance(2h);
  source_.picture = Picture{"e2", "image/png", "newer"};
  EXPECT_EQ(Get()->bytes, "newer");
}

TEST_F(PhotoLibraryTest, WithTheOriginDownTheOldOneIsGivenAndAfterwardsTheNew) {
  ASSERT_TRUE(Get().ok());
  clock_.Advance(2h);
  source_.failure = absl::UnavailableError("away");
  EXPECT_EQ(Get()->bytes, "bytes");
  EXPECT_TRUE(absl::IsUnavailable(Get("bob@x").status()));
  source_.failure = absl::OkStatus();
  source_.picture = Picture{"e2", "image/png", "newer"};
  EXPECT_EQ(Get()->bytes, "newer");
  EXPECT_TRUE(Get("bob@x").ok());
}

TEST_F(PhotoLibraryTest, ACacheThatIsDownCostsOnlyTime) {
  cache_.failure = absl::UnavailableError("away");
  EXPECT_EQ(Get()->bytes, "bytes");
  EXPECT_EQ(Get()->bytes, "bytes");
  EXPECT_EQ(source_.calls, 2);
}

TEST_F(PhotoLibraryTest, ManyWhoWantTheSameCostOneFetch) {
  source_.gate = false;
  std::vector<std::thread> askers;
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back([&] {
      if (Get().ok()) ++answered;
    });
  }
  while (source_.calls == 0) std::this_thread::yield();
  {
    const std::lock_guard lock(source_.mu);
    source_.gate = true;
  }
  source_.open.notify_all();
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(answered, 8);
  EXPECT_EQ(source_.calls, 1);
}

}  // namespace
}  // namespace crosspoint::directory
