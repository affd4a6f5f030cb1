#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/zmq/frame.h"

namespace crosspoint {

// One ZeroMQ message: `channel`, '/', 'f' or 'h', then a BusFrame or BusHeartbeat of crosspoint.common.v1. One part
// rather than two, because CURVE seals each part on its own.

// What a reader of `channel` subscribes to.
std::string ChannelPrefix(std::string_view channel);

std::string EncodeFrame(std::string_view channel, const BusFrame& frame);
std::string EncodeHeartbeat(std::string_view channel, std::string_view replica, const ShardRevisions& revisions);

// nullopt for what is no message of `channel`: unknown kind, broken protobuf, shard out of range, wrong number of
// revisions.
std::optional<std::variant<BusFrame, ShardRevisions>> DecodeMessage(std::string_view channel, std::string_view message);

}  // namespace crosspoint
