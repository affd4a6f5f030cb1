#include "ctl/input/contact_rows.h"

#include <gmock/gmock.h>

#include <sstream>

namespace crosspoint::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

ContactFile Read(const std::string& text) {
  std::istringstream in(text);
  auto file = ReadContactFile(in);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *file : ContactFile{};
}

TEST(ContactRows, ReadsNumbersByKindAndSeveralAddresses) {
  const auto file = Read(
      "Display Name,Emails,Business Phone,Mobile Phone,Company,Source Id\n"
      "Bea Brown,bea@x.example;b@y.example,+1 555 0100,+1 555 0101,Brown Ltd,42\n");
  ASSERT_EQ(file.rows.size(), 1u);
  EXPECT_EQ(file.rows[0].source_id, "42");
  EXPECT_THAT(file.rows[0].emails, ElementsAre("bea@x.example", "b@y.example"));
  EXPECT_THAT(file.rows[0].phones, ElementsAre(Pair("business", "+1 555 0100"), Pair("mobile", "+1 555 0101")));
}

TEST(ContactRows, WithoutASourceIdTheContactKeepsItsOwnOverEdits) {
  const auto before = Read("display_name,emails,company\nBea,bea@x.example,Old\n");
  const auto after = Read("display_name,emails,company\nBea,BEA@x.example,New\n");
  ASSERT_EQ(before.rows.size(), 1u);
  ASSERT_EQ(after.rows.size(), 1u);
  EXPECT_EQ(before.rows[0].source_id, after.rows[0].source_id);
  EXPECT_NE(UploadId("p", before), UploadId("p", after));
  EXPECT_EQ(UploadId("p", before), UploadId("p", Read("display_name,emails,company\nBea,bea@x.example,Old\n")));
}

TEST(ContactRows, NamelessAndDoubledLinesAreNamed) {
  const auto file = Read("display_name,source_id\nBea,1\n,2\nAlso Bea,1\n");
  ASSERT_EQ(file.problems.size(), 2u);
  EXPECT_EQ(file.problems[0].line, 3u);
  EXPECT_THAT(file.problems[1].text, HasSubstr("line 2 already"));
}

}  // namespace
}  // namespace crosspoint::ctl
