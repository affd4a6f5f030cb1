#include "directory/adapters/zmq_change_announcer.h"

namespace crosspoint::directory {

void ZmqChangeAnnouncer::Announce(const TenantId& tenant) {
  publisher_.Publish({.epoch = "hint", .shard = ShardOf(tenant.value), .revision = 1, .key = tenant.value});
}

}  // namespace crosspoint::directory
