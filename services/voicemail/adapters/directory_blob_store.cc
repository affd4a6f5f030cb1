#include "voicemail/adapters/directory_blob_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <vector>

#include "common/status/status.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {
namespace {

namespace fs = std::filesystem;

// Where blobs are while they are written; no tenant can be called so.
constexpr char kIncoming[] = ".incoming";

absl::Status FromErrno(std::string_view what, int error) {
  const auto message = fmt::format("{}: {}", what, std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) {
    return Refused(absl::StatusCode::kResourceExhausted, "BLOB_STORE_FULL", message);
  }
  return Refused(absl::StatusCode::kUnavailable, "BLOB_STORE_UNAVAILABLE", message);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  const int fd_;
};

absl::Status SyncDirectory(const fs::path& directory) {
  const Descriptor fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok() || fsync(fd.get()) != 0) return FromErrno("sync a directory of the blob store", errno);
  return absl::OkStatus();
}

// Makes `directory` and what leads to it below `root`; every new entry is on the disk when this returns.
absl::Status MakeDirectories(const fs::path& root, const fs::path& directory) {
  if (directory == root || fs::exists(directory)) return absl::OkStatus();
  CROSSPOINT_RETURN_IF_ERROR(MakeDirectories(root, directory.parent_path()));
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return FromErrno("make a directory of the blob store", errno);
  }
  return SyncDirectory(directory.parent_path());
}

// Keys are made by us of checked ids; whatever else comes must not lead out of the root.
bool IsKey(const std::string& key) {
  return !key.empty() && key.front() != '/' && key.find("..") == std::string::npos && key.front() != '.' &&
         key.find('\0') == std::string::npos;
}

absl::Status BadKey() { return absl::InternalError("a blob's key must be a plain path"); }

class FileWriter final : public BlobWriter {
 public:
  FileWriter(fs::path root, fs::path file, int fd)
      : root_(std::move(root)), file_(std::move(file)), fd_(fd), digest_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
  }
  ~FileWriter() override {
    if (!committed_) unlink(file_.c_str());
  }

  absl::Status Append(std::string_view bytes) override {
    EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size());
    while (!bytes.empty()) {
      const auto written = write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return FromErrno("write audio", errno);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Commit(const std::string& key) override {
    if (!IsKey(key)) return BadKey();
    if (fsync(fd_.get()) != 0) return FromErrno("sync audio", errno);
    const auto place = root_ / key;
    CROSSPOINT_RETURN_IF_ERROR(MakeDirectories(root_, place.parent_path()));
    if (rename(file_.c_str(), place.c_str()) != 0) return FromErrno("put audio into its place", errno);
    committed_ = true;
    CROSSPOINT_RETURN_IF_ERROR(SyncDirectory(place.parent_path()));
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(digest_.get(), hash, &size);
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", hash[i]);
    return hex;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  const fs::path root_;
  const fs::path file_;
  const Descriptor fd_;
  const std::unique_ptr<EVP_MD_CTX, Free> digest_;
  bool committed_ = false;
};

class FileReader final : public BlobReader {
 public:
  explicit FileReader(int fd) : fd_(fd) {}

  absl::StatusOr<std::string> Read(int64_t offset, size_t limit) override {
    std::string bytes(limit, '\0');
    size_t have = 0;
    while (have < limit) {
      const auto got = pread(fd_.get(), bytes.data() + have, limit - have, offset + static_cast<int64_t>(have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return FromErrno("read audio", errno);
      if (got == 0) break;
      have += static_cast<size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }

 private:
  const Descriptor fd_;
};

TimePoint ModifiedAt(const struct stat& info) {
  return TimePoint{std::chrono::seconds{info.st_mtim.tv_sec} + std::chrono::duration_cast<std::chrono::microseconds>(
                                                                   std::chrono::nanoseconds{info.st_mtim.tv_nsec})};
}

// Plain files below `directory` that were last written before `before`; one that vanishes meanwhile is left out.
absl::StatusOr<std::vector<fs::path>> OldFiles(const fs::path& directory, TimePoint before) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    struct stat info {};
    if (lstat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    if (ModifiedAt(info) < before) files.push_back(it->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) return FromErrno("look through audio", error.value());
  return files;
}

}  // namespace

// A process's number would not do: in containers it is the same for all replicas.
DirectoryBlobStore::DirectoryBlobStore(fs::path root) : root_(std::move(root)) {
  std::random_device random;
  self_ = fmt::format("{:08x}{:08x}", random(), random());
}

absl::StatusOr<std::unique_ptr<DirectoryBlobStore>> DirectoryBlobStore::Make(fs::path root) {
  std::error_code error;
  fs::create_directories(root / kIncoming, error);
  if (error) {
    return Refused(absl::StatusCode::kFailedPrecondition, "BLOB_STORE_UNAVAILABLE",
                   fmt::format("blobs.directory: {}: {}", root.string(), error.message()));
  }
  auto store = std::unique_ptr<DirectoryBlobStore>(new DirectoryBlobStore(std::move(root)));
  if (const auto probe = store->Probe(); !probe.ok()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "BLOB_STORE_UNAVAILABLE",
                   "blobs.directory: " + MessageOf(probe));
  }
  return store;
}

absl::Status DirectoryBlobStore::Probe() {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto writer, NewBlob());
  return writer->Append("probe");
}

std::filesystem::space_info DirectoryBlobStore::Room() const {
  std::error_code error;
  const auto room = std::filesystem::space(root_, error);
  return error ? std::filesystem::space_info{} : room;
}

absl::StatusOr<std::unique_ptr<BlobWriter>> DirectoryBlobStore::NewBlob() {
  const auto file = root_ / kIncoming / fmt::format("{}-{}", self_, next_++);
  const int fd = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return FromErrno("begin to write audio", errno);
  return std::make_unique<FileWriter>(root_, file, fd);
}

absl::StatusOr<std::unique_ptr<BlobReader>> DirectoryBlobStore::Open(const std::string& key) {
  if (!IsKey(key)) return BadKey();
  const int fd = open((root_ / key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0) return std::make_unique<FileReader>(fd);
  if (errno == ENOENT) return NotThere("the audio is not there");
  return FromErrno("open audio", errno);
}

absl::Status DirectoryBlobStore::Copy(const std::string& from, const std::string& to) {
  if (!IsKey(from) || !IsKey(to)) return BadKey();
  const auto place = root_ / to;
  CROSSPOINT_RETURN_IF_ERROR(MakeDirectories(root_, place.parent_path()));
  // Blobs never change, so both may be one file.
  if (link((root_ / from).c_str(), place.c_str()) != 0 && errno != EEXIST) {
    return errno == ENOENT ? NotThere("the audio is not there") : FromErrno("copy audio", errno);
  }
  // A link is as old as its file, but the sweeper must take it for new.
  utimensat(AT_FDCWD, place.c_str(), nullptr, 0);
  return SyncDirectory(place.parent_path());
}

absl::Status DirectoryBlobStore::Remove(const std::string& key) {
  if (!IsKey(key)) return BadKey();
  const auto file = root_ / key;
  if (unlink(file.c_str()) != 0 && errno != ENOENT) return FromErrno("remove audio", errno);
  return absl::OkStatus();
}

absl::Status DirectoryBlobStore::Visit(TimePoint before, const std::function<void(const std::string& key)>& each) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto leftovers, OldFiles(root_ / kIncoming, before));
  for (const auto& file : leftovers) unlink(file.c_str());
  std::vector<fs::path> tenants;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root_, error)) {
    if (entry.is_directory(error) && entry.path().filename() != kIncoming) tenants.push_back(entry.path());
  }
  if (error) return FromErrno("look through audio", error.value());
  for (const auto& tenant : tenants) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto files, OldFiles(tenant, before));
    for (const auto& file : files) each(fs::relative(file, root_).string());
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::voicemail
