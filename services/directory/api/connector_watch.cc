#include "directory/api/connector_watch.h"

#include <utility>

namespace crosspoint::directory {

::crosspoint::directory::v1::ClientConfig ClientConfigOf(const ConnectorPage& page) {
  ::crosspoint::directory::v1::ClientConfig config;
  config.set_exchange_enabled(page.enabled);
  if (page.enabled) config.set_exchange_server(page.server_address);
  config.set_resume_token(std::to_string(page.revision));
  return config;
}

ConnectorWatch::ConnectorWatch(ConnectorBook& book, TenantId tenant, std::shared_ptr<Stream> stream)
    : book_(book), tenant_(std::move(tenant)), stream_(std::move(stream)) {}

void ConnectorWatch::Start(ConnectorBook& book, const TenantId& tenant, std::shared_ptr<Stream> stream) {
  auto watch = std::make_shared<ConnectorWatch>(book, tenant, stream);
  // Weak in the book, strong in the stream: the call's end is the watch's end.
  watch->subscription_ = book.Subscribe(tenant, [weak = std::weak_ptr(watch)] {
    if (const auto alive = weak.lock()) alive->Pump();
  });
  stream->OnWritable([watch] { watch->Pump(); });
  stream->OnEnd([watch] { watch->subscription_.reset(); });
  watch->Pump();
}

void ConnectorWatch::Pump() {
  const std::lock_guard lock(mu_);
  const auto page = book_.Current(tenant_);
  if (!page || stream_->closed()) return;
  // What clients are not told of, such as the page's password, is no change for them.
  const auto config = ClientConfigOf(*page);
  const std::string seen = (config.exchange_enabled() ? "+" : "-") + config.exchange_server();
  if (seen == written_ || !stream_->Write(config)) return;
  written_ = seen;
}

}  // namespace crosspoint::directory
