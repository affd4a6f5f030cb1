#include <algorithm>
#include <iterator>
#include <span>

#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr size_t kMailboxesPerRequest = 100;
constexpr auto kLongestWindow = hours(24 * 42);

absl::Status Check(const AvailabilityQuery& query) {
  if (query.end <= query.start) return InvalidField("end", "must be after start");
  if (query.end - query.start > kLongestWindow) return InvalidField("end", "must be within 42 days of start");
  if (query.interval < minutes(5) || query.interval > minutes(1440)) {
    return InvalidField("interval", "must be 5 to 1440 minutes");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Batch<Availability>> EwsClient::GetUserAvailability(const AvailabilityQuery& query,
                                                                   const EwsCall& call) {
  CROSSPOINT_RETURN_IF_ERROR(Check(query));
  const ZoneRule zone = ZoneRuleOf(query.time_zone, query.start);
  Batch<Availability> all;
  while (all.size() < query.mailboxes.size()) {
    const auto rest = std::span(query.mailboxes).subspan(all.size());
    const auto part = rest.first(std::min(rest.size(), kMailboxesPerRequest));
    const auto read = [&](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<Batch<Availability>> {
      CROSSPOINT_ASSIGN_OR_RETURN(auto batch, ReadGetUserAvailability(xml, zone, limits));
      if (batch.size() != part.size()) return BadAnswer("has another number of mailboxes than asked for");
      return batch;
    };
    CROSSPOINT_ASSIGN_OR_RETURN(
        auto batch,
        transport_->Call("GetUserAvailability", WriteGetUserAvailability(transport_->Header(call), query, part, zone),
                         call, Effect::kReads, read));
    std::move(batch.begin(), batch.end(), std::back_inserter(all));
  }
  return all;
}

absl::StatusOr<std::vector<ZoneDefinition>> EwsClient::GetServerTimeZones(const std::vector<std::string>& ids,
                                                                          const EwsCall& call) {
  RequestHeader header = transport_->Header(call);
  header.impersonate.clear();  // the interface knows none here: zones are the same for everybody
  return transport_->Call("GetServerTimeZones", WriteGetServerTimeZones(header, ids, true), call, Effect::kReads,
                          ReadGetServerTimeZones);
}

absl::StatusOr<OofSettings> EwsClient::GetOofSettings(const std::string& email, const EwsCall& call) {
  if (Trim(email).empty()) return InvalidField("email", "must not be blank");
  return transport_->Call("GetUserOofSettings", WriteGetUserOofSettings(transport_->Header(call), email), call,
                          Effect::kReads, ReadGetUserOofSettings);
}

absl::Status EwsClient::SetOofSettings(const std::string& email, const OofSettings& settings, const EwsCall& call) {
  if (Trim(email).empty()) return InvalidField("email", "must not be blank");
  const bool has_window = settings.start && settings.end && *settings.start < *settings.end;
  if (settings.state == OofState::kScheduled && !has_window) {
    return InvalidField("start", "must be set and before end when the state is scheduled");
  }
  return transport_->Call("SetUserOofSettings", WriteSetUserOofSettings(transport_->Header(call), email, settings),
                          call, Effect::kWrites, ReadSetUserOofSettings);
}

}  // namespace crosspoint::ews
