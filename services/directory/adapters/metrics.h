#pragma once

#include "common/metrics/metrics.h"
#include "directory/app/people_search.h"
#include "directory/app/ports.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

// What the parts count by themselves, offered for reading. All must outlive the registry's last reading.
void OfferMetrics(metrics::Registry& registry, const UserFeed& users, const PeopleSearch& search);

// A corporate list whose questions are timed. Thread-safe.
class MeteredCorporateDirectory final : public CorporateDirectory {
 public:
  // Both must outlive it; once per registry.
  MeteredCorporateDirectory(CorporateDirectory& list, metrics::Registry& registry);

  bool Has(const TenantId& tenant) const override { return list_.Has(tenant); }
  absl::StatusOr<CorporateMatches> Search(const TenantId& tenant, const std::string& query, Deadline deadline) override;
  absl::StatusOr<std::vector<CorporateEntry>> ListAll(const TenantId& tenant, Deadline deadline) override;

 private:
  CorporateDirectory& list_;
  metrics::Family<metrics::Histogram>& duration_;
};

}  // namespace crosspoint::directory
