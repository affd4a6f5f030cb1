#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/redis/reply.h"
#include "voicemail/app/delivery.h"
#include "voicemail/domain/mailbox_copy.h"
#include "voicemail/domain/voicemail.h"

namespace crosspoint::voicemail {

inline constexpr char kCopyType[] = "voicemail.copy";
inline constexpr char kNotifyType[] = "voicemail.notify";

// Field names and values of a new message, delivery and what the scripts add left out.
std::vector<std::string> MessageFields(const Voicemail& message);
// From HGETALL. nullopt when it is no message of ours.
std::optional<Voicemail> ReadMessage(const std::string& id, const RedisReply& fields);
std::optional<CopyRecord> ReadCopy(const std::string& id, const RedisReply& fields);

std::string PlaceText(CopyPlace place);
std::string DeliveryText(DeliveryType type);
DeliveryType DeliveryFrom(std::string_view text);
std::string ChangeText(MessageChange change);

std::string EncodeAudio(const Audio& audio);
std::optional<Audio> DecodeAudio(std::string_view record);

std::string EncodeOrder(const UserId& user, const VoicemailId& id);
std::optional<DeliveryOrder> DecodeOrder(std::string_view type, std::string_view payload);

std::string Micros(TimePoint time);
int64_t NumberFrom(std::string_view text);

}  // namespace crosspoint::voicemail
