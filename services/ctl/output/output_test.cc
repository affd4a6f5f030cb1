#include "ctl/output/output.h"

#include <gmock/gmock.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>

#include "crosspoint/directory/v1/directory_service.pb.h"

namespace crosspoint::ctl {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Two files instead of the terminal.
class OutputTest : public ::testing::Test {
 protected:
  ~OutputTest() override {
    std::fclose(out_);
    std::fclose(err_);
  }
  static std::string Content(FILE* file) {
    std::fflush(file);
    std::rewind(file);
    std::string text;
    for (int c = 0; (c = std::fgetc(file)) != EOF;) text.push_back(static_cast<char>(c));
    return text;
  }
  FILE* const out_ = std::tmpfile();
  FILE* const err_ = std::tmpfile();
};

TEST_F(OutputTest, JsonIsOneMessageALineWithEveryField) {
  Output output({.json = true, .out = out_, .err = err_});
  directory::v1::User user;
  user.set_display_name("Anna \"A\" Miller\n");
  output.Line("a line for people");
  output.Json(user);
  output.Json(user);
  const auto text = Content(out_);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_THAT(text, HasSubstr(R"("displayName":"Anna \"A\" Miller\n")"));
  EXPECT_THAT(text, HasSubstr(R"("extension":"")")) << "a script finds the field though it is empty";
}

TEST_F(OutputTest, PeopleGetNoJson) {
  Output output({.out = out_, .err = err_});
  output.Json(directory::v1::User());
  output.Line("for people");
  EXPECT_EQ(Content(out_), "for people\n");
}

TEST_F(OutputTest, RemarksStayOutOfThePipe) {
  Output output({.out = out_, .err = err_});
  output.Remark("slow");
  EXPECT_EQ(Content(out_), "");
  EXPECT_EQ(Content(err_), "slow\n");
}

TEST_F(OutputTest, NoColourWhereNoTerminalIs) {
  Output output({.out = out_, .err = err_});
  EXPECT_EQ(output.Dot("#00ff00"), "");
}

TEST_F(OutputTest, AFullDiskIsNoticed) {
  FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  {
    Output output({.out = full, .err = err_});
    output.Line("lost");
    EXPECT_FALSE(output.Flush());
  }
  std::fclose(full);
}

TEST_F(OutputTest, ProgressWithoutATerminalSpeaksEveryTenSeconds) {
  Output output({.out = out_, .err = err_});
  std::chrono::steady_clock::time_point now{};
  Progress progress(output, "users", 1000, [&now] { return now; });
  for (size_t done = 100; done <= 1000; done += 100) {
    now += 3s;
    progress.Done(done);
  }
  const auto text = Content(err_);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_THAT(text, HasSubstr("400 of 1000 users, 40 %, 33 a second"));
}

// Standard output and error on a terminal of 40 columns.
class TerminalTest : public ::testing::Test {
 protected:
  TerminalTest() {
    unsetenv("NO_COLOR");
    int slave = -1;
    winsize size{};
    size.ws_col = 40;
    size.ws_row = 25;
    EXPECT_EQ(openpty(&master_, &slave, nullptr, nullptr, &size), 0);
    terminal_ = fdopen(slave, "w");
  }
  ~TerminalTest() override {
    std::fclose(terminal_);
    close(master_);
  }
  // Up to a mark written last: a terminal hands on in portions, so one read may end in the middle.
  std::string Shown() const {
    std::fputc('\0', terminal_);
    std::fflush(terminal_);
    std::string shown;
    for (char c = 0; read(master_, &c, 1) == 1 && c != '\0';) shown.push_back(c);
    return shown;
  }
  int master_ = -1;
  FILE* terminal_ = nullptr;
};

TEST_F(TerminalTest, TablesFitIntoIt) {
  Output output({.out = terminal_, .err = terminal_});
  Table table({"NAME", "E-MAIL"});
  table.Add({"Anna", std::string(80, 'x')});
  output.Print(table);
  const auto shown = Shown();
  EXPECT_THAT(shown, HasSubstr("…"));
  EXPECT_LT(shown.size(), 100u);
}

TEST_F(TerminalTest, HasColourUnlessNoColorIsSet) {
  const Output output({.out = terminal_, .err = terminal_});
  EXPECT_THAT(output.Dot("#00ff80"), HasSubstr("38;2;0;255;128"));
  EXPECT_EQ(output.Dot("green; rm"), "");
  setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(output.Dot("#00ff80"), "");
}

TEST_F(TerminalTest, ProgressChangesOneLineAndEndsBeforeAResult) {
  Output output({.out = terminal_, .err = terminal_});
  {
    Progress progress(output, "users", 10);
    progress.Done(5);
    progress.Done(10);
  }
  output.Line("done");
  EXPECT_EQ(Shown(), "\r\x1b[K5 of 10 users, 50 %\r\x1b[K10 of 10 users, 100 %\r\ndone\r\n");
}

}  // namespace
}  // namespace crosspoint::ctl
