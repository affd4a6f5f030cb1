#include "ctl/output/output.h"

#include <gmock/gmock.h>

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

}  // namespace
}  // namespace crosspoint::ctl
