#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace crosspoint::ctl {

class Session;

// What the command line asks for; run once all of it has been read.
struct Chosen {
  std::function<absl::Status(Session&)> command;
};

// Each adds one group of commands to `app`. Both must outlive the parsing.
void AddUsers(CLI::App& app, Chosen& chosen);
void AddSearch(CLI::App& app, Chosen& chosen);
void AddPresence(CLI::App& app, Chosen& chosen);
void AddMeetings(CLI::App& app, Chosen& chosen);
void AddVoicemail(CLI::App& app, Chosen& chosen);
void AddContacts(CLI::App& app, Chosen& chosen);
void AddConnector(CLI::App& app, Chosen& chosen);
void AddOutbox(CLI::App& app, Chosen& chosen);
void AddSessions(CLI::App& app, Chosen& chosen);

}  // namespace crosspoint::ctl
