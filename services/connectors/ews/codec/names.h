#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "connectors/ews/contact_types.h"
#include "connectors/ews/mail_types.h"
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
inline constexpr std::array<NameEntry<MeetingAnswer>, 3> kMeetingAnswerNames{
    {{MeetingAnswer::kAccept, "AcceptItem"},
     {MeetingAnswer::kTentative, "TentativelyAcceptItem"},
     {MeetingAnswer::kDecline, "DeclineItem"}}};
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

// Contacts.
inline constexpr std::array<NameEntry<PostalAddress::Kind>, 3> kAddressNames{
    {{PostalAddress::Kind::kHome, "Home"},
     {PostalAddress::Kind::kBusiness, "Business"},
     {PostalAddress::Kind::kOther, "Other"}}};
inline constexpr std::array<std::string_view, 5> kAddressPartUris{
    "contacts:PhysicalAddress:Street", "contacts:PhysicalAddress:City", "contacts:PhysicalAddress:State",
    "contacts:PhysicalAddress:CountryOrRegion", "contacts:PhysicalAddress:PostalCode"};
inline constexpr std::array<std::string_view, kContactEmails> kEmailKeys{"EmailAddress1", "EmailAddress2",
                                                                         "EmailAddress3"};
inline constexpr std::array<std::string_view, kContactImAddresses> kImKeys{"ImAddress1", "ImAddress2", "ImAddress3"};
inline constexpr std::array<std::string_view, 23> kPhoneKinds{"AssistantPhone",
                                                              "BusinessFax",
                                                              "BusinessPhone",
                                                              "BusinessPhone2",
                                                              "Callback",
                                                              "CarPhone",
                                                              "CompanyMainPhone",
                                                              "HomeFax",
                                                              "HomePhone",
                                                              "HomePhone2",
                                                              "Isdn",
                                                              "MobilePhone",
                                                              "OtherFax",
                                                              "OtherTelephone",
                                                              "Pager",
                                                              "PrimaryPhone",
                                                              "RadioPhone",
                                                              "Telex",
                                                              "TtyTddPhone",
                                                              "BusinessMobile",
                                                              "IPPhone",
                                                              "Mms",
                                                              "Msn"};
// Those that every server knows.
inline constexpr std::span<const std::string_view> kAskedPhoneKinds = std::span(kPhoneKinds).first<19>();

// Messages.
inline constexpr std::array<NameEntry<Importance>, 3> kImportanceNames{
    {{Importance::kLow, "Low"}, {Importance::kNormal, "Normal"}, {Importance::kHigh, "High"}}};
inline constexpr std::array<NameEntry<Disposition>, 3> kDispositionNames{
    {{Disposition::kSaveOnly, "SaveOnly"},
     {Disposition::kSendOnly, "SendOnly"},
     {Disposition::kSendAndSaveCopy, "SendAndSaveCopy"}}};
inline constexpr std::array<NameEntry<AttachmentInfo::Kind>, 3> kAttachmentNames{
    {{AttachmentInfo::Kind::kFile, "FileAttachment"},
     {AttachmentInfo::Kind::kItem, "ItemAttachment"},
     {AttachmentInfo::Kind::kReference, "ReferenceAttachment"}}};
inline constexpr std::array<NameEntry<MeetingFacts::Kind>, 4> kMeetingMessageNames{
    {{MeetingFacts::Kind::kRequest, "MeetingRequest"},
     {MeetingFacts::Kind::kResponse, "MeetingResponse"},
     {MeetingFacts::Kind::kCancellation, "MeetingCancellation"},
     {MeetingFacts::Kind::kOther, "MeetingMessage"}}};

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
