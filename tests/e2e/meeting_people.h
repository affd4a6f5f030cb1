#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/running_system.h"

// What tests about meetings do as users, as Outlook, and as operators.
namespace crosspoint::e2e {

// A user of one of the four modes, known to meeting-sync; with a mailbox in the first two.
Person NewPersonOfMode(int mode);

// A form of half an hour, tomorrow.
meetings::Meeting Form(const std::string& subject);

absl::StatusOr<meetings::Invite> Prepare(const Person& person, const meetings::Meeting& form);
absl::StatusOr<meetings::Meeting> Create(const Person& person, const meetings::Meeting& form);
absl::StatusOr<meetings::Meeting> Get(const Person& person, const std::string& name);
absl::StatusOr<std::vector<meetings::Meeting>> ListAll(const Person& person);
// Of those subjects, in any order, within the time.
bool AwaitList(const Person& person, const std::vector<std::string>& subjects,
               std::chrono::milliseconds limit = std::chrono::seconds(10));
absl::StatusOr<meetings::Meeting> Update(const Person& person, const meetings::Meeting& meeting,
                                         const std::vector<std::string>& paths);
absl::StatusOr<meetings::Meeting> Cancel(const Person& person, const std::string& name);
std::vector<std::string> Explain(const Person& person, const std::string& name);

// Outlook: saves or sends the invitation as it was launched.
enum class Outlook { kSaves, kSends };
ews::ItemId InOutlook(const Person& person, const meetings::Invite& invite, Outlook does);
// The item now; nullopt when it is gone from the mailbox.
std::optional<ews::CalendarItem> ItemAt(const Person& person, const ews::ItemId& id);
// Changes the item whatever its version is.
void ChangeItem(const Person& person, const ews::ItemId& id, const ews::CalendarUpdate& update);
void DeleteItem(const Person& person, const ews::ItemId& id);

// A prepared and sent meeting that both sides know.
struct SentMeeting {
  meetings::Invite invite;
  ews::ItemId item;
};
SentMeeting Sent(const Person& person, const meetings::Meeting& form);

}  // namespace crosspoint::e2e
