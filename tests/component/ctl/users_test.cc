// Importing and listing users.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <set>

#include "tests/component/ctl/program.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string People(const std::string& domain, int count) {
  std::string text = "display_name,email,aliases,extension,business_phone,mailbox\n";
  for (int i = 0; i < count; ++i) {
    text += fmt::format("\"Person {0}, {1}\",p{0}@{1},alias{0}@{1},,+49 30 {0},none\n", i, domain);
  }
  return text;
}

// How often each address of `domain` is listed.
std::map<std::string, int> Listed(const std::string& domain) {
  std::map<std::string, int> counts;
  for (const auto& user : Ctl().Run({"users", "list", "--json"}).Messages()) {
    const auto email = user.value("email", "");
    if (email.find("@" + domain) != std::string::npos) ++counts[email];
  }
  return counts;
}

bool EachOnce(const std::map<std::string, int>& counts, size_t people) {
  if (counts.size() != people) return false;
  return std::all_of(counts.begin(), counts.end(), [](const auto& entry) { return entry.second == 1; });
}

TEST(CtlUsers, TenThousandAreImportedAndASecondRunMakesNobodyTwice) {
  const auto file = WriteFile("people.csv", People("large.example", 10'000));
  const Ctl ctl;
  const auto first = ctl.Run({"users", "import", file});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "10000 of 10000 users are there\n");
  const auto second = ctl.Run({"users", "import", file, "--batch", "1000"});
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_TRUE(EachOnce(Listed("large.example"), 10'000));
}

TEST(CtlUsers, AnImportOutlivesAKilledDirectory) {
  const auto file = WriteFile("killed.csv", People("killed.example", 2'000));
  const Ctl ctl;
  const auto import = ctl.Start({"users", "import", file, "--batch", "20", "--json"});
  ASSERT_TRUE(Eventually([&] { return import->out().size() > 1000; }, 20s)) << import->err();
  CtlStack().directory().Kill();
  ASSERT_TRUE(Eventually([&] { return import->err().find("trying again") != std::string::npos; }, 20s));
  CtlStack().directory().Start();
  CtlStack().directory().WaitReady();
  const auto result = import->Wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(EachOnce(Listed("killed.example"), 2'000));
}

TEST(CtlUsers, CtrlCStopsAfterTheBatchAndTheSameAgainDoesTheRest) {
  const auto file = WriteFile("stopped.csv", People("stopped.example", 2'000));
  const Ctl ctl;
  const auto import = ctl.Start({"users", "import", file, "--batch", "10", "--json"});
  ASSERT_TRUE(Eventually([&] { return import->out().size() > 1000; }, 20s)) << import->err();
  import->Signal(SIGINT);
  const auto stopped = import->Wait();
  EXPECT_EQ(stopped.exit_code, 5) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("run the same again"));
  const auto rest = ctl.Run({"users", "import", file});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_TRUE(EachOnce(Listed("stopped.example"), 2'000));
}

TEST(CtlUsers, WrongLinesAreNamedAndNothingIsSent) {
  const auto file = WriteFile("wrong.csv",
                              "display_name,email,extension\n"
                              "Right,right@wrong.example,\n"
                              ",noname@wrong.example,\n"
                              "\"Two\nlines\",no-address,\n"
                              "Extension,e@wrong.example,12x\n");
  const Ctl ctl;
  const auto result = ctl.Run({"users", "import", file});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("wrong.csv:3: display_name is missing"));
  EXPECT_THAT(result.err, HasSubstr("wrong.csv:4: email: \"no-address\" is no address"));
  EXPECT_THAT(result.err, HasSubstr("wrong.csv:6: extension"));
  EXPECT_TRUE(Listed("wrong.example").empty());

  EXPECT_EQ(ctl.Run({"users", "import", file, "--skip-bad-lines"}).exit_code, 0);
  EXPECT_EQ(Listed("wrong.example").size(), 1u);
}

TEST(CtlUsers, WhoseAddressIsTakenIsRefusedByLineAndTheOthersAreThere) {
  const Ctl ctl;
  ASSERT_EQ(ctl.Run({"users", "import", "-"}, "display_name,email\nFirst,one@taken.example\n").exit_code, 0);
  const std::string text = "display_name,email\nOther,ONE@taken.example\nNew,two@taken.example\n";
  const auto refused = ctl.Run({"users", "import", "-"}, text);
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_THAT(refused.err, HasSubstr("-:2: "));
  EXPECT_THAT(refused.err, HasSubstr("EMAIL_TAKEN"));
  EXPECT_TRUE(EachOnce(Listed("taken.example"), 2));

  const auto skipped = ctl.Run({"users", "import", "-", "--skip-existing"}, text);
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("1 were already under another entry"));
}

TEST(CtlUsers, ADryRunSendsNothing) {
  const auto result = Ctl().Run({"users", "import", "-", "--dry-run"}, People("dry.example", 3));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(Listed("dry.example").empty());
}

TEST(CtlUsers, AreListedAsATableOrByLimit) {
  MakeCtlUser("Table Person", "table@corp.example", "4711");
  const Ctl ctl;
  const auto table = ctl.Run({"users", "list"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(table.out.rfind("ID", 0), 0u);
  EXPECT_THAT(table.out, HasSubstr("table@corp.example"));
  EXPECT_THAT(table.out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(ctl.Run({"users", "list", "--json", "--limit", "1"}).Messages().size(), 1u);
}

}  // namespace
}  // namespace crosspoint::testing
