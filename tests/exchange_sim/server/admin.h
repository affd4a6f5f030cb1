#pragma once

#include "common/httpd/http_server.h"
#include "exchange_sim/access/access.h"
#include "exchange_sim/server/faults.h"
#include "exchange_sim/server/journal.h"
#include "exchange_sim/server/quirks.h"
#include "exchange_sim/server/stats.h"
#include "exchange_sim/server/streaming.h"
#include "exchange_sim/server/throttle.h"
#include "exchange_sim/store.h"

namespace crosspoint::exchange_sim {

struct AdminParts {
  Store& store;
  Access& access;
  Stats& stats;
  Faults& faults;
  Throttle& throttle;
  Quirks& quirks;
  Streams& streams;
  HttpServer& server;
  Journal* journal = nullptr;  // null: nothing is kept
};

// The side channel under /sim/ that README.md describes. It asks for no credentials.
void AddAdminRoutes(HttpServer& server, const AdminParts& parts);

// Does a command of the journal again.
//   kInvalidArgument  not one that the journal keeps
absl::Status RunCommand(const AdminParts& parts, const std::string& path, const std::string& body);

}  // namespace crosspoint::exchange_sim
