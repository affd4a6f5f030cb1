#pragma once

#include "connectors/ews/availability_types.h"
#include "connectors/ews/codec/names.h"

// How EWS spells what belongs to availability and out-of-office messages.
namespace crosspoint::ews {

inline constexpr std::array<NameEntry<AvailabilityView>, 6> kAvailabilityViewNames{
    {{AvailabilityView::kNone, "None"},
     {AvailabilityView::kMergedOnly, "MergedOnly"},
     {AvailabilityView::kFreeBusy, "FreeBusy"},
     {AvailabilityView::kFreeBusyMerged, "FreeBusyMerged"},
     {AvailabilityView::kDetailed, "Detailed"},
     {AvailabilityView::kDetailedMerged, "DetailedMerged"}}};
inline constexpr std::array<NameEntry<OofState>, 3> kOofStateNames{
    {{OofState::kDisabled, "Disabled"}, {OofState::kEnabled, "Enabled"}, {OofState::kScheduled, "Scheduled"}}};
inline constexpr std::array<NameEntry<ExternalAudience>, 3> kExternalAudienceNames{
    {{ExternalAudience::kNone, "None"}, {ExternalAudience::kKnown, "Known"}, {ExternalAudience::kAll, "All"}}};

}  // namespace crosspoint::ews
