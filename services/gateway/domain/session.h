#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "common/clock/time_point.h"
#include "common/ids/ids.h"
#include "gateway/domain/program.h"

namespace crosspoint::gateway {

// One running client program, from its hello until it closes or is not heard of for the lease.
struct SessionRecord {
  std::string id;
  UserId owner;  // a PBX that is no user has a value no user can have, see OwnerOf
  ProgramKind program = ProgramKind::kDesktopWindows;
  std::string device;
  std::string version;
  std::vector<Channel> channels;
  TimePoint connected;
  TimePoint expires;        // when the lease ends unless the program is heard of
  std::string replica;      // of the gateway that holds its stream, or held it last
  uint64_t attachment = 1;  // counts its streams; an older one may not renew the lease

  bool Has(Channel channel) const { return std::find(channels.begin(), channels.end(), channel) != channels.end(); }
};

}  // namespace crosspoint::gateway
