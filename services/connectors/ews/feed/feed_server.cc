#include "connectors/ews/feed/feed_server.h"

#include <utility>

namespace crosspoint::ews {
namespace {

constexpr std::chrono::seconds kUnsubscribeLimit{2};

}  // namespace

absl::StatusOr<Subscription> EwsFeedServer::Subscribe(const std::string& mailbox, const Affinity& affinity) {
  EwsCall call{.mailbox = mailbox};
  call.affinity = affinity;
  return client_.Subscribe({}, call);
}

void EwsFeedServer::Unsubscribe(const std::string& subscription_id, const std::string& mailbox,
                                const Affinity& affinity) {
  EwsCall call{.mailbox = mailbox, .deadline = std::chrono::steady_clock::now() + kUnsubscribeLimit};
  call.affinity = affinity;
  static_cast<void>(client_.Unsubscribe(subscription_id, call));
}

std::unique_ptr<EwsStream> EwsFeedServer::OpenStream(const std::vector<std::string>& subscription_ids,
                                                     std::chrono::minutes life, EwsStreamCallbacks callbacks,
                                                     const std::string& mailbox, const Affinity& affinity) {
  EwsCall call{.mailbox = mailbox};
  call.affinity = affinity;
  return client_.OpenStream(subscription_ids, life, std::move(callbacks), call);
}

}  // namespace crosspoint::ews
