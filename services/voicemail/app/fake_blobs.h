#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/ids/digest.h"
#include "voicemail/app/ports.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {

// For tests: blobs in memory that obey the same contract suite as the real store. One thread.
class FakeBlobs final : public BlobStore {
 public:
  explicit FakeBlobs(const Clock& clock) : clock_(clock) {}
  absl::Status failure;  // of every write, unless OK

  absl::StatusOr<std::unique_ptr<BlobWriter>> NewBlob() override {
    if (!failure.ok()) return failure;
    return std::make_unique<Writer>(*this);
  }
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(const std::string& key) override {
    const auto it = blobs_.find(key);
    if (it == blobs_.end()) return NotThere("the audio is not there");
    return std::make_unique<Reader>(it->second.bytes);
  }
  absl::Status Copy(const std::string& from, const std::string& to) override {
    const auto it = blobs_.find(from);
    if (it == blobs_.end()) return NotThere("the audio is not there");
    blobs_[to] = {it->second.bytes, clock_.Now()};
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& key) override {
    blobs_.erase(key);
    return absl::OkStatus();
  }
  absl::Status Visit(TimePoint before, const std::function<void(const std::string& key)>& each) override {
    const auto blobs = blobs_;
    for (const auto& [key, blob] : blobs) {
      if (blob.written < before) each(key);
    }
    return absl::OkStatus();
  }
  size_t size() const { return blobs_.size(); }
  bool Has(const std::string& key) const { return blobs_.contains(key); }

 private:
  struct Blob {
    std::string bytes;
    TimePoint written;
  };
  class Writer final : public BlobWriter {
   public:
    explicit Writer(FakeBlobs& blobs) : blobs_(blobs) {}
    absl::Status Append(std::string_view bytes) override {
      bytes_ += bytes;
      return blobs_.failure;
    }
    absl::StatusOr<std::string> Commit(const std::string& key) override {
      if (!blobs_.failure.ok()) return blobs_.failure;
      blobs_.blobs_[key] = {bytes_, blobs_.clock_.Now()};
      return Sha256Hex(bytes_);
    }

   private:
    FakeBlobs& blobs_;
    std::string bytes_;
  };
  class Reader final : public BlobReader {
   public:
    explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}
    absl::StatusOr<std::string> Read(int64_t offset, size_t limit) override {
      const auto at = static_cast<size_t>(offset);
      return at >= bytes_.size() ? std::string() : bytes_.substr(at, limit);
    }

   private:
    const std::string bytes_;
  };

  const Clock& clock_;
  std::map<std::string, Blob> blobs_;
};

}  // namespace crosspoint::voicemail
