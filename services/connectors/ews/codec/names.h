#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "connectors/ews/types.h"

// How EWS spells our enumerations; one table each, for both directions.
namespace crosspoint::ews {

template <class E>
using NameEntry = std::pair<E, std::string_view>;

inline constexpr std::array<NameEntry<FreeBusy>, 6> kFreeBusyNames{{{FreeBusy::kFree, "Free"},
                                                                    {FreeBusy::kTentative, "Tentative"},
                                                                    {FreeBusy::kBusy, "Busy"},
                                                                    {FreeBusy::kOutOfOffice, "OOF"},
                                                                    {FreeBusy::kWorkingElsewhere, "WorkingElsewhere"},
                                                                    {FreeBusy::kNoData, "NoData"}}};
inline constexpr std::array<NameEntry<ResponseType>, 6> kResponseNames{
    {{ResponseType::kUnknown, "Unknown"},
     {ResponseType::kOrganizer, "Organizer"},
     {ResponseType::kTentative, "Tentative"},
     {ResponseType::kAccept, "Accept"},
     {ResponseType::kDecline, "Decline"},
     {ResponseType::kNoResponse, "NoResponseReceived"}}};
inline constexpr std::array<NameEntry<ItemType>, 4> kItemTypeNames{{{ItemType::kSingle, "Single"},
                                                                    {ItemType::kOccurrence, "Occurrence"},
                                                                    {ItemType::kException, "Exception"},
                                                                    {ItemType::kRecurringMaster, "RecurringMaster"}}};
inline constexpr std::array<NameEntry<Sensitivity>, 4> kSensitivityNames{
    {{Sensitivity::kNormal, "Normal"},
     {Sensitivity::kPersonal, "Personal"},
     {Sensitivity::kPrivate, "Private"},
     {Sensitivity::kConfidential, "Confidential"}}};
inline constexpr std::array<NameEntry<BodyType>, 2> kBodyTypeNames{
    {{BodyType::kText, "Text"}, {BodyType::kHtml, "HTML"}}};
inline constexpr std::array<NameEntry<Recurrence::Pattern>, 6> kPatternNames{
    {{Recurrence::Pattern::kDaily, "DailyRecurrence"},
     {Recurrence::Pattern::kWeekly, "WeeklyRecurrence"},
     {Recurrence::Pattern::kAbsoluteMonthly, "AbsoluteMonthlyRecurrence"},
     {Recurrence::Pattern::kRelativeMonthly, "RelativeMonthlyRecurrence"},
     {Recurrence::Pattern::kAbsoluteYearly, "AbsoluteYearlyRecurrence"},
     {Recurrence::Pattern::kRelativeYearly, "RelativeYearlyRecurrence"}}};
inline constexpr std::array<NameEntry<Invitations>, 5> kInvitationNames{
    {{Invitations::kNone, "SendToNone"},
     {Invitations::kOnly, "SendOnlyToAll"},
     {Invitations::kAndSaveCopy, "SendToAllAndSaveCopy"},
     {Invitations::kOnlyToChanged, "SendOnlyToChanged"},
     {Invitations::kToChangedAndSaveCopy, "SendToChangedAndSaveCopy"}}};
inline constexpr std::array<NameEntry<DeleteType>, 3> kDeleteNames{
    {{DeleteType::kMoveToDeletedItems, "MoveToDeletedItems"},
     {DeleteType::kSoftDelete, "SoftDelete"},
     {DeleteType::kHardDelete, "HardDelete"}}};
inline constexpr std::array<NameEntry<PropertyType>, 6> kPropertyTypeNames{
    {{PropertyType::kString, "String"},
     {PropertyType::kInteger, "Integer"},
     {PropertyType::kBoolean, "Boolean"},
     {PropertyType::kSystemTime, "SystemTime"},
     {PropertyType::kBinary, "Binary"},
     {PropertyType::kStringArray, "StringArray"}}};
inline constexpr std::array<NameEntry<SearchScope>, 4> kScopeNames{
    {{SearchScope::kActiveDirectory, "ActiveDirectory"},
     {SearchScope::kActiveDirectoryContacts, "ActiveDirectoryContacts"},
     {SearchScope::kContacts, "Contacts"},
     {SearchScope::kContactsActiveDirectory, "ContactsActiveDirectory"}}};

template <class Table, class E>
constexpr std::string_view NameOf(const Table& table, E value) {
  for (const auto& [entry, name] : table) {
    if (entry == value) return name;
  }
  return {};
}

template <class E, size_t N>
constexpr std::optional<E> FromName(const std::array<NameEntry<E>, N>& table, std::string_view name) {
  for (const auto& [entry, entry_name] : table) {
    if (entry_name == name) return entry;
  }
  return std::nullopt;
}

}  // namespace crosspoint::ews
