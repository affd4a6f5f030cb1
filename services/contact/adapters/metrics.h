#pragma once

#include <chrono>

#include "common/metrics/metrics.h"
#include "contact/app/contacts.h"
#include "contact/app/mailbox_reader.h"

namespace crosspoint::contact {

// All series of the service besides those every service has. Thread-safe.
class Metrics final : public SyncObserver, public LookupObserver {
 public:
  explicit Metrics(metrics::Registry& registry);

  void OnPull(const absl::StatusOr<SyncReport>& outcome) override;
  void OnPush(const absl::Status& outcome) override;
  void OnLookup(LookupOutcome outcome, std::chrono::microseconds took) override;

 private:
  metrics::Family<metrics::Counter>& lookups_;
  metrics::Histogram& lookup_seconds_;
  metrics::Family<metrics::Counter>& pulls_;
  metrics::Family<metrics::Counter>& pushes_;
  metrics::Counter& changes_;
  metrics::Counter& resets_;
  metrics::Counter& conflicts_;
  metrics::Counter& stopped_;
};

}  // namespace crosspoint::contact
