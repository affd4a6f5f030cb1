#pragma once

#include "common/metrics/metrics.h"
#include "meeting_sync/app/claim_delivery.h"
#include "meeting_sync/app/live_link.h"
#include "meeting_sync/app/mailbox_reader.h"

namespace crosspoint::meeting_sync {

// All series of the service besides those every service has. Thread-safe.
class Metrics final : public ReaderObserver, public LinkObserver {
 public:
  explicit Metrics(metrics::Registry& registry);

  void OnRun(const absl::Status& status, const SyncReport& report, std::chrono::milliseconds took) override;
  void OnHeld(int change) override { held_.Add(change); }

  void OnCommitted() override { committed_.Increment(); }
  void OnWritten(Side side) override { written_.With({side == Side::kMailbox ? "mailbox" : "bridge"}).Increment(); }
  void OnConflict() override { conflicts_.Increment(); }
  void OnBraked() override { brakes_.Increment(); }

  void OnDelivery(ClaimOrder::Kind kind, const absl::Status& status);

 private:
  metrics::Gauge& held_;
  metrics::Family<metrics::Counter>& runs_;
  metrics::Histogram& run_seconds_;
  metrics::Counter& changes_;
  metrics::Counter& resets_;
  metrics::Family<metrics::Counter>& deliveries_;
  metrics::Counter& committed_;
  metrics::Family<metrics::Counter>& written_;
  metrics::Counter& conflicts_;
  metrics::Counter& brakes_;
};

}  // namespace crosspoint::meeting_sync
