#include "common/grpcx/auth.h"

#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <stop_token>
#include <thread>
#include <unordered_map>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::grpcx {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyPoint = std::chrono::steady_clock::time_point;

using Digest = std::array<uint8_t, 32>;

struct DigestHash {
  size_t operator()(const Digest& digest) const {
    size_t hash;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

constexpr size_t kShards = 16;
constexpr size_t kMaxEntriesPerShard = 1024;  // 16k tokens in all, some 5 MB at the very most
constexpr size_t kMaxJwksBytes = 1 << 20;
constexpr milliseconds kQuickRefetch{200};  // at most so often for unknown keys, when fetching costs microseconds
constexpr seconds kRefetch{10};             // and when it goes over the network
constexpr seconds kQuickRefresh{2};

Digest Sha256(std::string_view text) {
  // Fetched once: a look-up per call costs more than hashing a token.
  static EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  struct Context {
    EVP_MD_CTX* value = EVP_MD_CTX_new();
    Context() = default;
    Context(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(value); }
  };
  thread_local Context context;
  Digest digest{};
  unsigned int size = digest.size();
  if (EVP_DigestInit_ex2(context.value, kAlgorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.value, text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(context.value, digest.data(), &size) != 1) {
    std::abort();  // SHA-256 cannot fail
  }
  return digest;
}

class FileSource final : public JwksSource {
 public:
  explicit FileSource(std::filesystem::path file) : file_(std::move(file)) {}
  absl::StatusOr<std::string> Fetch() override {
    std::ifstream in(file_, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf())) return absl::NotFoundError("cannot read " + file_.string());
    return std::move(text).str();
  }
  bool quick() const override { return true; }

 private:
  std::filesystem::path file_;
};

class FunctionSource final : public JwksSource {
 public:
  explicit FunctionSource(std::function<absl::StatusOr<std::string>()> fetch) : fetch_(std::move(fetch)) {}
  absl::StatusOr<std::string> Fetch() override { return fetch_(); }

 private:
  std::function<absl::StatusOr<std::string>()> fetch_;
};

// Verified tokens by hash.
class TokenCache {
 public:
  struct Entry {
    VerifiedToken token;
    TimePoint since;
    TimePoint until;
    uint64_t generation = 0;  // of the keys it was verified with
  };

  bool Find(const Digest& digest, uint64_t generation, TimePoint now, VerifiedToken& token) {
    auto& shard = shards_[digest[31] % kShards];
    const std::lock_guard lock(shard.mu);
    const auto it = shard.entries.find(digest);
    if (it == shard.entries.end()) return false;
    const auto& entry = it->second;
    // `since` guards against a clock that was set back.
    if (entry.generation != generation || now >= entry.until || now < entry.since) {
      shard.entries.erase(it);
      return false;
    }
    token = entry.token;
    return true;
  }

  void Put(const Digest& digest, Entry entry) {
    auto& shard = shards_[digest[31] % kShards];
    const std::lock_guard lock(shard.mu);
    if (shard.entries.size() >= kMaxEntriesPerShard) {
      std::erase_if(shard.entries, [&](const auto& one) { return entry.since >= one.second.until; });
      if (shard.entries.size() >= kMaxEntriesPerShard) shard.entries.clear();
    }
    shard.entries.insert_or_assign(digest, std::move(entry));
  }

 private:
  struct Shard {
    std::mutex mu;
    std::unordered_map<Digest, Entry, DigestHash> entries;  // guarded by mu
  };
  std::array<Shard, kShards> shards_;
};

}  // namespace

std::unique_ptr<JwksSource> FileJwksSource(std::filesystem::path file) {
  return std::make_unique<FileSource>(std::move(file));
}

std::unique_ptr<JwksSource> FunctionJwksSource(std::function<absl::StatusOr<std::string>()> fetch) {
  return std::make_unique<FunctionSource>(std::move(fetch));
}

class Authenticator::State {
 public:
  State(const AuthConfig& config, std::unique_ptr<JwksSource> source, const Clock& clock, log::Logger& log)
      : config_(config),
        rules_{config.issuer, config.audience, config.leeway},
        source_(std::move(source)),
        clock_(clock),
        log_(log) {
    if (config_.off) return;
    if (source_ == nullptr) std::abort();
    if (source_->quick()) Refresh();
    refresher_ = std::jthread([this](const std::stop_token& stop) { RunRefresher(stop); });
  }

  absl::StatusOr<VerifiedToken> Verify(std::string_view token) {
    const TimePoint now = clock_.Now();
    const Digest digest = Sha256(token);
    VerifiedToken found;
    if (cache_.Find(digest, generation_.load(std::memory_order_acquire), now, found)) {
      hits_.fetch_add(1, std::memory_order_relaxed);
      return found;
    }
    auto verified = VerifyUncached(token, digest, now);
    if (verified.ok()) {
      verified_.fetch_add(1, std::memory_order_relaxed);
    } else {
      refused_.fetch_add(1, std::memory_order_relaxed);
    }
    return verified;
  }

  absl::Status Ready() const {
    if (config_.off || keys().first != nullptr) return absl::OkStatus();
    return KeysUnavailable();
  }

  const AuthConfig& config() const { return config_; }
  Counters counters() const {
    return {.cache_hits = hits_, .verified = verified_, .refused = refused_, .key_fetch_errors = fetch_errors_};
  }

 private:
  using Keys = std::pair<std::shared_ptr<const KeySet>, uint64_t>;  // with their generation

  static absl::Status KeysUnavailable() {
    return ErrorWithInfo(absl::StatusCode::kUnavailable, "the issuer's keys have not been read yet",
                         {.reason = "KEYS_UNAVAILABLE", .domain = "crosspoint", .metadata = {}});
  }

  Keys keys() const {
    const std::lock_guard lock(keys_mu_);
    return {keys_, generation_.load(std::memory_order_relaxed)};
  }

  absl::StatusOr<VerifiedToken> VerifyUncached(std::string_view token, const Digest& digest, TimePoint now) {
    auto [keys, generation] = this->keys();
    if (keys == nullptr) return KeysUnavailable();
    auto verified = VerifyToken(token, *keys, rules_, now);
    if (!verified.ok() && NamesUnknownKey(verified.status())) {
      switch (FetchForUnknownKey()) {
        case Refetch::kTooSoon:
          return verified;
        case Refetch::kRunning:
          return KeysUnavailable();  // the caller's retry finds the new keys
        case Refetch::kDone:
          break;
      }
      std::tie(keys, generation) = this->keys();
      verified = VerifyToken(token, *keys, rules_, now);
    }
    if (verified.ok()) {
      const TimePoint until = std::min(now + config_.cache_ttl, verified->expires);
      if (until > now) cache_.Put(digest, {*verified, now, until, generation});
    }
    return verified;
  }

  static bool NamesUnknownKey(const absl::Status& status) {
    const auto info = GetErrorInfo(status);
    if (!info) return false;
    const auto detail = info->metadata.find("detail");
    return detail != info->metadata.end() && detail->second == "key";
  }

  enum class Refetch { kTooSoon, kRunning, kDone };

  Refetch FetchForUnknownKey() {
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(fetch_mu_);
      const auto pause = source_->quick() ? std::chrono::duration_cast<milliseconds>(kQuickRefetch) : kRefetch;
      if (fetch_wanted_ || fetching_) return Refetch::kRunning;
      if (last_wanted_ && now - *last_wanted_ < pause) return Refetch::kTooSoon;
      last_wanted_ = now;
      if (!source_->quick()) fetch_wanted_ = true;
    }
    if (!source_->quick()) {
      wake_.notify_all();
      return Refetch::kRunning;
    }
    Refresh();
    return Refetch::kDone;
  }

  void RunRefresher(const std::stop_token& stop) {
    std::unique_lock lock(fetch_mu_);
    while (!stop.stop_requested()) {
      fetch_wanted_ = false;
      fetching_ = !source_->quick();
      lock.unlock();
      Refresh();
      lock.lock();
      fetching_ = false;
      const bool have_keys = keys().first != nullptr;
      const seconds pause = source_->quick() ? kQuickRefresh : have_keys ? config_.jwks_refresh : seconds{2};
      wake_.wait_for(lock, stop, pause, [this] { return fetch_wanted_; });
    }
  }

  void Refresh() {
    const std::lock_guard one_at_a_time(refresh_mu_);
    auto text = source_->Fetch();
    if (text.ok() && text->size() > kMaxJwksBytes) text = absl::InvalidArgumentError("the key set is too large");
    if (text.ok() && *text == last_text_) return Report(absl::OkStatus());
    if (!text.ok()) return Report(text.status());
    auto parsed = KeySet::Parse(*text);
    if (!parsed.ok()) return Report(parsed.status());
    last_text_ = *std::move(text);
    {
      const std::lock_guard lock(keys_mu_);
      keys_ = *std::move(parsed);
      generation_.fetch_add(1, std::memory_order_release);
    }
    Report(absl::OkStatus());
  }

  // Says a trouble once, and its end. Called with refresh_mu_ held.
  void Report(const absl::Status& status) {
    if (!status.ok()) fetch_errors_.fetch_add(1, std::memory_order_relaxed);
    const std::string trouble = status.ok() ? "" : status.ToString();
    if (trouble == last_trouble_) return;
    last_trouble_ = trouble;
    if (status.ok()) {
      log_.Info("auth_keys_available");
    } else {
      log_.Warn("auth_keys_unavailable", {{"error", trouble}, {"have_older_keys", keys().first != nullptr}});
    }
  }

  const AuthConfig config_;
  const TokenRules rules_;
  const std::unique_ptr<JwksSource> source_;
  const Clock& clock_;
  log::Logger& log_;
  TokenCache cache_;

  mutable std::mutex keys_mu_;
  std::shared_ptr<const KeySet> keys_;   // guarded by keys_mu_; shared with running verifications
  std::atomic<uint64_t> generation_{0};  // written under keys_mu_

  std::mutex refresh_mu_;
  std::string last_text_;     // guarded by refresh_mu_
  std::string last_trouble_;  // guarded by refresh_mu_

  std::mutex fetch_mu_;
  std::condition_variable_any wake_;
  bool fetch_wanted_ = false;               // guarded by fetch_mu_
  bool fetching_ = false;                   // guarded by fetch_mu_; over the network
  std::optional<SteadyPoint> last_wanted_;  // guarded by fetch_mu_

  std::atomic<uint64_t> hits_{0};
  std::atomic<uint64_t> verified_{0};
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> fetch_errors_{0};
  std::jthread refresher_;  // last: stopped and joined before anything it uses goes
};

Authenticator::Authenticator(const AuthConfig& config, std::unique_ptr<JwksSource> source, const Clock& clock,
                             log::Logger& log)
    : state_(std::make_unique<State>(config, std::move(source), clock, log)) {}
Authenticator::~Authenticator() = default;

absl::StatusOr<VerifiedToken> Authenticator::Verify(std::string_view token) { return state_->Verify(token); }
absl::Status Authenticator::Ready() const { return state_->Ready(); }
bool Authenticator::off() const { return state_->config().off; }
Authenticator::Counters Authenticator::counters() const { return state_->counters(); }

}  // namespace crosspoint::grpcx
