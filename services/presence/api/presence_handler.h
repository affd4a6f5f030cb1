#pragma once

#include <memory>

#include "absl/status/status.h"
#include "common/grpcx/methods.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "presence/app/claim_keeper.h"
#include "presence/app/email_book.h"
#include "presence/app/presence_table.h"
#include "presence/app/schedule_keeper.h"
#include "presence/app/signal_keeper.h"
#include "presence/app/table_keeper.h"
#include "presence/app/watch_hub.h"

namespace crosspoint::presence {

// PresenceService: parse, act, render. Reached only through the Guard. Reads come from this replica's memory, which
// holds its own writes when they are answered and those of other replicas a moment later; changes and ListClaims go to
// the store. Thread-safe.
class PresenceHandler {
 public:
  // All must outlive the handler.
  PresenceHandler(ClaimKeeper& keeper, SignalKeeper& signals, PeopleFinder& people, const PresenceTable& table,
                  WatchHub& hub, const TableBook& tables, TableKeeper& table_keeper, ScheduleKeeper& schedules,
                  SignalLeases leases)
      : keeper_(keeper),
        signals_(signals),
        people_(people),
        table_(table),
        hub_(hub),
        tables_(tables),
        table_keeper_(table_keeper),
        schedules_(schedules),
        leases_(leases) {}

  void Bind(grpcx::Methods& methods);

  absl::Status GetPresence(const v1::GetPresenceRequest& request, const grpcx::Call& call, v1::Presence& response);
  absl::Status BatchGetPresence(const v1::BatchGetPresenceRequest& request, const grpcx::Call& call,
                                v1::BatchGetPresenceResponse& response);
  absl::Status SetAvailability(const v1::SetAvailabilityRequest& request, const grpcx::Call& call,
                               v1::Presence& response);
  absl::Status ClearAvailability(const v1::ClearAvailabilityRequest& request, const grpcx::Call& call,
                                 v1::Presence& response);
  absl::Status PutClaim(const v1::PutClaimRequest& request, const grpcx::Call& call, v1::PutClaimResponse& response);
  absl::Status DeleteClaim(const v1::DeleteClaimRequest& request, const grpcx::Call& call,
                           v1::DeleteClaimResponse& response);
  absl::Status ListClaims(const v1::ListClaimsRequest& request, const grpcx::Call& call,
                          v1::ListClaimsResponse& response);
  absl::Status GetAvailabilityTable(const v1::GetAvailabilityTableRequest& request, const grpcx::Call& call,
                                    v1::AvailabilityTable& response);
  absl::Status UpdateAvailabilityTable(const v1::UpdateAvailabilityTableRequest& request, const grpcx::Call& call,
                                       v1::AvailabilityTable& response);
  absl::Status GetSchedule(const v1::GetScheduleRequest& request, const grpcx::Call& call, v1::Schedule& response);
  absl::Status UpdateSchedule(const v1::UpdateScheduleRequest& request, const grpcx::Call& call,
                              v1::Schedule& response);
  absl::Status GetHolidayCalendar(const v1::GetHolidayCalendarRequest& request, const grpcx::Call& call,
                                  v1::HolidayCalendar& response);
  absl::Status UpdateHolidayCalendar(const v1::UpdateHolidayCalendarRequest& request, const grpcx::Call& call,
                                     v1::HolidayCalendar& response);
  absl::Status GetViewerPolicy(const v1::GetViewerPolicyRequest& request, const grpcx::Call& call,
                               v1::ViewerPolicy& response);
  absl::Status UpdateViewerPolicy(const v1::UpdateViewerPolicyRequest& request, const grpcx::Call& call,
                                  v1::ViewerPolicy& response);
  void WatchPresence(const grpcx::Call& call,
                     std::shared_ptr<grpcx::BidiStream<v1::WatchPresenceRequest, v1::WatchPresenceResponse>> stream);
  void ReportLineState(
      const grpcx::Call& call,
      std::shared_ptr<grpcx::BidiStream<v1::ReportLineStateRequest, v1::ReportLineStateResponse>> stream);
  absl::Status ReportImState(const v1::ReportImStateRequest& request, const grpcx::Call& call,
                             v1::ReportImStateResponse& response);
  void SnapshotShards(const v1::SnapshotShardsRequest& request, const grpcx::Call& call,
                      std::shared_ptr<grpcx::ServerStream<v1::SnapshotShardsResponse>> stream);

 private:
  // kUnavailable  PRESENCE_LOADING: not all shards have been read yet
  absl::Status CheckLoaded() const;

  ClaimKeeper& keeper_;
  SignalKeeper& signals_;
  PeopleFinder& people_;
  const PresenceTable& table_;
  WatchHub& hub_;
  const TableBook& tables_;
  TableKeeper& table_keeper_;
  ScheduleKeeper& schedules_;
  const SignalLeases leases_;
};

}  // namespace crosspoint::presence
