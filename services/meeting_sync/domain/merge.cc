#include "meeting_sync/domain/merge.h"

#include "common/ids/digest.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr size_t kLongestBaseText = 200;

std::string Compact(std::string text) {
  return text.size() <= kLongestBaseText ? std::move(text) : "sha256:" + Sha256Hex(text);
}

}  // namespace

BaseVersion BaseVersion::Of(const MeetingFields& fields) {
  BaseVersion base;
  for (const auto field : kAllFields) base.Get(field) = Compact(TextOf(fields, field));
  return base;
}

bool BaseVersion::Has(const MeetingFields& fields, Field field) const {
  return Get(field) == Compact(TextOf(fields, field));
}

MergeResult Merge(const BaseVersion& base, const Side& mailbox, const Side& bridge) {
  MergeResult result{.fields = bridge.fields, .to_mailbox = {}, .to_bridge = {}, .conflicts = {}};
  for (const auto field : kAllFields) {
    auto theirs = TextOf(mailbox.fields, field);
    auto ours = TextOf(bridge.fields, field);
    if (theirs == ours) continue;
    const bool mailbox_changed = !base.Has(mailbox.fields, field);
    const bool bridge_changed = !base.Has(bridge.fields, field);
    bool mailbox_wins = mailbox_changed;
    if (mailbox_changed && bridge_changed) {
      mailbox_wins = mailbox.modified >= bridge.modified;
      result.conflicts.push_back({field, std::move(theirs), std::move(ours), mailbox_wins});
    }
    if (mailbox_wins) {
      CopyField(mailbox.fields, field, result.fields);
      result.to_bridge.push_back(field);
    } else {
      result.to_mailbox.push_back(field);
    }
  }
  return result;
}

}  // namespace crosspoint::meeting_sync
