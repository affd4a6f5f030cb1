#include "exchange_sim/ids.h"

#include <initializer_list>

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kWord = 8;
constexpr std::string_view kItemHead{"\x00\x03\x24", 3};
constexpr std::string_view kChangeKeyHead{"\x0f\x00\x00\x00\x16\x00\x00\x00", 8};
constexpr std::string_view kSyncHead{"\x1f\x8b\x08\x00", 4};
constexpr std::string_view kHierarchyHead{"\x1f\x8b\x08\x01", 4};
constexpr std::string_view kWatermarkHead{"\x00\x00\x01", 3};

void PutWord(std::string& out, uint64_t value) {
  for (size_t i = 0; i < kWord; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

uint64_t WordAt(std::string_view bytes, size_t index) {
  uint64_t value = 0;
  for (size_t i = 0; i < kWord; ++i) value |= uint64_t{static_cast<uint8_t>(bytes[index * kWord + i])} << (8 * i);
  return value;
}

// Head, words, and a check word that makes cut or mangled ids stand out.
std::string Seal(std::string_view head, std::initializer_list<uint64_t> words) {
  std::string bytes(head);
  for (const uint64_t word : words) PutWord(bytes, word);
  PutWord(bytes, Hash(bytes));
  return Base64(bytes);
}

// The words without head and check word; nullopt unless `text` was made by Seal with as many words.
std::optional<std::string> Unseal(std::string_view head, size_t words, std::string_view text) {
  const auto bytes = FromBase64(text);
  if (!bytes || bytes->size() != head.size() + (words + 1) * kWord || !bytes->starts_with(head)) return std::nullopt;
  const std::string_view sealed = std::string_view(*bytes).substr(0, bytes->size() - kWord);
  const std::string_view rest = std::string_view(*bytes).substr(head.size());
  if (WordAt(rest, words) != Hash(sealed)) return std::nullopt;
  return std::string(rest.substr(0, words * kWord));
}

std::string SealState(std::string_view head, const SyncState& s) {
  return Seal(head, {s.epoch, s.mailbox, s.folder, s.base, s.done});
}

std::optional<SyncState> UnsealState(std::string_view head, std::string_view text) {
  const auto words = Unseal(head, 5, text);
  if (!words) return std::nullopt;
  return SyncState{WordAt(*words, 0), WordAt(*words, 1), WordAt(*words, 2), WordAt(*words, 3), WordAt(*words, 4)};
}

}  // namespace

std::string FormatId(const EntityId& id) {
  // One word serves both: no attachment has an occurrence.
  const uint64_t detail =
      id.kind == EntityId::Kind::kAttachment ? id.attachment : static_cast<uint64_t>(id.original_start);
  return Seal(kItemHead, {id.mailbox, Hash("store", id.mailbox), static_cast<uint64_t>(id.kind), id.number, detail});
}

std::optional<EntityId> ParseId(std::string_view text) {
  const auto words = Unseal(kItemHead, 5, text);
  if (!words) return std::nullopt;
  EntityId id{WordAt(*words, 0), static_cast<EntityId::Kind>(WordAt(*words, 2)), WordAt(*words, 3), 0, 0};
  if (id.kind == EntityId::Kind::kAttachment) {
    id.attachment = WordAt(*words, 4);
  } else {
    id.original_start = static_cast<Seconds>(WordAt(*words, 4));
  }
  return id;
}

std::string FormatChangeKey(uint64_t mailbox, uint32_t version) { return Seal(kChangeKeyHead, {mailbox, version}); }

std::optional<uint32_t> ParseChangeKey(std::string_view text) {
  const auto words = Unseal(kChangeKeyHead, 2, text);
  if (!words) return std::nullopt;
  return static_cast<uint32_t>(WordAt(*words, 1));
}

std::string FormatSyncState(const SyncState& state) { return SealState(kSyncHead, state); }
std::optional<SyncState> ParseSyncState(std::string_view text) { return UnsealState(kSyncHead, text); }

std::string FormatHierarchyState(const SyncState& state) { return SealState(kHierarchyHead, state); }
std::optional<SyncState> ParseHierarchyState(std::string_view text) { return UnsealState(kHierarchyHead, text); }

std::string FormatWatermark(std::string_view subscription, uint64_t events) {
  return Seal(kWatermarkHead, {Hash(subscription), events});
}

std::optional<uint64_t> ParseWatermark(std::string_view subscription, std::string_view text) {
  const auto words = Unseal(kWatermarkHead, 2, text);
  if (!words || WordAt(*words, 0) != Hash(subscription)) return std::nullopt;
  return WordAt(*words, 1);
}

}  // namespace crosspoint::exchange_sim
