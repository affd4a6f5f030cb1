#include "ctl/input/csv.h"

#include <gmock/gmock.h>

#include <sstream>

#include "common/status/status.h"

namespace crosspoint::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<CsvRecord> ReadAll(const std::string& text) {
  std::istringstream in(text);
  CsvReader reader(in);
  std::vector<CsvRecord> records;
  for (;;) {
    auto record = reader.Next();
    EXPECT_TRUE(record.ok()) << record.status();
    if (!record.ok() || !*record) return records;
    records.push_back(**record);
  }
}

std::string ErrorOf(const std::string& text) {
  std::istringstream in(text);
  CsvReader reader(in);
  for (;;) {
    auto record = reader.Next();
    if (!record.ok()) return MessageOf(record.status());
    if (!*record) return "";
  }
}

TEST(Csv, ReadsQuotesLineBreaksAndCrlf) {
  const auto records = ReadAll("a,\"b, \"\"c\"\"\",d\r\n\"two\r\nlines\",,x\r\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[0].fields, ElementsAre("a", "b, \"c\"", "d"));
  EXPECT_THAT(records[1].fields, ElementsAre("two\r\nlines", "", "x"));
}

TEST(Csv, CountsLinesInsideQuotedFields) {
  const auto records = ReadAll("a\n\"b\nc\nd\"\n\n\ne");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1].line, 2u);
  EXPECT_EQ(records[2].line, 7u);
}

TEST(Csv, TakesAByteOrderMarkAndSemicolons) {
  const auto records = ReadAll("\xEF\xBB\xBFname;note\nAnna;\"one, two\"\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[0].fields, ElementsAre("name", "note"));
  EXPECT_THAT(records[1].fields, ElementsAre("Anna", "one, two"));
}

TEST(Csv, EmptyQuotedFieldIsEmpty) {
  const auto records = ReadAll("a,\"\",b\n");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].fields, ElementsAre("a", "", "b"));
}

TEST(Csv, AnOpenQuoteNamesItsLine) {
  EXPECT_THAT(ErrorOf("a,b\nc,\"never\nclosed\n"), HasSubstr("line 2: a quote is opened and never closed"));
}

TEST(Csv, TextAfterAClosingQuoteIsRefused) { EXPECT_THAT(ErrorOf("a\n\"b\"c\n"), HasSubstr("line 2")); }

TEST(Csv, AnEndlessRecordIsRefused) {
  EXPECT_THAT(ErrorOf("a\n\"" + std::string(70'000, 'x') + "\"\n"), HasSubstr("longer than 64 kB"));
  EXPECT_THAT(ErrorOf(std::string(70'000, 'x')), HasSubstr("longer than 64 kB"));
}

TEST(Csv, NothingInNothingOut) { EXPECT_THAT(ReadAll(""), IsEmpty()); }

TEST(CsvTable, FindsColumnsByNameInAnyOrderAndCase) {
  std::istringstream in("E-Mail,Display Name\nanna@corp.example, Anna \n");
  auto table = CsvTable::Open(in, {"display_name", "e_mail"}, {"display_name"});
  ASSERT_TRUE(table.ok()) << table.status();
  const auto row = table->Next();
  ASSERT_TRUE(row.ok() && *row);
  EXPECT_EQ((*row)->Get("display_name"), "Anna");
  EXPECT_EQ((*row)->Get("e_mail"), "anna@corp.example");
}

TEST(CsvTable, RefusesUnknownDoubledAndMissingColumnsNamingTheKnown) {
  for (const char* text : {"name,colour\n", "name,Name\n", "note\n", ""}) {
    std::istringstream in(text);
    const auto table = CsvTable::Open(in, {"name", "note"}, {"name"});
    ASSERT_FALSE(table.ok()) << text;
  }
  std::istringstream in("name,colour\n");
  EXPECT_THAT(MessageOf(CsvTable::Open(in, {"name", "note"}, {}).status()), HasSubstr("known columns: name, note"));
}

TEST(CsvTable, ARowWithTooManyFieldsNamesItsLine) {
  std::istringstream in("name\nAnna\nBob,x\n");
  auto table = CsvTable::Open(in, {"name"}, {});
  ASSERT_TRUE(table.ok());
  ASSERT_TRUE(table->Next().ok());
  EXPECT_THAT(MessageOf(table->Next().status()), HasSubstr("line 3: 2 fields"));
}

TEST(SplitValues, TakesSemicolonsAndCommas) {
  EXPECT_THAT(SplitValues(" a@x ;b@x,, c@x;"), ElementsAre("a@x", "b@x", "c@x"));
  EXPECT_THAT(SplitValues(""), IsEmpty());
}

}  // namespace
}  // namespace crosspoint::ctl
