#include "connectors/ews/client.h"

#include "common/status/status.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {

absl::StatusOr<std::unique_ptr<EwsClient>> EwsClient::Create(EwsConfig config, EwsObserver observer) {
  CROSSPOINT_RETURN_IF_ERROR(config.Validate());
  return std::unique_ptr<EwsClient>(new EwsClient(std::make_unique<Transport>(std::move(config), std::move(observer))));
}

EwsClient::EwsClient(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}
EwsClient::~EwsClient() = default;
void EwsClient::Stop() { transport_->Stop(); }

}  // namespace crosspoint::ews
