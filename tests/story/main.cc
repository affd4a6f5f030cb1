// The main story, played against the whole system on loopback: what deploy/demo.sh shows.
//   crosspoint-story --check       plays it and ends: 0 when every step succeeded
//   crosspoint-story --dir DIR     keeps configuration, certificates and logs there
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>

#include "tests/story/chapters.h"
#include "tests/story/how_to_go_on.h"
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

}  // namespace

int main(int argc, char** argv) {
  CLI::App arguments("Plays the main story of Crosspoint on this machine.");
  bool check = false;
  std::string dir;
  arguments.add_flag("--check", check, "end after the story");
  arguments.add_option("--dir", dir, "where configuration, certificates and logs go");
  CLI11_PARSE(arguments, argc, argv);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  // While the story plays the signals end the program as usual; its children die with it.
  crosspoint::testing::Stack stack({.dir = dir});
  Stage stage(stack);
  const bool succeeded = Play(stage);
  if (!check && succeeded) {
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    TellHowToGoOn(stage);
    WaitForEnd(ends);
  }
  return succeeded ? 0 : 1;
}
