#include "connectors/ews/soap/text.h"

#include <gtest/gtest.h>

#include <chrono>

namespace crosspoint::ews {
namespace {

TimePoint At(int64_t seconds, int64_t microseconds = 0) {
  return TimePoint(std::chrono::seconds(seconds) + std::chrono::microseconds(microseconds));
}

TEST(DateTimeText, ZonesBecomeUtc) {
  EXPECT_EQ(ParseDateTime("2013-09-16T04:31:29Z"), At(1379305889));
  EXPECT_EQ(ParseDateTime("2013-09-16T06:31:29+02:00"), At(1379305889));
  EXPECT_EQ(ParseDateTime("2013-09-15T20:31:29-08:00"), At(1379305889));
  EXPECT_EQ(ParseDateTime(" 2013-09-16T04:31:29\n"), At(1379305889));
}

TEST(DateTimeText, NineDigitsOfFractionAreCutToMicroseconds) {
  EXPECT_EQ(ParseDateTime("2013-09-16T04:31:29.123456789Z"), At(1379305889, 123456));
  EXPECT_EQ(ParseDateTime("2013-09-16T04:31:29.5Z"), At(1379305889, 500000));
}

TEST(DateTimeText, EndOfDayAndOldDatesAreUnderstood) {
  EXPECT_EQ(ParseDateTime("2013-09-15T24:00:00Z"), ParseDateTime("2013-09-16T00:00:00Z"));
  EXPECT_TRUE(ParseDateTime("0001-01-01T00:00:00Z"));
  EXPECT_EQ(ParseDateTime("1969-12-31T23:59:59Z"), At(-1));
}

TEST(DateTimeText, GarbageIsRefused) {
  for (const char* text : {"", "Z", "2013", "2013-13-01T00:00:00Z", "2013-02-30T00:00:00Z", "2013-09-16T25:00:00Z",
                           "2013-09-16T04:60:00Z", "2013-09-16T04:31Z", "2013-09-16T04:31:29.Z", "2013-09-16T04:31:29X",
                           "2013-09-16T04:31:29+25:00", "2013-09-16T04:31:29Zz", "-2013-09-16T04:31:29Z"}) {
    EXPECT_FALSE(ParseDateTime(text)) << text;
  }
}

TEST(DateTimeText, WhatIsWrittenIsReadBack) {
  for (const TimePoint time : {At(0), At(1379305889), At(1379305889, 42), At(-1), At(4102444799)}) {
    EXPECT_EQ(ParseDateTime(FormatDateTime(time)), time) << FormatDateTime(time);
  }
  EXPECT_EQ(FormatDateTime(At(1379305889)), "2013-09-16T04:31:29Z");
}

TEST(DateText, ZoneIsIgnoredAndATimeIsForgiven) {
  const Date date{2014, 3, 8};
  for (const char* text : {"2014-03-08", "2014-03-08Z", "2014-03-08-08:00", "2014-03-08T00:00:00+01:00"}) {
    EXPECT_EQ(ParseDate(text), date) << text;
  }
  EXPECT_FALSE(ParseDate("2014-3-8"));
  EXPECT_EQ(FormatDate(date), "2014-03-08");
}

TEST(Utf8Text, WrongBytesAreReplaced) {
  EXPECT_EQ(ToValidUtf8("Zo\xc3\xab \xf0\x9f\x98\x80"), "Zo\xc3\xab \xf0\x9f\x98\x80");
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(ToValidUtf8("a\xff"), "a" + mark);
  EXPECT_EQ(ToValidUtf8("\xc3"), mark);
  EXPECT_EQ(ToValidUtf8("\xc0\xaf"), mark + mark);             // overlong
  EXPECT_EQ(ToValidUtf8("\xed\xa0\x80"), mark + mark + mark);  // a surrogate
}

TEST(Base64Text, CutEndIsForgivenAndOthersAreNot) {
  EXPECT_EQ(DecodeBase64("Q3Jvc3M="), "Cross");
  EXPECT_EQ(DecodeBase64(" Q3Jv\r\n c3M "), "Cross");
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_FALSE(DecodeBase64("Q3!v"));
}

TEST(Base64Text, EveryLengthComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
    EXPECT_EQ(EncodeBase64(bytes).size() % 4, 0u);
    bytes.push_back(static_cast<char>(i * 7));
  }
  EXPECT_EQ(EncodeBase64("Cross"), "Q3Jvc3M=");
}

TEST(NumberText, OnlyWholeNumbers) {
  EXPECT_EQ(ParseInt(" 15 "), 15);
  EXPECT_FALSE(ParseInt("15x"));
  EXPECT_FALSE(ParseInt("99999999999"));
  EXPECT_EQ(ParseBool("1"), true);
  EXPECT_EQ(ParseBool("false"), false);
  EXPECT_FALSE(ParseBool("True"));
}

}  // namespace
}  // namespace crosspoint::ews
