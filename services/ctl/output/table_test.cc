#include "ctl/output/table.h"

#include <gmock/gmock.h>

#include <sstream>

#include "ctl/output/text.h"

namespace crosspoint::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Text, ControlCharactersCannotSteerTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2Jb\x07"), "a?[2Jb?");
  EXPECT_EQ(Printable("one\r\ntwo\tthree"), "one two three");
  EXPECT_EQ(Printable("\xE2\x80\xAE"
                      "gpj.exe"),
            "?gpj.exe")
      << "right-to-left override";
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m"),
            "?31m")
      << "eight-bit CSI";
}

TEST(Text, BrokenUtf8BecomesQuestionMarks) {
  EXPECT_EQ(Printable("a\xFFz"), "a?z");
  EXPECT_EQ(Printable("\xC0\xAF"), "??") << "too long an encoding";
  EXPECT_EQ(Printable("\xE2\x82"), "??");
  EXPECT_EQ(Printable("Zoë 日本"), "Zoë 日本");
}

TEST(Text, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("Zoë"), 3u);
  EXPECT_EQ(DisplayWidth("日本"), 4u);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1u) << "a combining accent";
}

TEST(Text, IsShortenedToColumns) {
  EXPECT_EQ(Shortened("Anna Miller", 20), "Anna Miller");
  EXPECT_EQ(Shortened("Anna Miller", 6), "Anna …");
  EXPECT_EQ(Shortened("日本語", 4), "日…");
  EXPECT_EQ(Shortened("x", 0), "");
}

TEST(Table, AlignsColumnsAndLeavesNoBlanksBehind) {
  Table table({"NAME", "EXT"});
  table.Add({"Zoë", "1"});
  table.Add({"Bartholomew", ""});
  EXPECT_EQ(table.Render(0),
            "NAME         EXT\n"
            "Zoë          1\n"
            "Bartholomew\n");
}

TEST(Table, FitsIntoTheTerminalByShorteningTheWidest) {
  Table table({"NAME", "EMAIL"});
  table.Add({"Anna", std::string(60, 'x') + "@corp.example"});
  std::istringstream lines(table.Render(40));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 40u) << line;
  EXPECT_THAT(table.Render(40), HasSubstr("…"));
  EXPECT_THAT(table.Render(0), Not(HasSubstr("…"))) << "a pipe gets everything";
}

TEST(Table, MissingCellsAreEmpty) {
  Table table({"A", "B"});
  table.Add({"x"});
  EXPECT_EQ(table.Render(0), "A  B\nx\n");
}

}  // namespace
}  // namespace crosspoint::ctl
