#include "ctl/input/user_rows.h"

#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "common/status/status.h"

namespace crosspoint::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

UserFile Read(const std::string& text) {
  std::istringstream in(text);
  auto file = ReadUserFile(in);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *file : UserFile{};
}

TEST(UserRows, ReadsEveryColumn) {
  const auto file = Read(
      "display_name,email,aliases,extension,business_phone,mobile_phone,home_phone,mailbox,outlook\n"
      "Anna Miller,anna@corp.example,am@corp.example;a@corp.example,2001,+49 30 1,+49 170 2,+49 30 3,EWS,yes\n");
  EXPECT_THAT(file.problems, IsEmpty());
  ASSERT_EQ(file.rows.size(), 1u);
  const auto& row = file.rows[0];
  EXPECT_EQ(row.line, 2u);
  EXPECT_EQ(row.display_name, "Anna Miller");
  EXPECT_THAT(row.aliases, ElementsAre("am@corp.example", "a@corp.example"));
  EXPECT_THAT(row.phones,
              ElementsAre(Pair("business", "+49 30 1"), Pair("mobile", "+49 170 2"), Pair("home", "+49 30 3")));
  EXPECT_EQ(row.mailbox, "ews");
  EXPECT_EQ(row.outlook, "yes");
}

TEST(UserRows, EveryBadLineIsNamedWithWhatWouldBeRight) {
  const auto file = Read(
      "display_name,email,extension,mailbox,outlook\n"
      ",x@corp.example,1,,\n"
      "No At,corp.example,2,,\n"
      "Letters,l@corp.example,12a,,\n"
      "Fine,f@corp.example,3,,\n"
      "Wrong Box,w@corp.example,4,notes,\n"
      "Wrong Use,u@corp.example,5,,perhaps\n");
  ASSERT_EQ(file.rows.size(), 1u);
  ASSERT_EQ(file.problems.size(), 5u);
  EXPECT_EQ(file.problems[0].line, 2u);
  EXPECT_THAT(file.problems[0].text, HasSubstr("display_name is missing"));
  EXPECT_THAT(file.problems[1].text, HasSubstr("is no address"));
  EXPECT_THAT(file.problems[2].text, HasSubstr("0-9, * and #"));
  EXPECT_THAT(file.problems[3].text, HasSubstr("ews, graph, none"));
  EXPECT_EQ(file.problems[4].line, 7u);
}

TEST(UserRows, ValuesThatMustBeUniqueAreTakenOnceCaseAside) {
  const auto file = Read(
      "display_name,email,aliases,extension\n"
      "One,one@corp.example,eins@corp.example,1\n"
      "Two,EINS@corp.example,,2\n"
      "Three,three@corp.example,,1\n");
  ASSERT_EQ(file.problems.size(), 2u);
  EXPECT_THAT(file.problems[0].text, HasSubstr("line 2 already"));
  EXPECT_THAT(file.problems[1].text, HasSubstr("extension 1 stands in line 2"));
}

TEST(UserRows, ARowKeepsItsRequestIdAndAnotherRowHasAnother) {
  UserRow row{.line = 2, .display_name = "Anna", .email = "anna@corp.example"};
  const auto id = RowRequestId("tenants/default", row);
  EXPECT_TRUE(std::regex_match(id, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"))) << id;
  auto moved = row;
  moved.line = 99;
  EXPECT_EQ(RowRequestId("tenants/default", moved), id) << "a line may move in the file";
  EXPECT_NE(RowRequestId("tenants/other", row), id);
  auto shifted = row;
  shifted.display_name = "Annaa";
  shifted.email = "nna@corp.example";
  EXPECT_NE(RowRequestId("tenants/default", shifted), id);
}

}  // namespace
}  // namespace crosspoint::ctl
