#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// Blobs as files below a directory, one each. A blob is written beside its place, synced, renamed into it, and the
// directories are synced, so that it is whole or absent after any crash. Replicas may share one file
// system. Thread-safe.
class DirectoryBlobStore final : public BlobStore {
 public:
  // Makes the directory.  kFailedPrecondition: it cannot be written.
  static absl::StatusOr<std::unique_ptr<DirectoryBlobStore>> Make(std::filesystem::path root);

  absl::StatusOr<std::unique_ptr<BlobWriter>> NewBlob() override;
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(const std::string& key) override;
  absl::Status Copy(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& key) override;
  absl::Status Visit(TimePoint before, const std::function<void(const std::string& key)>& each) override;

  // Whether a file can be written now: for readiness.
  absl::Status Probe();
  // Of the file system; zeros when it does not say.
  std::filesystem::space_info Room() const;

 private:
  explicit DirectoryBlobStore(std::filesystem::path root);

  const std::filesystem::path root_;
  std::string self_;  // among the stores of the directory; set once
  std::atomic<uint64_t> next_{0};
};

}  // namespace crosspoint::voicemail
