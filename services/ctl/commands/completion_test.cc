#include "ctl/commands/completion.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "ctl/commands/command_line.h"

namespace crosspoint::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

class Completion : public ::testing::Test {
 protected:
  Completion() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ctl-completion-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
  }
  ~Completion() override { std::filesystem::remove_all(dir_); }

  // What a shell prints when it runs `code`.
  std::string Shell(const std::string& shell, const std::string& code) const {
    std::ofstream(dir_ / "code") << code;
    FILE* pipe = popen((shell + " " + (dir_ / "code").string() + " 2>&1").c_str(), "r");
    std::string text;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text.push_back(static_cast<char>(c));
    pclose(pipe);
    return text;
  }

  // The words bash offers after `words`, of which the last is being typed.
  std::vector<std::string> Offered(const std::string& words) const {
    const auto text =
        Shell("bash --norc", CompletionScript(*line_.app, "bash") + "\nCOMP_WORDS=(crosspointctl " + words +
                                 ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_crosspointctl\n"
                                 "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    std::vector<std::string> offered;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) offered.push_back(line);
    return offered;
  }

  CommandLine line_;
  std::filesystem::path dir_;
};

TEST_F(Completion, BashOffersCommandsThenTheirOptions) {
  EXPECT_THAT(Offered("''"), IsSupersetOf({"users", "search", "presence", "meetings", "voicemail", "contacts",
                                           "connector", "outbox", "sessions", "completion"}));
  EXPECT_THAT(Offered("users ''"), ::testing::UnorderedElementsAre("import", "list"));
  EXPECT_THAT(Offered("users import --"), IsSupersetOf({"--dry-run", "--skip-bad-lines", "--json", "--server"}));
  EXPECT_THAT(Offered("users import --"), Not(::testing::Contains("--deleted"))) << "an option of another command";
}

TEST_F(Completion, BashOffersMeetingsAndVoicemailWithTheirOptions) {
  EXPECT_THAT(Offered("meetings ''"), ::testing::UnorderedElementsAre("list", "prepare", "ics", "explain"));
  EXPECT_THAT(Offered("meetings prepare --"), IsSupersetOf({"--start", "--duration", "--attendee", "--state"}));
  EXPECT_THAT(Offered("voicemail ''"),
              ::testing::UnorderedElementsAre("deposit", "list", "play", "delete", "undelete"));
  EXPECT_THAT(Offered("voicemail deposit --"), IsSupersetOf({"--caller"}));
  EXPECT_THAT(Offered("voicemail play --"), IsSupersetOf({"--output", "--device"}));
}

TEST_F(Completion, ZshOffersMeetingsAndVoicemailWithTheirOptions) {
  if (std::system("command -v zsh > /dev/null") != 0) GTEST_SKIP() << "zsh is not there: nothing was offered";
  const auto offered = [this](const std::string& words) {
    return Shell("zsh -f", "compdef() { }\n_files() { echo files }\n_describe() { print -l -- ${(P)${@[-1]}} }\n" +
                               CompletionScript(*line_.app, "zsh") + "\nwords=(crosspointctl " + words +
                               ")\nCURRENT=${#words}\n_crosspointctl\n");
  };
  EXPECT_EQ(offered("voicemail ''"),
            "deposit:Leave a message for a user, as a telephone system does (needs an integrator's token)\n"
            "list:List messages, newest first, and whether the lamp is lit\n"
            "play:Write the audio to a file or a pipe, or play it on a device\n"
            "delete:Delete a message\n"
            "undelete:Bring a deleted message back\n");
  EXPECT_THAT(offered("voicemail play --"), HasSubstr("--device:your device that plays it\n"));
  EXPECT_THAT(offered("meetings ''"), HasSubstr("explain:Say why a meeting looks as it does\n"));
  EXPECT_THAT(offered("--json meetings prepare --"), HasSubstr("--start:14:30, +90m, 2026-11-24T10:00\n"));
  EXPECT_EQ(offered("voicemail deposit --caller ''"), "files\n");
}

TEST_F(Completion, BashSeesTheCommandBehindOptions) {
  EXPECT_THAT(Offered("--server host:1 presence w"), ::testing::ElementsAre("watch"));
}

TEST_F(Completion, BothScriptsAreGoodShell) {
  EXPECT_EQ(Shell("bash -n", CompletionScript(*line_.app, "bash")), "");
  if (std::system("command -v zsh > /dev/null") != 0) GTEST_SKIP() << "zsh is not there: its script was not read";
  EXPECT_EQ(Shell("zsh -n", CompletionScript(*line_.app, "zsh")), "");
}

TEST_F(Completion, ZshOffersCommandsWithTheirHelp) {
  const auto script = CompletionScript(*line_.app, "zsh");
  EXPECT_THAT(script, HasSubstr("'users:Users of the telephony system'"));
  EXPECT_THAT(script, HasSubstr("#compdef crosspointctl"));
}

TEST_F(Completion, OtherShellsHaveNone) { EXPECT_EQ(CompletionScript(*line_.app, "fish"), ""); }

TEST(CommandLine, EveryCommandHasHelpAndItsOwnOptionsExplained) {
  const CommandLine line;
  std::vector<const CLI::App*> apps{line.app.get()};
  for (size_t i = 0; i < apps.size(); ++i) {
    EXPECT_FALSE(apps[i]->get_description().empty()) << apps[i]->get_name();
    for (const auto* option : apps[i]->get_options()) {
      EXPECT_FALSE(option->get_description().empty()) << apps[i]->get_name() << " " << option->get_name();
    }
    for (const auto* command : apps[i]->get_subcommands(nullptr)) apps.push_back(command);
  }
  EXPECT_GT(apps.size(), 25u);
}

TEST(CommandLine, GlobalOptionsMayFollowTheCommand) {
  CommandLine line;
  line.app->parse("search Miller --json --server host:1");
  EXPECT_TRUE(line.json);
  EXPECT_EQ(line.settings.server, "host:1");
  EXPECT_NE(line.chosen.command, nullptr);
}

TEST(CommandLine, WrongUseIsRefused) {
  for (const char* text : {"", "users", "users import", "search", "users list --limit many", "fly", "search a --colour",
                           "completion fish", "connector set --enable --disable", "voicemail play m -o f --device d"}) {
    CommandLine line;
    EXPECT_THROW(line.app->parse(std::string(text)), CLI::ParseError) << text;
  }
}

}  // namespace
}  // namespace crosspoint::ctl
