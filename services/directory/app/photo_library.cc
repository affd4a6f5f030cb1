#include "directory/app/photo_library.h"

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

int64_t Micros(TimePoint time) { return time.time_since_epoch().count(); }

absl::StatusOr<Picture> Answer(const CachedPhoto& photo, const std::string& email) {
  if (photo.picture) return *photo.picture;
  return ErrorWithInfo(absl::StatusCode::kNotFound, email + " has no photo",
                       {.reason = "NO_PHOTO", .domain = "directory.crosspoint", .metadata = {}});
}

}  // namespace

PhotoLibrary::PhotoLibrary(PhotoSource& source, PhotoCache& cache, const Clock& clock, log::Logger& log,
                           std::chrono::seconds fresh_for)
    : source_(source), cache_(cache), clock_(clock), log_(log), fresh_for_(fresh_for) {}

absl::StatusOr<Picture> PhotoLibrary::Get(const TenantId& tenant, const std::string& email, int size,
                                          Deadline deadline) {
  const Key key(tenant, FoldEmail(email), size);
  auto cached = cache_.Get(tenant, std::get<1>(key), size, deadline);
  if (!cached.ok()) {
    log_.Warn("photo_cache_unreadable", {{"error", MessageOf(cached.status())}});
    cached = std::optional<CachedPhoto>();
  }
  if (*cached && Micros(clock_.Now()) - (*cached)->fetch_time_us < std::chrono::microseconds(fresh_for_).count()) {
    return Answer(**cached, email);
  }
  auto fetched = FetchOnce(key, *cached, deadline);
  if (fetched.ok()) return Answer(*fetched, email);
  if (!*cached) return fetched.status();
  log_.Warn("photo_source_down", {{"error", MessageOf(fetched.status())}});
  return Answer(**cached, email);
}

absl::StatusOr<CachedPhoto> PhotoLibrary::FetchOnce(const Key& key, const std::optional<CachedPhoto>& stale,
                                                    Deadline deadline) {
  std::shared_ptr<Flight> flight;
  {
    std::unique_lock lock(mu_);
    const auto it = flights_.find(key);
    if (it != flights_.end()) {
      flight = it->second;
      if (!landed_.wait_until(lock, deadline, [&] { return flight->landed; })) {
        return absl::DeadlineExceededError("waiting for the photo somebody else is fetching");
      }
      return flight->photo;
    }
    flight = std::make_shared<Flight>();
    flights_.emplace(key, flight);
  }
  auto photo = Fetch(key, stale, deadline);
  {
    const std::lock_guard lock(mu_);
    flight->photo = photo;
    flight->landed = true;
    flights_.erase(key);
  }
  landed_.notify_all();
  return photo;
}

absl::StatusOr<CachedPhoto> PhotoLibrary::Fetch(const Key& key, const std::optional<CachedPhoto>& stale,
                                                Deadline deadline) {
  const auto& [tenant, email, size] = key;
  const std::string known = stale && stale->picture ? stale->picture->etag : "";
  CROSSPOINT_ASSIGN_OR_RETURN(auto answer, source_.Fetch(tenant, email, size, known, deadline));
  CachedPhoto photo{.picture = std::move(answer.picture), .fetch_time_us = Micros(clock_.Now())};
  if (answer.not_modified && stale) photo.picture = stale->picture;
  if (const auto put = cache_.Put(tenant, email, size, photo, deadline); !put.ok()) {
    log_.Warn("photo_cache_unwritable", {{"error", MessageOf(put)}});
  }
  return photo;
}

}  // namespace crosspoint::directory
