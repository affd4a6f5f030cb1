#include <map>
#include <set>
#include <string>
#include <vector>

#include "clients/directory_follower.h"
#include "clients/mailbox_feed_follower.h"
#include "common/app/app.h"
#include "common/app/outbox_metrics.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/grpcx/channel.h"
#include "common/operations/outbox_operations.h"
#include "common/redis/outbox.h"
#include "common/status/status.h"
#include "common/tasks/task_pool.h"
#include "common/zmq/bus_metrics.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/redis_peer_directory.h"
#include "connectors/ews_gate/tenant_clients.h"
#include "contact/adapters/ews_contact_mailboxes.h"
#include "contact/adapters/followers.h"
#include "contact/adapters/mailbox_outbox.h"
#include "contact/adapters/metrics.h"
#include "contact/adapters/redis_contact_store.h"
#include "contact/adapters/redis_sync_store.h"
#include "contact/adapters/zmq_hints.h"
#include "contact/api/contact_handler.h"
#include "contact/app/contacts.h"
#include "contact/app/shelf_refresher.h"
#include "contact/config.h"
#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "crosspoint/contact/v1/contact_service.grpc.pb.h"

namespace crosspoint::contact {
namespace {

struct Tenants {
  std::vector<TenantId> all;
  std::set<TenantId> served;  // have an Exchange server
  std::map<TenantId, std::string> regions;
  std::map<TenantId, Binding> bindings;
  std::map<std::string, ews::TenantExchange> servers;
};

Tenants TenantsOf(const ContactConfig& config) {
  Tenants tenants;
  for (const auto& [id, tenant] : config.tenants) {
    tenants.all.push_back(TenantId{id});
    tenants.regions[TenantId{id}] = tenant.region;
    tenants.bindings[TenantId{id}] = tenant.default_binding;
    if (!tenant.ews.configured()) continue;
    tenants.served.insert(TenantId{id});
    tenants.servers[id] = {tenant.ews, tenant.autodiscover};
  }
  return tenants;
}

// Ends the threads that use other parts, before any part goes. Made last, so destroyed first.
struct Shutdown {
  clients::DirectoryFollower& directory;
  clients::MailboxFeedFollower& feed;
  MailboxReader& reader;
  ews::TenantClients& clients;
  OutboxWorker& deliveries;
  TaskPool& pool;
  ~Shutdown() {
    directory.Stop();
    feed.Stop();
    reader.Stop();
    clients.Stop();  // what hangs in a mail server now would keep the process for up to half a minute
    deliveries.Stop();
    pool.Stop();
  }
};

// What keeps mailboxes and contacts equal. `told` says that a user's contacts may have changed.
absl::StatusOr<MailboxWriter*> MakeMailboxes(App& app, const ContactConfig& config, const Tenants& tenants,
                                             RedisClient& redis, Outbox& outbox, Metrics& metrics,
                                             const std::function<void(const UserId&)>& told) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      auto made, ews::TenantClients::Create(tenants.servers, redis, app.metrics(), app.clock(), app.log()));
  auto& clients = app.Keep(std::move(made));
  const std::string self(app.instance());
  auto& store = app.Make<RedisSyncStore>(redis, outbox, app.ids());
  auto& leases = app.Make<RedisMailboxLeases>(redis, app.ids(), self, config.lease);
  auto& users = app.Make<UserBook>(tenants.bindings, tenants.served);
  auto& mailboxes = app.Make<EwsContactMailboxes>(clients);
  auto& sync = app.Make<MailboxSync>(mailboxes, store, app.ids(), tenants.regions, app.log());
  auto& pool = app.Make<TaskPool>(config.sync_workers);
  auto& reader =
      app.Make<MailboxReader>(MailboxReader::Parts{leases, sync, store, users, pool, metrics, app.log(), told},
                              MailboxReader::Timing{.reconcile = config.sync_reconcile,
                                                    .first_retry = config.sync_first_retry,
                                                    .max_retry = config.sync_max_retry});
  auto& writer = app.Make<MailboxWriter>(MailboxWriter::Parts{leases, sync, store, users, metrics, told});
  auto& deliveries = app.Make<OutboxWorker>(outbox, MailboxOutboxHandler(writer),
                                            MailboxOutboxOptions(config.delivery_threads, self, app.log()));
  AddOutboxMetrics(app.metrics(), deliveries);

  CROSSPOINT_ASSIGN_OR_RETURN(auto directory_channel, grpcx::MakeChannel(config.directory));
  CROSSPOINT_ASSIGN_OR_RETURN(auto feed_channel, grpcx::MakeChannel(config.meeting_sync));
  auto& directory_listener = app.Make<DirectoryListener>(users, reader);
  auto& feed_listener = app.Make<FeedListener>(reader);
  auto& directory = app.Make<clients::DirectoryFollower>(std::move(directory_channel), tenants.all, directory_listener,
                                                         pool, app.log());
  auto& feed =
      app.Make<clients::MailboxFeedFollower>(std::move(feed_channel), tenants.all, feed_listener, pool, app.log());
  app.Make<Shutdown>(directory, feed, reader, clients, deliveries, pool);
  app.metrics().AddReadGauge("crosspoint_contact_mailboxes", "Mailboxes whose contacts are read",
                             [&users] { return static_cast<double>(users.mailbox_count()); });
  directory.Start();
  feed.Start();
  return &writer;
}

absl::Status SetUp(App& app) {
  auto& config = app.Make<ContactConfig>();
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  const auto tenants = TenantsOf(config);
  auto& metrics = app.Make<Metrics>(app.metrics());
  auto& redis = MakeRedis(app, config.redis);
  CROSSPOINT_RETURN_IF_ERROR(RequireDurableRedis(app, redis));
  auto& outbox = app.Make<Outbox>(redis, "contact");
  auto& store = app.Make<RedisContactStore>(redis, outbox, app.ids());
  auto& shelf = app.Make<Shelf>(
      store, app.log(), Shelf::Options{.max_books = static_cast<size_t>(config.hot_users), .recent = config.recent});
  auto& refresher = app.Make<ShelfRefresher>(shelf, app.log(), config.reconcile_interval);

  auto& peers = app.Make<RedisPeerDirectory>(redis);
  auto& listener = app.Make<ZmqHintListener>([&refresher](const UserId& owner) { refresher.Wake(owner); });
  auto& bus = app.Make<BusNode>(config.bus, kHintChannel, peers, nullptr, listener, app.clock(), app.log());
  AddBusMetrics(app.metrics(), "contact", bus);
  CROSSPOINT_RETURN_IF_ERROR(bus.Start());
  auto& announcer = app.Make<ZmqChangeAnnouncer>(bus);
  auto& contacts = app.Make<Contacts>(store, shelf, announcer, app.ids(), metrics, tenants.regions);
  app.metrics().AddReadGauge("crosspoint_contact_books", "Users whose contacts are in memory",
                             [&shelf] { return static_cast<double>(shelf.books()); });

  const auto told = [&refresher, &announcer](const UserId& owner) {
    refresher.Wake(owner);
    announcer.Announce(owner);
  };
  CROSSPOINT_ASSIGN_OR_RETURN(auto* writer, MakeMailboxes(app, config, tenants, redis, outbox, metrics, told));
  app.Serve<v1::ContactService>(app.Make<ContactHandler>(contacts, shelf, *writer));
  app.Serve<admin::v1::OperationsService>(app.Make<OutboxOperations>(outbox, "contact"));
  app.RunInBackground("contact_shelf", [&refresher](const std::stop_token& stop) { refresher.Run(stop); });
  return absl::OkStatus();
}

}  // namespace
}  // namespace crosspoint::contact

int main(int argc, char** argv) { return crosspoint::RunMain("contact", argc, argv, crosspoint::contact::SetUp); }
