#include "presence/api/call_routing_handler.h"

#include "common/status/status.h"
#include "presence/api/convert_routing.h"

namespace crosspoint::presence {

void CallRoutingHandler::Bind(grpcx::Methods& methods) {
  methods.Unary("GetRoutingProfile", this, &CallRoutingHandler::GetRoutingProfile);
  methods.Unary("UpdateRoutingProfile", this, &CallRoutingHandler::UpdateRoutingProfile);
  methods.Unary("ListRoutingRules", this, &CallRoutingHandler::ListRoutingRules);
  methods.Unary("UpdateRoutingRules", this, &CallRoutingHandler::UpdateRoutingRules);
  methods.Unary("RouteCall", this, &CallRoutingHandler::RouteCall);
}

absl::Status CallRoutingHandler::GetRoutingProfile(const v1::GetRoutingProfileRequest& request, const grpcx::Call& call,
                                                   v1::RoutingProfile& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, ParseProfileName(request.name(), "name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto routing, store_.Read(user, call.steady_deadline));
  ToProto(user, routing.profile, routing.profile_etag, response);
  return absl::OkStatus();
}

absl::Status CallRoutingHandler::UpdateRoutingProfile(const v1::UpdateRoutingProfileRequest& request,
                                                      const grpcx::Call& call, v1::RoutingProfile& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, ParseProfileName(request.profile().name(), "profile.name"));
  for (const auto& path : request.update_mask().paths()) {
    if (path != "states" && path != "*") return InvalidField("update_mask", "may name states");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto profile, FromProto(request.profile()));
  CROSSPOINT_RETURN_IF_ERROR(ValidateProfile(profile, user, *tables_.Of(user.tenant)));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto etag,
                              store_.WriteProfile(user, profile, request.profile().etag(), call.steady_deadline));
  ToProto(user, profile, etag, response);
  return absl::OkStatus();
}

absl::Status CallRoutingHandler::ListRoutingRules(const v1::ListRoutingRulesRequest& request, const grpcx::Call& call,
                                                  v1::ListRoutingRulesResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto routing, store_.Read(user, call.steady_deadline));
  ToProto(user, routing.rules, *response.mutable_rules());
  response.set_etag(routing.rules_etag);
  return absl::OkStatus();
}

absl::Status CallRoutingHandler::UpdateRoutingRules(const v1::UpdateRoutingRulesRequest& request,
                                                    const grpcx::Call& call, v1::UpdateRoutingRulesResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto rules, FromProto(user, request.rules()));
  CROSSPOINT_RETURN_IF_ERROR(ValidateRules(rules, user, *tables_.Of(user.tenant)));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto etag, store_.WriteRules(user, rules, request.etag(), call.steady_deadline));
  ToProto(user, rules, *response.mutable_rules());
  response.set_etag(etag);
  return absl::OkStatus();
}

absl::Status CallRoutingHandler::RouteCall(const v1::RouteCallRequest& request, const grpcx::Call& call,
                                           v1::RouteCallResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto question, FromProto(request));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto answer, router_.Route(question, call.steady_deadline));
  ToProto(question.user, answer, response);
  return absl::OkStatus();
}

}  // namespace crosspoint::presence
