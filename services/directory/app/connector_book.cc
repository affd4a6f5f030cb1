#include "directory/app/connector_book.h"

#include <utility>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr int kMaxUpdateAttempts = 5;

}  // namespace

ConnectorBook::ConnectorBook(ConnectorStore& store, ExchangeAccess& access, ChangeAnnouncer& announcer)
    : store_(store), access_(access), announcer_(announcer) {}

absl::StatusOr<ConnectorPage> ConnectorBook::Get(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto stored, store_.Get(tenant, deadline));
  return stored ? *std::move(stored) : access_.Configured(tenant);
}

absl::StatusOr<ConnectorPage> ConnectorBook::Update(const TenantId& tenant, uint64_t revision,
                                                    const std::function<void(ConnectorPage&)>& change,
                                                    Deadline deadline) {
  absl::StatusOr<ConnectorPage> written;
  for (int attempt = 0; attempt < kMaxUpdateAttempts; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto page, Get(tenant, deadline));
    const auto read_at = page.revision;
    change(page);
    CROSSPOINT_RETURN_IF_ERROR(ValidateConnectorPage(page));
    if (page.enabled) CROSSPOINT_RETURN_IF_ERROR(access_.Check(tenant, page));
    written = store_.Put(tenant, page, revision == 0 ? read_at : revision, deadline);
    if (revision != 0 || !absl::IsAborted(written.status())) break;
  }
  if (written.ok()) {
    Take(tenant, *written);
    announcer_.Announce(tenant);
  }
  return written;
}

absl::Status ConnectorBook::Refresh(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page, Get(tenant, deadline));
  Take(tenant, page);
  return absl::OkStatus();
}

void ConnectorBook::Take(const TenantId& tenant, const ConnectorPage& page) {
  {
    const std::lock_guard taking(take_mu_);
    {
      const std::lock_guard lock(mu_);
      const auto it = pages_.find(tenant);
      // What was read before a change and arrives after it is older.
      if (it != pages_.end() && it->second.revision >= page.revision) return;
      pages_[tenant] = page;
    }
    access_.Apply(tenant, page);
  }
  listeners_.Tell(tenant);
}

std::optional<ConnectorPage> ConnectorBook::Current(const TenantId& tenant) const {
  const std::lock_guard lock(mu_);
  const auto it = pages_.find(tenant);
  return it == pages_.end() ? std::nullopt : std::optional(it->second);
}

std::unique_ptr<Listeners::Subscription> ConnectorBook::Subscribe(const TenantId& tenant,
                                                                  std::function<void()> listener) {
  return listeners_.Add(tenant, std::move(listener));
}

}  // namespace crosspoint::directory
