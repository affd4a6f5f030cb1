#include "common/phone/phone_number.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace crosspoint::phone {
namespace {

std::string E164(std::string_view typed, std::string_view region) {
  const auto number = ParseNumber(typed, region);
  return number.ok() ? number->e164 : "";
}

TEST(ParseNumber, OneNumberInAllItsSpellings) {
  for (const char* typed : {"+49 30 23125-001", "0049 30 23125001", "030/23125001", "(030) 23125 001",
                            "tel:+49-30-23125-001", "+49 (0)30 23125001", "  030 23125001 "}) {
    EXPECT_EQ(E164(typed, "DE"), "+493023125001") << typed;
  }
}

TEST(ParseNumber, RegionSaysHowNationalNumbersAreMeant) {
  EXPECT_EQ(E164("020 7946 0018", "GB"), "+442079460018");
  EXPECT_EQ(E164("(212) 555-0123", "US"), "+12125550123");
  EXPECT_EQ(E164("011 44 20 7946 0018", "US"), "+442079460018");
  EXPECT_EQ(E164("06 9762 0001", "IT"), "+390697620001") << "Italy keeps the zero";
}

TEST(ParseNumber, WithoutARegionOnlyInternationalNumbersAreRead) {
  EXPECT_EQ(E164("+493023125001", ""), "+493023125001");
  const auto national = ParseNumber("030 23125001", "");
  ASSERT_FALSE(national.ok());
  EXPECT_NE(std::string(national.status().message()).find("country code"), std::string::npos) << national.status();
}

TEST(ParseNumber, LettersAndForeignDigitsAreDigits) {
  EXPECT_EQ(E164("1-800-FLOWERS", "US"), "+18003569377");
  EXPECT_EQ(E164("+٤٩ ٣٠ ٢٣١٢٥٠٠١", "DE"), "+493023125001");
}

TEST(ParseNumber, TheExtensionStandsApart) {
  const auto number = ParseNumber("+1 212 555 0123 ext. 45", "US");
  ASSERT_TRUE(number.ok());
  EXPECT_EQ(*number, (PhoneNumber{"+12125550123", "45"}));
}

TEST(ParseNumber, WhatIsNoNumberIsRefused) {
  for (const char* typed : {"", "   ", "anna", "123", "*21#", "+", "+49", "++", "\xff\xfe", "+999123456789", "1\n2"}) {
    EXPECT_FALSE(ParseNumber(typed, "DE").ok()) << typed;
  }
  EXPECT_FALSE(ParseNumber(std::string(65, '1'), "DE").ok());
  EXPECT_FALSE(ParseNumber(std::string("+49\0 30 1", 9), "DE").ok());
  EXPECT_FALSE(ParseNumber("+49 30 23125001", "Germany").ok());
}

TEST(IsRegion, TwoUpperCaseLettersOfAnArea) {
  for (const char* region : {"DE", "US", "GB", "CH"}) EXPECT_TRUE(IsRegion(region)) << region;
  for (const char* region : {"", "de", "ZZ", "DEU", "D"}) EXPECT_FALSE(IsRegion(region)) << region;
}

TEST(DigitsOf, OnlyDigitsStay) {
  EXPECT_EQ(DigitsOf("*21#"), "21");
  EXPECT_EQ(DigitsOf("ext 4-2 (1)"), "398421");
  EXPECT_EQ(DigitsOf("٤٢"), "42");
  EXPECT_EQ(DigitsOf(""), "");
}

TEST(ParseNumber, ManyThreadsAtOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int k = 0; k < 200; ++k) EXPECT_EQ(E164("030 23125001", "DE"), "+493023125001");
    });
  }
}

}  // namespace
}  // namespace crosspoint::phone
