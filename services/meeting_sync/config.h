#pragma once

#include <chrono>
#include <map>
#include <string>

#include "common/grpcx/channel.h"
#include "common/redis/redis_config.h"
#include "connectors/ews/autodiscover/settings.h"
#include "connectors/ews/feed/feed_hub.h"
#include "connectors/ews/settings.h"
#include "meeting_sync/adapters/bridge_settings.h"
#include "meeting_sync/app/guess_limits.h"
#include "meeting_sync/app/mailbox_reader.h"
#include "meeting_sync/app/user_book.h"

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::meeting_sync {

// How the mailboxes of one tenant are reached.
struct TenantConfig {
  Binding default_binding = Binding::kEws;             // of users whose own is not set
  OutlookUse default_outlook_use = OutlookUse::kAuto;  // likewise
  bool auto_outlook = true;                            // what AUTO comes to
  BridgeSettings bridge;                               // where its conferences are
  ews::EwsSettings ews{.max_connections = 512};        // streams, of a group of mailboxes each, and calls alike
  ews::AutodiscoverOptions autodiscover;               // which of its servers has a mailbox
};

struct MeetingSyncConfig {
  RedisConfig redis;
  grpcx::ChannelConfig directory;
  grpcx::ChannelConfig presence;
  std::map<std::string, TenantConfig> tenants;
  ReaderTiming timing;
  ews::FeedOptions feed;
  int workers = 4;                          // threads that read mailboxes
  GuessLimits guesses;                      // of codes, by those without an account
  int watch_threads = 4;                    // that read the lists of those who watch them
  int delivery_threads = 16;                // that hand claims to presence; each mostly waits for the disk
  std::chrono::milliseconds lease{15'000};  // how long a reader goes on when it cannot reach Redis
  std::chrono::milliseconds replica_lease{
      3'000};                             // a replica silent for longer has no share, and its mailboxes are taken over
  std::chrono::milliseconds beat{1'000};  // between two signs of life
};

void BindConfig(config::Binder& binder, TenantConfig& config);
void BindConfig(config::Binder& binder, MeetingSyncConfig& config);

}  // namespace crosspoint::meeting_sync
