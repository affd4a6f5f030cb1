#pragma once

#include <string>
#include <vector>

namespace crosspoint::gateway {

struct PublicService {
  std::string full_name;
  std::string backend;  // as in the configuration, "meeting-sync"; empty: each has it, the caller's header says which
};

// Every service with methods for others than services. Naming them here also links their descriptors, so that
// reflection tells them all.
const std::vector<PublicService>& PublicServices();

}  // namespace crosspoint::gateway
