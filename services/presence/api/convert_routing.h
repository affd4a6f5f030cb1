#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crosspoint/presence/v1/call_routing_service.pb.h"
#include "presence/app/call_router.h"
#include "presence/domain/routing.h"

namespace crosspoint::presence {

// `tenants/{tenant}/users/{user}/routingProfile`.
absl::StatusOr<UserId> ParseProfileName(const std::string& name, std::string_view field);

// Shapes only; ValidateProfile and ValidateRules say whether they make sense.
absl::StatusOr<RoutingProfile> FromProto(const v1::RoutingProfile& profile);
absl::StatusOr<std::vector<RoutingRule>> FromProto(const UserId& parent,
                                                   const google::protobuf::RepeatedPtrField<v1::RoutingRule>& rules);
absl::StatusOr<CallQuestion> FromProto(const v1::RouteCallRequest& request);

void ToProto(const UserId& user, const RoutingProfile& profile, const std::string& etag, v1::RoutingProfile& out);
void ToProto(const UserId& parent, const std::vector<RoutingRule>& rules,
             google::protobuf::RepeatedPtrField<v1::RoutingRule>& out);
void ToProto(const UserId& user, const CallAnswer& answer, v1::RouteCallResponse& out);

}  // namespace crosspoint::presence
