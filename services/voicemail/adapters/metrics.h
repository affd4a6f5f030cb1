#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/metrics/metrics.h"
#include "voicemail/app/delivery.h"
#include "voicemail/app/sync_keeper.h"

namespace crosspoint::voicemail {

// All series of the service besides those every service has. Thread-safe.
class Metrics final : public SyncObserver {
 public:
  explicit Metrics(metrics::Registry& registry);

  void OnRun(const absl::Status& status, const CopySyncReport& report) override;
  void OnDeposit(const absl::Status& status, int64_t bytes);
  void OnDelivery(DeliveryOrder::Kind kind, const absl::Status& status);
  void OnSweep(int kept, int removed);

 private:
  metrics::Family<metrics::Counter>& deposits_;
  metrics::Counter& deposited_bytes_;
  metrics::Family<metrics::Counter>& deliveries_;
  metrics::Family<metrics::Counter>& runs_;
  metrics::Counter& changes_;
  metrics::Gauge& blobs_;
  metrics::Counter& swept_;
};

}  // namespace crosspoint::voicemail
