#pragma once

#include "connectors/ews/codec/names.h"
#include "connectors/ews/folder_types.h"
#include "connectors/ews/search_types.h"

// How EWS spells restrictions, kinds of folders and formats of ids.
namespace crosspoint::ews {

inline constexpr std::array<NameEntry<Restriction::Kind>, 11> kRestrictionNames{
    {{Restriction::Kind::kIsEqualTo, "IsEqualTo"},
     {Restriction::Kind::kIsNotEqualTo, "IsNotEqualTo"},
     {Restriction::Kind::kIsLessThan, "IsLessThan"},
     {Restriction::Kind::kIsLessThanOrEqualTo, "IsLessThanOrEqualTo"},
     {Restriction::Kind::kIsGreaterThan, "IsGreaterThan"},
     {Restriction::Kind::kIsGreaterThanOrEqualTo, "IsGreaterThanOrEqualTo"},
     {Restriction::Kind::kContains, "Contains"},
     {Restriction::Kind::kExists, "Exists"},
     {Restriction::Kind::kAnd, "And"},
     {Restriction::Kind::kOr, "Or"},
     {Restriction::Kind::kNot, "Not"}}};
inline constexpr std::array<NameEntry<ContainmentMode>, 5> kContainmentModeNames{
    {{ContainmentMode::kFullString, "FullString"},
     {ContainmentMode::kPrefixed, "Prefixed"},
     {ContainmentMode::kSubstring, "Substring"},
     {ContainmentMode::kPrefixOnWords, "PrefixOnWords"},
     {ContainmentMode::kExactPhrase, "ExactPhrase"}}};
inline constexpr std::array<NameEntry<ContainmentComparison>, 3> kContainmentComparisonNames{
    {{ContainmentComparison::kExact, "Exact"},
     {ContainmentComparison::kIgnoreCase, "IgnoreCase"},
     {ContainmentComparison::kIgnoreCaseAndAccents, "IgnoreCaseAndNonSpacingCharacters"}}};
inline constexpr std::array<NameEntry<FolderKind>, 4> kFolderKindNames{{{FolderKind::kMail, "Folder"},
                                                                        {FolderKind::kCalendar, "CalendarFolder"},
                                                                        {FolderKind::kContacts, "ContactsFolder"},
                                                                        {FolderKind::kTasks, "TasksFolder"}}};
inline constexpr std::array<NameEntry<IdFormat>, 6> kIdFormatNames{{{IdFormat::kEwsLegacyId, "EwsLegacyId"},
                                                                    {IdFormat::kEwsId, "EwsId"},
                                                                    {IdFormat::kEntryId, "EntryId"},
                                                                    {IdFormat::kHexEntryId, "HexEntryId"},
                                                                    {IdFormat::kStoreId, "StoreId"},
                                                                    {IdFormat::kOwaId, "OwaId"}}};

}  // namespace crosspoint::ews
