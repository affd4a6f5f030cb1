#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// One changed folder, as the feed tells it.
struct FeedEntry {
  std::string watermark;
  UserId user;
  MailboxFolder folder = MailboxFolder::kCalendar;
};

struct FeedPage {
  std::vector<FeedEntry> entries;  // oldest first
  bool gap = false;                // entries after the watermark asked for are gone
};

// The other side of FeedLog. Thread-safe.
class FeedReader {
 public:
  virtual ~FeedReader() = default;
  // Entries after `watermark`, at most `limit`.  kInvalidArgument: not a watermark of ours.
  virtual absl::StatusOr<FeedPage> Read(const TenantId& tenant, const std::string& watermark, size_t limit) = 0;
  // Of the newest entry: where a reader that wants only what is new begins.
  virtual absl::StatusOr<std::string> Newest(const TenantId& tenant) = 0;
};

}  // namespace crosspoint::meeting_sync
