#pragma once

#include <string>
#include <string_view>

namespace crosspoint::meeting_sync {

// The UID that a calendar's own form of it stands for, so that copies of one event in different calendars are known as
// one. Exchange keeps the UID of a file of others inside an id of its own: hexadecimal, beginning 040000008200E000…,
// the UID behind the mark "vCal-Uid". Anything else is returned as it is. Source: MS-OXOCAL, PidLidGlobalObjectId.
std::string PlainUid(std::string_view uid);

}  // namespace crosspoint::meeting_sync
