// The main story, played against the whole system on loopback: what deploy/demo.sh shows.
//   crosspoint-story --check       plays it and ends: 0 when every step succeeded
//   crosspoint-story --dir DIR     keeps configuration, certificates and logs there
// Or against a system that runs elsewhere, fresh and with the Exchange simulator: what deploy/demo.sh --containers
// shows.
//   crosspoint-story --make-issuer --credentials DIR
//   crosspoint-story --gateway HOST:PORT --presence HOST:PORT --exchange URL --exchange-password FILE --credentials DIR
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>

#include "tests/story/chapters.h"
#include "tests/story/how_to_go_on.h"
#include "tests/story/remote_system.h"
#include "tests/story/stack_system.h"
#include "tests/support/stack/stack.h"

namespace {

using namespace crosspoint::story;

bool Play(Stage& stage) {
  const auto start = Now();
  const bool succeeded = TellTheBeginning(stage) && TellOfSearch(stage) && TellOfAMeeting(stage) &&
                         TellOfVoicemail(stage) && TellOfContacts(stage) && TellOfACall(stage);
  if (succeeded) fmt::print("\nThe story is told, in {:.1f} s.\n", Millis(Now() - start) / 1000);
  return succeeded;
}

// Until SIGINT or SIGTERM, which the caller has blocked.
void WaitForEnd(const sigset_t& ends) {
  int signal = 0;
  sigwait(&ends, &signal);
}

int PlayHere(const std::string& dir, bool check) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  // While the story plays the signals end the program as usual; its children die with it.
  crosspoint::testing::Stack stack({.dir = dir});
  StackSystem system(stack);
  Stage stage(system);
  const bool succeeded = Play(stage);
  if (!check && succeeded) {
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    TellHowToGoOn(stage, stack);
    WaitForEnd(ends);
  }
  return succeeded ? 0 : 1;
}

int PlayThere(const RemoteOptions& options) {
  RemoteSystem system(options);
  Stage stage(system);
  if (!Play(stage)) return 1;
  WriteTokens(stage, options.credentials);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App arguments("Plays the main story of Crosspoint.");
  bool check = false;
  std::string dir;
  RemoteOptions remote;
  bool make_issuer = false;
  arguments.add_flag("--check", check, "end after the story");
  arguments.add_option("--dir", dir, "where configuration, certificates and logs go");
  auto* gateway = arguments.add_option("--gateway", remote.gateway, "host:port of a system that runs already");
  auto* credentials = arguments.add_option("--credentials", remote.credentials, "its authority and issuer of tokens");
  for (auto* option :
       {arguments.add_option("--presence", remote.presence, "host:port of all its presence replicas"),
        arguments.add_option("--exchange", remote.exchange, "URL of its Exchange simulator"),
        arguments.add_option("--exchange-password", remote.exchange_password, "file; of the account svc")}) {
    gateway->needs(option);
    option->needs(gateway);
  }
  gateway->needs(credentials);
  arguments.add_flag("--make-issuer", make_issuer, "only make what lacks of authority and issuer")->needs(credentials);
  CLI11_PARSE(arguments, argc, argv);
  if (make_issuer) {
    crosspoint::testing::Credentials::Create(remote.credentials);
    return 0;
  }
  return remote.gateway.empty() ? PlayHere(dir, check) : PlayThere(remote);
}
