#pragma once

#include <chrono>
#include <map>
#include <string>

#include "common/grpcx/channel.h"
#include "common/redis/redis_config.h"
#include "common/zmq/bus_config.h"
#include "connectors/ews/autodiscover/settings.h"
#include "connectors/ews/settings.h"
#include "contact/app/user_book.h"

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::contact {

struct TenantConfig {
  std::string region;                       // how numbers without a country code are meant, as "DE"
  Binding default_binding = Binding::kEws;  // of users whose own is not set
  ews::EwsSettings ews;                     // without it no mailbox is read
  ews::AutodiscoverOptions autodiscover;    // which of its servers has a mailbox
};

struct ContactConfig {
  RedisConfig redis;
  BusConfig bus;
  grpcx::ChannelConfig directory;
  grpcx::ChannelConfig meeting_sync;
  std::map<std::string, TenantConfig> tenants;                      // by tenant id; at least one
  int hot_users = 2'000;                                            // whose contacts are kept in memory
  std::chrono::milliseconds recent{2'000};                          // how old an answer about a number may be
  std::chrono::milliseconds reconcile_interval{2'000};              // how often changes are looked for without a hint
  std::chrono::milliseconds sync_reconcile{std::chrono::hours{1}};  // how often a mailbox is read without a change
  std::chrono::milliseconds sync_first_retry{500};
  std::chrono::milliseconds sync_max_retry{60'000};
  int sync_workers = 4;                     // threads that read mailboxes
  int delivery_threads = 4;                 // that bring contacts to mailboxes
  std::chrono::milliseconds lease{10'000};  // how long a reader of a mailbox goes on when it cannot reach Redis
};

void BindConfig(config::Binder& binder, TenantConfig& config);
void BindConfig(config::Binder& binder, ContactConfig& config);

}  // namespace crosspoint::contact
