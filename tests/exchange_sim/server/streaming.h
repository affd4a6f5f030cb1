#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/httpd/http_server.h"
#include "exchange_sim/call.h"
#include "exchange_sim/schema_check.h"
#include "exchange_sim/server/faults.h"
#include "exchange_sim/server/quirks.h"
#include "exchange_sim/server/stats.h"
#include "exchange_sim/sim.h"

namespace crosspoint::exchange_sim {

// The open GetStreamingEvents responses: each is a row of SOAP envelopes, one chunk each, that ends with
// ConnectionStatus Closed. Thread-safe.
class Streams {
 public:
  struct Parts {
    Store& store;
    Stats& stats;
    Faults& faults;
    const Quirks& quirks;
    const SimOptions& options;
    const SchemaChecker* checker;  // null: answers are not checked
  };
  explicit Streams(const Parts& parts) : parts_(parts), store_(parts.store) {}

  // Checks the request and sets `response.stream`. The store is locked.
  //   ErrorSchemaValidation        no ids, or a timeout that is not 1 to 30 minutes
  //   ErrorExceededConnectionCount too many streams
  absl::Status Open(Call& call, HttpResponse& response);
  int open() const { return static_cast<int>(connections_.size()); }  // the store is locked
  // Breaks every stream in the middle, as a failing network does. The store is locked.
  void CutAll();

 private:
  struct Reader;
  struct News;
  void Run(HttpStream& out, Reader& reader);
  bool Attach(Reader& reader);
  void Detach(Reader& reader);
  void Pump(Reader& reader);
  bool Tell(Reader& reader, News news);
  bool Damage(Reader& reader, const InjectedFault& fault, const std::string& envelope);
  bool Send(Reader& reader, const std::string& message);
  News TakeNews(StreamConnection& connection);

  const Parts parts_;
  Store& store_;
  std::map<std::string, int> open_by_budget_;   // guarded by store_.mu
  std::vector<StreamConnection*> connections_;  // guarded by store_.mu
};

}  // namespace crosspoint::exchange_sim
