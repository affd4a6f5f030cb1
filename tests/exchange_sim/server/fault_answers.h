#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/httpd/http_server.h"
#include "exchange_sim/server/faults.h"

namespace crosspoint::exchange_sim {

// Makes the whole answer out of `fault`; false when it is of a kind that lets the server answer first, or http_401,
// which is a matter of who may log in.
bool AnswerInstead(const InjectedFault& fault, std::string_view operation, HttpResponse& response);

// Damages an answer, or the way it is sent; other kinds than those leave it alone.
void Spoil(const InjectedFault& fault, HttpResponse& response);

// item_error: takes items out of a batch before the operation sees them, and puts errors into the answer in their
// place.
class BatchFault {
 public:
  // Changes `operation`. Without a list of items there is nothing to take.
  BatchFault(const InjectedFault& fault, pugi::xml_node operation);
  // Nothing is left for the operation to do.
  bool took_everything() const { return taken_.size() == total_; }
  // The body of the answer, errors put in. An empty `answer` means that the operation did not run.
  std::string Merge(std::string_view answer, std::string_view operation) const;

 private:
  InjectedFault fault_;
  size_t total_ = 0;
  std::vector<size_t> taken_;  // indexes, ascending
};

}  // namespace crosspoint::exchange_sim
