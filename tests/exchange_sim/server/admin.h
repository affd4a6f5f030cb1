#pragma once

#include "common/httpd/http_server.h"
#include "exchange_sim/server/faults.h"
#include "exchange_sim/server/stats.h"
#include "exchange_sim/server/streaming.h"
#include "exchange_sim/store.h"

namespace crosspoint::exchange_sim {

// The side channel under /sim/ that README.md describes. It asks for no credentials.
void AddAdminRoutes(HttpServer& server, Store& store, Stats& stats, Faults& faults, Streams& streams);

}  // namespace crosspoint::exchange_sim
