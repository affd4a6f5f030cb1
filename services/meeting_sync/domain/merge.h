#pragma once

#include <array>
#include <string>
#include <vector>

#include "meeting_sync/domain/meeting_fields.h"

namespace crosspoint::meeting_sync {

// The last version that both sides had, field by field as text; what is long is kept as its digest, so that all
// together stay below 2 kB.
struct BaseVersion {
  std::array<std::string, kAllFields.size()> texts;

  static BaseVersion Of(const MeetingFields& fields);
  const std::string& Get(Field field) const { return texts[static_cast<size_t>(field)]; }
  std::string& Get(Field field) { return texts[static_cast<size_t>(field)]; }
  // Whether `fields` have the same value.
  bool Has(const MeetingFields& fields, Field field) const;
  bool operator==(const BaseVersion&) const = default;
};

// One side of a merge.
struct Side {
  const MeetingFields& fields;
  TimePoint modified;  // decides only where both sides changed the same field
};

struct FieldConflict {
  Field field = Field::kSubject;
  std::string mailbox;
  std::string bridge;
  bool mailbox_won = true;
  const std::string& kept() const { return mailbox_won ? mailbox : bridge; }
  bool operator==(const FieldConflict&) const = default;
};

struct MergeResult {
  MeetingFields fields;           // what both sides shall have
  std::vector<Field> to_mailbox;  // fields that the mailbox has to take
  std::vector<Field> to_bridge;
  std::vector<FieldConflict> conflicts;
};

// Three-way merge, field by field: who changed a field since `base` wins; did both, and differently, the newer side
// does, the mailbox when they are equally new.
MergeResult Merge(const BaseVersion& base, const Side& mailbox, const Side& bridge);

}  // namespace crosspoint::meeting_sync
