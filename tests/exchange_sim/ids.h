#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exchange_sim/text.h"

namespace crosspoint::exchange_sim {

// Which thing an EWS id names. Ids look like Exchange's: long, opaque, case-sensitive base64.
struct EntityId {
  enum class Kind : char { kFolder = 1, kItem = 2, kOccurrence = 3, kAttachment = 4, kPersona = 5 };

  uint64_t mailbox = 0;
  Kind kind = Kind::kItem;
  uint64_t number = 0;         // of the folder or item in its mailbox
  Seconds original_start = 0;  // of the occurrence
  uint64_t attachment = 0;     // its number in the item
};

std::string FormatId(const EntityId& id);
// nullopt for text that this server never gave out.
std::optional<EntityId> ParseId(std::string_view text);

// Unlike any other, or as the Moment has it in which this thread is; for ids that leave the server.
uint64_t RandomNumber();

std::string FormatChangeKey(uint64_t mailbox, uint32_t version);
std::optional<uint32_t> ParseChangeKey(std::string_view text);

// A sync state: which folder it belongs to and how far it has come.
struct SyncState {
  uint64_t epoch = 0;  // of the server's memory: a restart makes all states invalid
  uint64_t mailbox = 0;
  uint64_t folder = 0;
  uint64_t base = 0;  // change number at which the last complete round ended
  uint64_t done = 0;  // change number up to which this round has been told
};
std::string FormatSyncState(const SyncState& state);
std::optional<SyncState> ParseSyncState(std::string_view text);
// The same of a folder hierarchy; neither reads the other's.
std::string FormatHierarchyState(const SyncState& state);
std::optional<SyncState> ParseHierarchyState(std::string_view text);

// How far a pull subscription has been read: so many events.
std::string FormatWatermark(std::string_view subscription, uint64_t events);
// nullopt unless it is one of `subscription`.
std::optional<uint64_t> ParseWatermark(std::string_view subscription, std::string_view text);

}  // namespace crosspoint::exchange_sim
