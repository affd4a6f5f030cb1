#include "directory/adapters/metrics.h"

#include <chrono>
#include <string_view>

namespace crosspoint::directory {
namespace {

// `ask` is timed under its operation and how it ended.
template <class Ask>
auto Timed(metrics::Family<metrics::Histogram>& duration, std::string_view operation, Ask ask) {
  const auto begin = std::chrono::steady_clock::now();
  auto answer = ask();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  duration.With({operation, answer.ok() ? "ok" : "failed"}).Observe(took.count());
  return answer;
}

}  // namespace

void OfferMetrics(metrics::Registry& registry, const UserFeed& users, const PeopleSearch& search) {
  registry.AddReadGauge("crosspoint_directory_users", "Users in memory, of all tenants",
                        [&users] { return static_cast<double>(users.user_count()); });
  registry.AddReadCounter("crosspoint_directory_searches_total", "Searches answered",
                          [&search] { return static_cast<double>(search.counters().all); });
  registry.AddReadCounter("crosspoint_directory_partial_searches_total",
                          "Searches answered without the corporate list or a part of it",
                          [&search] { return static_cast<double>(search.counters().partial); });
}

MeteredCorporateDirectory::MeteredCorporateDirectory(CorporateDirectory& list, metrics::Registry& registry)
    : list_(list),
      duration_(registry.Histograms("crosspoint_directory_corporate_duration_seconds",
                                    "Questions to the corporate list, by operation and how they ended",
                                    {{"operation", {"search", "list"}}, {"result", {"ok", "failed"}}},
                                    {0.005, 0.02, 0.1, 0.5, 2, 10})) {}

absl::StatusOr<CorporateMatches> MeteredCorporateDirectory::Search(const TenantId& tenant, const std::string& query,
                                                                   Deadline deadline) {
  return Timed(duration_, "search", [&] { return list_.Search(tenant, query, deadline); });
}

absl::StatusOr<std::vector<CorporateEntry>> MeteredCorporateDirectory::ListAll(const TenantId& tenant,
                                                                               Deadline deadline) {
  return Timed(duration_, "list", [&] { return list_.ListAll(tenant, deadline); });
}

}  // namespace crosspoint::directory
