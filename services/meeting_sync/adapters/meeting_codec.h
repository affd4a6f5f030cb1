#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// A record of the bridge as it lies in Redis: JSON, without owner, id and revision, which its place tells. The script
// reads `uid` and `item.key` of it.
std::string EncodeMeeting(const BridgeMeeting& meeting);
// nullopt: not a record of ours, or of a newer form.
std::optional<BridgeMeeting> DecodeMeeting(std::string_view record);

std::string EncodeBrake(const BrakedRun& run);
std::optional<BrakedRun> DecodeBrake(std::string_view record);

// A meeting that has to be written to its calendar item, as an outbox entry says it.
inline constexpr char kPushType[] = "meeting_sync.meeting.push";
std::string EncodePush(const UserId& owner, const MeetingId& id);
std::optional<MeetingName> DecodePush(std::string_view payload);

}  // namespace crosspoint::meeting_sync
