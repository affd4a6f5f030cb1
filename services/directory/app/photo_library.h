#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "common/clock/clock.h"
#include "common/log/log.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// Pictures by cache, asked for at their origin once however many want the same. That a person has none is kept too.
// Thread-safe.
class PhotoLibrary {
 public:
  // A cached answer younger than `fresh_for` is given without asking; an older one is checked by its etag, and still
  // given when the origin is down.
  PhotoLibrary(PhotoSource& source, PhotoCache& cache, const Clock& clock, log::Logger& log,
               std::chrono::seconds fresh_for);

  //   kNotFound  NO_PHOTO
  absl::StatusOr<Picture> Get(const TenantId& tenant, const std::string& email, int size, Deadline deadline);

 private:
  using Key = std::tuple<TenantId, std::string, int>;
  struct Flight {
    bool landed = false;
    absl::StatusOr<CachedPhoto> photo = absl::UnknownError("");
  };
  absl::StatusOr<CachedPhoto> Fetch(const Key& key, const std::optional<CachedPhoto>& stale, Deadline deadline);
  absl::StatusOr<CachedPhoto> FetchOnce(const Key& key, const std::optional<CachedPhoto>& stale, Deadline deadline);

  PhotoSource& source_;
  PhotoCache& cache_;
  const Clock& clock_;
  log::Logger& log_;
  const std::chrono::seconds fresh_for_;
  std::mutex mu_;
  std::condition_variable landed_;
  std::map<Key, std::shared_ptr<Flight>> flights_;  // guarded by mu_; shared by those who wait for one
};

}  // namespace crosspoint::directory
