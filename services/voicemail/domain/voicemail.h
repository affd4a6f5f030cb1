#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/time_point.h"
#include "common/ids/ids.h"

namespace crosspoint::voicemail {

// Deleted messages can be brought back for so long; then they are gone with their audio.
inline constexpr std::chrono::hours kRetention{24 * 30};

enum class MessageState { kNew, kHeard };
enum class DeliveryType { kNone, kSynced, kNotify };

struct VoicemailId {
  std::string value;
  auto operator<=>(const VoicemailId&) const = default;
};

struct VoicemailName {
  UserId user;
  VoicemailId id;
  std::string Name() const { return user.Name() + "/voicemails/" + id.value; }
  // kInvalidArgument names `field`.
  static absl::StatusOr<VoicemailName> Parse(std::string_view name, std::string_view field = "name");
};

// What is known of who left a message.
struct Caller {
  std::string number;          // E.164 or an extension; empty when withheld
  std::string name;            // what people read; may be empty
  std::optional<UserId> user;  // when it is somebody of the tenant
};

// The audio as it is kept.
struct Audio {
  std::string sha256;  // lower-case hex
  int64_t bytes = 0;
  std::chrono::milliseconds length{0};
};

struct Voicemail {
  VoicemailId id;
  TimePoint receive_time;
  Caller caller;
  MessageState state = MessageState::kNew;
  Audio audio;
  std::optional<TimePoint> delete_time;
  std::optional<UserId> forwarded_by;
  DeliveryType delivery = DeliveryType::kNone;
  uint64_t revision = 0;  // of the mailbox, when people last saw it change

  std::string etag() const { return std::to_string(revision); }
  // Whether it is past bringing back.
  bool ExpiredAt(TimePoint now) const { return delete_time && *delete_time + kRetention <= now; }
};

struct MailboxSummary {
  int new_messages = 0;
  int heard_messages = 0;
  bool lamp() const { return new_messages > 0; }
  bool operator==(const MailboxSummary&) const = default;
};

struct DeliverySettings {
  DeliveryType type = DeliveryType::kNone;
  std::string notify_address;  // kNotify
  bool attach_audio = false;
  uint64_t revision = 0;  // 0: never set
};

struct Greeting {
  std::string state;  // a state of the tenant's availability table, or "default"
  Audio audio;
};

// A number as it came from the telephone system: "+493012345", "(030) 123 45" with a region, an extension "201".
// Spaces and punctuation go. Empty stays empty: withheld.
//   kInvalidArgument  names `field`: neither a number nor an extension
absl::StatusOr<std::string> ReadCallerNumber(std::string_view typed, std::string_view region, std::string_view field);

}  // namespace crosspoint::voicemail
