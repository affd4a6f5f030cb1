#include "gateway/api/program_gate.h"

#include <map>
#include <utility>

#include "gateway/api/convert.h"
#include "gateway/app/refusals.h"

namespace crosspoint::gateway {

std::optional<Ability> AbilityFor(std::string_view service, std::string_view method) {
  static const std::map<std::pair<std::string_view, std::string_view>, Ability> kNeeds = {
      {{"crosspoint.meeting_sync.v1.MeetingService", "AttachConference"}, Ability::kRibbon},
      {{"crosspoint.contact.v1.ContactService", "UploadContacts"}, Ability::kUploadContacts},
      {{"crosspoint.contact.v1.ContactService", "BatchModifyContacts"}, Ability::kUploadContacts},
      {{"crosspoint.presence.v1.PresenceService", "ReportLineState"}, Ability::kReportLines},
      {{"crosspoint.voicemail.v1.VoicemailService", "DepositMessage"}, Ability::kReportLines},
      {{"crosspoint.voicemail.v1.VoicemailService", "StreamAudio"}, Ability::kUserFunctions},
      {{"crosspoint.voicemail.v1.VoicemailService", "PlayMessage"}, Ability::kUserFunctions},
      {{"crosspoint.voicemail.v1.VoicemailService", "CallBack"}, Ability::kUserFunctions},
      {{"crosspoint.directory.v1.DirectoryService", "SearchPeople"}, Ability::kUserFunctions},
  };
  const auto it = kNeeds.find({service, method});
  return it == kNeeds.end() ? std::nullopt : std::make_optional(it->second);
}

void ProgramGate::Check(const grpcx::Call& call, const std::string& session, std::function<void(absl::Status)> then) {
  const auto ability = AbilityFor(call.service, call.method);
  if (!ability) return then(absl::OkStatus());
  const auto owner = OwnerOf(call);
  if (!owner.ok()) return then(owner.status());
  const auto judge = [ability = *ability](const std::optional<SessionRecord>& record) {
    if (!record) return UnknownSession(grpcx::kSessionHeader);
    return Allows(record->program, ability) ? absl::OkStatus() : NotForProgram(record->program, ability);
  };
  if (const auto live = hub_.Find(*owner, session)) return then(judge(live->record()));
  tasks_.Post([this, owner = *owner, session, judge, deadline = call.steady_deadline, then = std::move(then)] {
    const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    const auto record = sessions_.Find(owner, session, std::min(deadline, latest));
    then(record.ok() ? judge(*record) : record.status());
  });
}

}  // namespace crosspoint::gateway
