#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crosspoint::exchange_sim {

// Checks SOAP messages against the official EWS schema, which is not part of this project: `dir` holds ews-all.xsd,
// messages.xsd and types.xsd. Thread-safe.
class SchemaChecker {
 public:
  // Read once for each folder and process, since that takes a third of a second; shared by all who ask.
  static absl::StatusOr<std::shared_ptr<const SchemaChecker>> Load(const std::string& dir);
  ~SchemaChecker();

  // kInvalidArgument with the first violation and its line. `Notification` in the messages namespace, as real servers
  // send it against their schema, is let pass.
  absl::Status Check(std::string_view message) const;

 private:
  SchemaChecker();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint::exchange_sim
