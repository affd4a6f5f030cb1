#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/ews/client.h"

namespace crosspoint::ews {

// What the hub asks of a server. `mailbox` is impersonated. Thread-safe.
class FeedServer {
 public:
  virtual ~FeedServer() = default;
  // A streaming subscription to all folders. Waits for the answer.
  virtual absl::StatusOr<Subscription> Subscribe(const std::string& mailbox, const Affinity& affinity) = 0;
  // A courtesy: what cannot be reached lapses by itself. Waits, but not for long.
  virtual void Unsubscribe(const std::string& subscription_id, const std::string& mailbox,
                           const Affinity& affinity) = 0;
  // Never null and does not wait. Callbacks as with EwsClient::OpenStream.
  virtual std::unique_ptr<EwsStream> OpenStream(const std::vector<std::string>& subscription_ids,
                                                std::chrono::minutes life, EwsStreamCallbacks callbacks,
                                                const std::string& mailbox, const Affinity& affinity) = 0;
};

// The server that a client speaks to.
class EwsFeedServer final : public FeedServer {
 public:
  // `client` must outlive it.
  explicit EwsFeedServer(EwsClient& client) : client_(client) {}

  absl::StatusOr<Subscription> Subscribe(const std::string& mailbox, const Affinity& affinity) override;
  void Unsubscribe(const std::string& subscription_id, const std::string& mailbox, const Affinity& affinity) override;
  std::unique_ptr<EwsStream> OpenStream(const std::vector<std::string>& subscription_ids, std::chrono::minutes life,
                                        EwsStreamCallbacks callbacks, const std::string& mailbox,
                                        const Affinity& affinity) override;

 private:
  EwsClient& client_;
};

}  // namespace crosspoint::ews
