#include "connectors/ews/metrics_observer.h"

#include "common/metrics/metrics.h"

namespace crosspoint::ews {

EwsObserver MetricsObserver(metrics::Registry& registry) {
  auto& family = registry.Histograms(
      "crosspoint_ews_request_duration_seconds", "Exchanges with Exchange servers, by operation and how they ended",
      {{"operation",
        {"ResolveNames",       "GetFolder",          "FindItem",           "GetItem",          "CreateItem",
         "UpdateItem",         "DeleteItem",         "SyncFolderItems",    "Subscribe",        "Unsubscribe",
         "GetStreamingEvents", "GetUserPhoto",       "FindFolder",         "CreateFolder",     "SyncFolderHierarchy",
         "ConvertId",          "FindPeople",         "ExpandDL",           "GetEvents",        "GetUserAvailability",
         "GetServerTimeZones", "GetUserOofSettings", "SetUserOofSettings", "SendItem",         "MoveItem",
         "CopyItem",           "CreateAttachment",   "GetAttachment",      "DeleteAttachment", "GetToken"}},
       {"result",
        {"ok", "EWS_SERVER_BUSY", "EWS_NOT_AUTHORIZED", "EWS_ITEM_NOT_FOUND", "HTTP_TIMEOUT", "HTTP_UNREACHABLE"}}},
      {0.005, 0.025, 0.1, 0.5, 2.5, 10});
  return [&family](std::string_view operation, std::string_view result, std::chrono::microseconds took) {
    family.With({operation, result}).Observe(std::chrono::duration<double>(took).count());
  };
}

}  // namespace crosspoint::ews
