#pragma once

#include "absl/status/status.h"
#include "common/grpcx/methods.h"
#include "crosspoint/presence/v1/call_routing_service.pb.h"
#include "presence/app/call_router.h"
#include "presence/app/table_book.h"

namespace crosspoint::presence {

// CallRoutingService: parse, act, render. Reached only through the Guard. Everything is asked of the store.
// Thread-safe.
class CallRoutingHandler {
 public:
  // All must outlive the handler.
  CallRoutingHandler(CallRouter& router, RoutingStore& store, const TableBook& tables)
      : router_(router), store_(store), tables_(tables) {}

  void Bind(grpcx::Methods& methods);

  absl::Status GetRoutingProfile(const v1::GetRoutingProfileRequest& request, const grpcx::Call& call,
                                 v1::RoutingProfile& response);
  absl::Status UpdateRoutingProfile(const v1::UpdateRoutingProfileRequest& request, const grpcx::Call& call,
                                    v1::RoutingProfile& response);
  absl::Status ListRoutingRules(const v1::ListRoutingRulesRequest& request, const grpcx::Call& call,
                                v1::ListRoutingRulesResponse& response);
  absl::Status UpdateRoutingRules(const v1::UpdateRoutingRulesRequest& request, const grpcx::Call& call,
                                  v1::UpdateRoutingRulesResponse& response);
  absl::Status RouteCall(const v1::RouteCallRequest& request, const grpcx::Call& call, v1::RouteCallResponse& response);

 private:
  CallRouter& router_;
  RoutingStore& store_;
  const TableBook& tables_;
};

}  // namespace crosspoint::presence
