#include "connectors/ldap/filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace crosspoint::ldap {
namespace {

TEST(LdapFilter, IsWrittenAsRfc4515Has) {
  EXPECT_EQ(Filter::Equal("mail", "ada@corp.example").text(), "(mail=ada@corp.example)");
  EXPECT_EQ(Filter::BeginsWith("cn", "Ada K").text(), "(cn=Ada K*)");
  EXPECT_EQ(Filter::Contains("cn", " K").text(), "(cn=* K*)");
  EXPECT_EQ(Filter::And({Filter::Present("mail"), Filter::Or({Filter::Equal("a", "1"), Filter::Equal("b", "2")}),
                         Filter::Not(Filter::Equal("c", "3"))})
                .text(),
            "(&(mail=*)(|(a=1)(b=2))(!(c=3)))");
  EXPECT_EQ(Filter::And({}).text(), "(&)");
}

TEST(LdapFilter, ValuesCannotBreakOut) {
  EXPECT_EQ(Filter::Equal("cn", "*)(objectClass=*").text(), "(cn=\\2a\\29\\28objectClass=\\2a)");
  EXPECT_EQ(Filter::BeginsWith("cn", "a\\").text(), "(cn=a\\5c*)");
  EXPECT_EQ(Filter::Equal("cn", std::string_view("a\0b", 3)).text(), "(cn=a\\00b)");
  EXPECT_EQ(Filter::Equal("cn", "J\xC3\xBCrgen\n").text(), "(cn=J\\c3\\bcrgen\\0a)");
}

TEST(LdapFilter, NoBytesChangeTheShapeOfAFilter) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string value(random() % 40, ' ');
    for (char& c : value) c = static_cast<char>(random());
    const auto text = Filter::And({Filter::Equal("a", value), Filter::BeginsWith("b", value)}).text();
    EXPECT_TRUE(IsFilterText(text));
    EXPECT_EQ(std::count(text.begin(), text.end(), '('), 3);
    EXPECT_EQ(std::count(text.begin(), text.end(), '*'), 1);
    EXPECT_EQ(text.find('\0'), std::string::npos);
  }
}

TEST(LdapFilter, OperatorsTextIsOneFilterInBrackets) {
  EXPECT_TRUE(IsFilterText("(objectClass=person)"));
  EXPECT_TRUE(IsFilterText("(&(objectClass=person)(|(mail=*)(telephoneNumber=*)))"));
  for (const char* text : {"", "()", "objectClass=person", "(a=b", "(a=b))", "(a=b)(c=d)", "(a=b)x", ")("}) {
    EXPECT_FALSE(IsFilterText(text)) << text;
  }
}

}  // namespace
}  // namespace crosspoint::ldap
