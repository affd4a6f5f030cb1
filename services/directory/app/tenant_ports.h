#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "directory/app/ports.h"
#include "directory/domain/connector_page.h"
#include "directory/domain/tenant.h"

namespace crosspoint::directory {

struct TenantPage {
  std::vector<Tenant> tenants;
  std::string last_id;  // where the next page begins; empty on the last one
};

// All tenants. Thread-safe. Writes fail with kUnavailable like those of UserStore.
class TenantStore {
 public:
  virtual ~TenantStore() = default;
  // `request_id` empty: the caller does not repeat itself.
  //   kAlreadyExists    TENANT_EXISTS
  //   kInvalidArgument  REQUEST_ID_REUSED: that request id came with other content
  virtual absl::StatusOr<Tenant> Create(const Tenant& tenant, const std::string& request_id,
                                        const std::string& request_hash, Deadline deadline) = 0;
  // Creates it unless it is there, whatever it looks like then.
  virtual absl::Status Ensure(const Tenant& tenant, Deadline deadline) = 0;
  //   kNotFound  TENANT_UNKNOWN
  virtual absl::StatusOr<Tenant> Get(const TenantId& id, Deadline deadline) = 0;
  // `revision` 0: whatever is there. The same again takes no revision.
  //   kAborted  ETAG_STALE       kNotFound  TENANT_UNKNOWN
  virtual absl::StatusOr<Tenant> Update(const Tenant& tenant, uint64_t revision, Deadline deadline) = 0;
  // By id, those after `after`.
  virtual absl::StatusOr<TenantPage> List(const std::string& after, size_t limit, Deadline deadline) = 0;
};

// The connector pages that were stored. Thread-safe. Writes fail with kUnavailable like those of UserStore.
class ConnectorStore {
 public:
  virtual ~ConnectorStore() = default;
  // nullopt: nobody stored one.
  virtual absl::StatusOr<std::optional<ConnectorPage>> Get(const TenantId& tenant, Deadline deadline) = 0;
  // `revision` 0: whatever is there; kUnstoredPage: nothing may be there. The same again takes no revision.
  //   kAborted  ETAG_STALE
  virtual absl::StatusOr<ConnectorPage> Put(const TenantId& tenant, const ConnectorPage& page, uint64_t revision,
                                            Deadline deadline) = 0;
};

// What becomes of a tenant's connector page. Thread-safe.
class ExchangeAccess {
 public:
  virtual ~ExchangeAccess() = default;
  // The page as the configuration alone has it.
  virtual ConnectorPage Configured(const TenantId& tenant) const = 0;
  // Whether the server of the page may and can be asked with the credentials it names.
  //   kInvalidArgument     names the field
  //   kFailedPrecondition  MEANS_GRAPH, SECRET_UNKNOWN, CREDENTIALS_MISSING, HOST_NOT_ALLOWED
  virtual absl::Status Check(const TenantId& tenant, const ConnectorPage& page) const = 0;
  // From now on the tenant's Exchange is what the page says.
  virtual void Apply(const TenantId& tenant, const ConnectorPage& page) = 0;
};

}  // namespace crosspoint::directory
