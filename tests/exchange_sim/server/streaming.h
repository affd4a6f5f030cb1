#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/httpd/http_server.h"
#include "exchange_sim/call.h"
#include "exchange_sim/schema_check.h"
#include "exchange_sim/server/stats.h"
#include "exchange_sim/sim.h"

namespace crosspoint::exchange_sim {

// The open GetStreamingEvents responses: each is a row of SOAP envelopes, one chunk each, that ends with
// ConnectionStatus Closed. Thread-safe.
class Streams {
 public:
  Streams(Store& store, Stats& stats, const SimOptions& options, const SchemaChecker* checker);

  // Checks the request and sets `response.stream`. The store is locked.
  //   ErrorSchemaValidation        no ids, or a timeout that is not 1 to 30 minutes
  //   ErrorExceededConnectionCount too many streams
  absl::Status Open(Call& call, HttpResponse& response);
  int open() const;  // the store is locked
  // Ends every stream in the middle, as a failing network does. The store is locked.
  void CutAll();

 private:
  void Run(HttpStream& out, const std::vector<std::string>& ids, const Caller& caller, int minutes);
  bool Attach(HttpStream& out, const std::vector<std::string>& ids, const Caller& caller, StreamConnection& connection);
  void Pump(HttpStream& out, const std::vector<std::string>& ids, StreamConnection& connection, int minutes);
  bool Send(HttpStream& out, const std::string& message);

  Store& store_;
  Stats& stats_;
  const SimOptions& options_;
  const SchemaChecker* checker_;                // null: answers are not checked
  std::map<std::string, int> open_by_budget_;   // guarded by store_.mu
  std::vector<StreamConnection*> connections_;  // guarded by store_.mu
};

}  // namespace crosspoint::exchange_sim
