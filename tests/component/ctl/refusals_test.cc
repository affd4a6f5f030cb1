// What it says and how it ends when something is wrong.
#include <gmock/gmock.h>

#include "tests/component/ctl/program.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(CtlRefusals, NobodyListeningIsUnreachableAndNamesTheServer) {
  Ctl ctl;
  ctl.SetServer("127.0.0.1:1");
  const auto result = ctl.Run({"search", "x"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("127.0.0.1:1 does not answer"));
  EXPECT_THAT(result.err, HasSubstr("to do: "));
}

TEST(CtlRefusals, AServerOfAnotherNameIsNotTrusted) {
  Ctl ctl;
  ctl.SetServerName("presence");
  EXPECT_EQ(ctl.Run({"search", "x"}).exit_code, 3);
}

TEST(CtlRefusals, BadTokensAreNotAllowedAndSayHowToGetOne) {
  const Ctl ctl;
  ctl.SetToken(CtlStack().credentials().Token("default", "u", {"user"}, -1h));
  const auto expired = ctl.Run({"search", "x", "--tenant", "default"});
  EXPECT_EQ(expired.exit_code, 4);
  EXPECT_THAT(expired.err, HasSubstr("get a new token"));
  ctl.SetToken("nonsense");
  EXPECT_EQ(ctl.Run({"search", "x", "--tenant", "default"}).exit_code, 4);
  EXPECT_EQ(ctl.Run({"search", "x"}).exit_code, 2) << "a token without tenant, and none given";
}

TEST(CtlRefusals, MissingRolesAreNamed) {
  const auto result = Ctl("u", {"user"}).Run({"users", "list"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("ROLE_REQUIRED"));
}

TEST(CtlRefusals, AnotherTenantIsNotFound) {
  EXPECT_EQ(Ctl().Run({"users", "list", "--tenant", "other"}).exit_code, 1);
}

TEST(CtlRefusals, UnknownAddressesOfUsersAreNotFoundByName) {
  const auto result = Ctl().Run({"presence", "get", "nobody@corp.example"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("nobody@corp.example"));
}

TEST(CtlRefusals, FilesThatCannotBeReadAreWrongUse) {
  const Ctl ctl;
  EXPECT_EQ(ctl.Run({"users", "import", "/nowhere.csv"}).exit_code, 2);
  EXPECT_EQ(ctl.Run({"users", "import", "/"}).exit_code, 2);
  EXPECT_EQ(ctl.Run({"search", "x", "--token-file", "/nowhere"}).exit_code, 2);
  EXPECT_EQ(ctl.Run({"search", "x", "--ca", "/nowhere"}).exit_code, 2);
  EXPECT_EQ(ctl.Run({"search", "x", "--config", "/nowhere.yaml"}).exit_code, 2);
}

TEST(CtlRefusals, TimesAreCheckedBeforeAnythingIsAsked) {
  Ctl ctl("u", {"user"});
  ctl.SetServer("127.0.0.1:1");
  EXPECT_EQ(ctl.Run({"presence", "set", "vacation", "--until", "tomorrow"}).exit_code, 2);
  EXPECT_EQ(ctl.Run({"presence", "set", "vacation", "--until", "14:30", "--for", "1h"}).exit_code, 2);
}

}  // namespace
}  // namespace crosspoint::testing
