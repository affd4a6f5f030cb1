#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "tests/support/stack/stack.h"

namespace crosspoint::e2e {

namespace contact = ::crosspoint::contact::v1;
namespace directory = ::crosspoint::directory::v1;
namespace meetings = ::crosspoint::meeting_sync::v1;
namespace presence = ::crosspoint::presence::v1;

// The one running system of all end-to-end tests, started when first asked for. Tests make users of their own and leave
// it running and ready.
testing::Stack& TheStack();

// The directory's, as a client sees it.
std::unique_ptr<directory::DirectoryService::Stub> Directory(int replica = 0);
std::unique_ptr<presence::PresenceService::Stub> Presence(int replica = 0);
std::unique_ptr<meetings::MeetingService::Stub> Meetings(int replica = 0);
std::unique_ptr<contact::ContactService::Stub> Contacts(int replica = 0);

// A user nobody else uses, with a mailbox of its own at Exchange. Fails the test when it cannot be had.
struct Person {
  std::string name;  // tenants/default/users/…
  std::string email;
  std::string display_name;
  std::string extension;
};
Person NewPerson();
// The same without making it a user of ours: only Exchange knows the mailbox.
Person NewMailbox(const std::string& display_name, const std::vector<std::string>& aliases = {});
// Makes it a user of ours under another address of the same person when `email` says so.
Person MakeUser(Person person, const std::string& email = "");

// The absl form of what a call answered, with its ErrorInfo.
absl::Status Outcome(const grpc::Status& status);

// Repeats a call that found its service just killed: the first one may still go to the dead connection. `call` takes
// the context of `user`, which waits for the connection.
template <class Call>
absl::Status OutcomeAfterRestart(const std::string& user, const Call& call) {
  absl::Status status;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto context = TheStack().AsUser(user);
    context->set_wait_for_ready(true);
    status = Outcome(call(context.get()));
    if (!absl::IsUnavailable(status)) break;
  }
  return status;
}

// What GetPresence says of the user's availability on a replica; the error's text when it says nothing.
std::string StateOf(const std::string& user, int replica = 0);

// A whole second a little in the future: Exchange keeps no fractions.
TimePoint NextSecondAfter(std::chrono::milliseconds from_now);

// One operation's count in the simulator's statistics.
int ExchangeCalls(const std::string& operation);

}  // namespace crosspoint::e2e
