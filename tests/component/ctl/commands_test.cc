// What the other groups show of a running system.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <signal.h>

#include <fstream>

#include "common/clock/clock.h"
#include "connectors/ews/client.h"
#include "tests/component/ctl/program.h"
#include "tests/story/desk_phone.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

TEST(CtlSearch, ShowsThePersonOfBothDirectoriesOnce) {
  const auto user = MakeCtlUser("Sarah Seeker", "sarah.seeker@corp.example", "5001");
  const Ctl ctl(IdOf(user), {"user"});
  const auto table = ctl.Run({"search", "seeker"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("5001"));
  EXPECT_THAT(table.out, HasSubstr("+1 555 0100"));
  const auto people = ctl.Run({"search", "seeker", "--json"}).Messages();
  ASSERT_EQ(people.size(), 1u);
  EXPECT_EQ(people[0].at("user"), user);

  const auto nobody = ctl.Run({"search", "zzznobody"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_THAT(nobody.out, IsEmpty());
}

TEST(CtlPresence, IsSetAndShownAndTakenBack) {
  const auto user = MakeCtlUser("Paul Present", "paul.present@corp.example", "5002");
  const Ctl ctl(IdOf(user), {"user"});
  const auto set = ctl.Run({"presence", "set", "do-not-disturb", "--note", "writing", "--for", "30m"});
  EXPECT_EQ(set.exit_code, 0) << set.err;
  EXPECT_THAT(set.out, HasSubstr("writing"));
  const auto got = ctl.Run({"presence", "get", "--json"}).Messages();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].at("availability").at("state"), "do-not-disturb");
  EXPECT_EQ(ctl.Run({"presence", "clear"}).exit_code, 0);
  EXPECT_EQ(ctl.Run({"presence", "get", "--json"}).Messages()[0].at("availability").at("state"), "available");
}

TEST(CtlPresence, WatchShowsChangesAsTheyHappenAndGoesOnAfterARestart) {
  const auto user = MakeCtlUser("Wanda Watched", "wanda.watched@corp.example", "5003");
  const Ctl ctl(IdOf(user), {"user"});
  const auto watch = ctl.Start({"presence", "watch", "--json"});
  ASSERT_TRUE(Eventually([&] { return watch->out().find("\"available\"") != std::string::npos; })) << watch->err();
  ASSERT_EQ(ctl.Run({"presence", "set", "vacation"}).exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return watch->out().find("\"vacation\"") != std::string::npos; }));

  CtlStack().presence().Kill();
  CtlStack().presence().Start();
  CtlStack().presence().WaitReady();
  // The gateway may still be on its way back to the service.
  ASSERT_TRUE(Eventually([&] { return ctl.Run({"presence", "set", "do-not-disturb"}).exit_code == 0; }, 20s));
  EXPECT_TRUE(Eventually([&] { return watch->out().find("\"do-not-disturb\"") != std::string::npos; }, 20s))
      << watch->err();
  watch->Signal(SIGINT);
  EXPECT_EQ(watch->Wait().exit_code, 0) << "Ctrl-C is how a watch ends";
}

TEST(CtlPresence, WatchEndsAfterTheLinesAskedFor) {
  const auto user = MakeCtlUser("Counted Line", "counted.line@corp.example", "5004");
  const auto result = Ctl(IdOf(user), {"user"}).Run({"presence", "watch", "--count", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
}

TEST(CtlMeetings, AMeetingOfTheMailboxIsListedAndTakenAsIcs) {
  const auto user = MakeCtlUser("Mia Meeting", "mia.meeting@corp.example", "5005");
  const auto start = std::chrono::ceil<std::chrono::seconds>(SystemClock().Now()) + 1h;
  const ews::CalendarDraft draft{.subject = "Line up", .location = "Room 7", .start = start, .end = start + 30min};
  const auto put = CtlStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone,
                                                             {.mailbox = "mia.meeting@corp.example"});
  ASSERT_TRUE(put.ok()) << put.status();
  const Ctl ctl(IdOf(user), {"user"});
  std::string id;
  ASSERT_TRUE(Eventually([&] {
    for (const auto& meeting : ctl.Run({"meetings", "list", "--from", "now", "--json"}).Messages()) {
      if (meeting.at("subject") == "Line up") id = IdOf(meeting.at("name"));
    }
    return !id.empty();
  }));
  EXPECT_THAT(ctl.Run({"meetings", "list"}).out, HasSubstr("Room 7"));
  EXPECT_THAT(ctl.Run({"meetings", "ics", id}).out, HasSubstr("BEGIN:VCALENDAR"));
  const auto file = CtlStack().dir() / "line-up.ics";
  EXPECT_EQ(ctl.Run({"meetings", "ics", id, "-o", file}).exit_code, 0);
  EXPECT_GT(std::filesystem::file_size(file), 100u);
  EXPECT_EQ(ctl.Run({"meetings", "ics", id, "-o", "/nowhere/x.ics"}).exit_code, 2);
}

TEST(CtlMeetings, AnInvitationIsPreparedAndNothingExistsYet) {
  const auto user = MakeCtlUser("Petra Prepare", "petra.prepare@corp.example", "5009");
  const Ctl ctl(IdOf(user), {"user"});
  const std::vector<std::string> form{"meetings",
                                      "prepare",
                                      "Rocket launch",
                                      "--start",
                                      "+90m",
                                      "--duration",
                                      "45m",
                                      "--location",
                                      "Room 7",
                                      "--attendee",
                                      "guest@partner.example",
                                      "--presenter",
                                      "pat@partner.example",
                                      "--state",
                                      "do-not-disturb"};
  CtlResult table;
  // The service may still be learning of the user.
  ASSERT_TRUE(Eventually([&] { return (table = ctl.Run(form)).exit_code == 0; })) << table.err;
  for (const char* part :
       {"meeting ", "time ", "url ", "dial-in ", "code ", "host code ", "password ", "correlation "}) {
    EXPECT_THAT(table.out, HasSubstr(part));
  }
  EXPECT_THAT(table.err, HasSubstr("nothing exists until the invitation is sent"));
  auto with_json = form;
  with_json.push_back("--json");
  const auto invites = ctl.Run(with_json).Messages();
  ASSERT_EQ(invites.size(), 1u);
  const auto& meeting = invites[0].at("meeting");
  EXPECT_EQ(meeting.at("subject"), "Rocket launch");
  EXPECT_EQ(meeting.at("location"), "Room 7");
  EXPECT_EQ(meeting.at("availabilityState"), "do-not-disturb");
  EXPECT_EQ(meeting.at("attendees").size(), 2u);
  const auto code = meeting.at("conference").at("participantCode").get<std::string>();
  EXPECT_THAT(meeting.at("conference").at("url").get<std::string>(), HasSubstr(code));
  EXPECT_THAT(ctl.Run({"meetings", "list", "--json"}).out, IsEmpty());
}

TEST(CtlMeetings, WhatCannotBePreparedIsRefusedSayingWhat) {
  const auto user = MakeCtlUser("Will Wrong", "will.wrong@corp.example", "5010");
  const Ctl ctl(IdOf(user), {"user"});
  const auto prepare = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"meetings", "prepare", "Rocket"});
    return ctl.Run(options);
  };
  ASSERT_TRUE(Eventually([&] { return prepare({"--start", "+1h"}).exit_code == 0; }));
  EXPECT_EQ(prepare({}).exit_code, 2);
  EXPECT_THAT(prepare({"--start", "soon"}).err, HasSubstr("--start"));
  EXPECT_EQ(prepare({"--start", "soon"}).exit_code, 2);
  EXPECT_EQ(prepare({"--start", "+1h", "--duration", "long"}).exit_code, 2);
  const auto state = prepare({"--start", "+1h", "--state", "no key"});
  EXPECT_EQ(state.exit_code, 1);
  EXPECT_THAT(state.err, HasSubstr("availability_state"));
  const auto attendee = prepare({"--start", "+1h", "--attendee", "nobody"});
  EXPECT_EQ(attendee.exit_code, 1);
  EXPECT_THAT(attendee.err, HasSubstr("attendees"));
  const auto admin = Ctl("admin", {"tenant_admin"}).Run({"meetings", "prepare", "Rocket", "--start", "+1h"});
  EXPECT_EQ(admin.exit_code, 4) << admin.err;
}

TEST(CtlMeetings, AMeetingIsExplainedToItsOwnerAndTheAdministrator) {
  const auto user = MakeCtlUser("Xenia Explain", "xenia.explain@corp.example", "5017");
  const auto start = std::chrono::ceil<std::chrono::seconds>(SystemClock().Now()) + 1h;
  const ews::CalendarDraft draft{.subject = "Why", .start = start, .end = start + 30min};
  const auto put = CtlStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone,
                                                             {.mailbox = "xenia.explain@corp.example"});
  ASSERT_TRUE(put.ok()) << put.status();
  const Ctl ctl(IdOf(user), {"user"});
  std::string name;
  ASSERT_TRUE(Eventually([&] {
    for (const auto& meeting : ctl.Run({"meetings", "list", "--json"}).Messages()) name = meeting.at("name");
    return !name.empty();
  }));
  const auto lines = ctl.Run({"meetings", "explain", IdOf(name)});
  EXPECT_EQ(lines.exit_code, 0) << lines.err;
  const auto messages = ctl.Run({"meetings", "explain", name, "--json"}).Messages();
  ASSERT_EQ(messages.size(), 1u);
  ASSERT_FALSE(messages[0].at("steps").empty());
  std::string steps;
  for (const auto& step : messages[0].at("steps")) steps += step.get<std::string>() + "\n";
  EXPECT_EQ(lines.out, steps);
  EXPECT_EQ(Ctl("admin", {"tenant_admin"}).Run({"meetings", "explain", name}).out, steps);

  const auto missing = ctl.Run({"meetings", "explain", "nothing"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.out, IsEmpty());
  EXPECT_THAT(missing.err, HasSubstr("RESOURCE_NOT_FOUND"));
  EXPECT_EQ(ctl.Run({"meetings", "explain"}).exit_code, 2);
}

TEST(CtlContacts, AreUploadedAndNameANumber) {
  const auto user = MakeCtlUser("Cora Contact", "cora.contact@corp.example", "5007");
  const Ctl ctl(IdOf(user), {"user"});
  const auto file = WriteFile("contacts.csv",
                              "display_name,emails,mobile_phone\n"
                              "Bea Brown,bea@x.example,030 23125-101\n"
                              "Carl Cole,,+1 202 555 0103\n");
  const auto upload = [&] { return ctl.Run({"contacts", "upload", file, "--source", "outlook"}); };
  // The service may still be learning of the user.
  ASSERT_TRUE(Eventually([&] { return upload().exit_code == 0; })) << upload().err;
  EXPECT_THAT(upload().out, HasSubstr("0 created, 0 updated, 0 deleted, 2 unchanged"));
  const auto other =
      ctl.Run({"contacts", "upload", "-", "--source", "outlook", "--replace-all"}, "display_name\nNew\n");
  EXPECT_THAT(other.out, HasSubstr("1 created, 0 updated, 2 deleted")) << other.err;
  EXPECT_THAT(upload().out, HasSubstr("2 created")) << "the same file as before, after another: not the old answer";
  const auto found = ctl.Run({"contacts", "lookup", "+493023125101"});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("Bea Brown"));
  EXPECT_EQ(ctl.Run({"contacts", "lookup", "+493023125199"}).exit_code, 1);
}

TEST(CtlSessions, ShowWhichProgramsAreConnected) {
  const auto user = MakeCtlUser("Sam Session", "sam.session@corp.example", "5008");
  const Ctl ctl(IdOf(user), {"user"});
  const story::DeskPhone phone(CtlStack().GatewayChannel(), CtlStack().AsUser(user), "desk-1");
  EXPECT_TRUE(Eventually([&] {
    const auto sessions = ctl.Run({"sessions"});
    return sessions.exit_code == 0 && sessions.out.find("desk-1") != std::string::npos &&
           sessions.out.find("deskphone") != std::string::npos;
  })) << phone.ended();
}

TEST(CtlConnector, TestTellsEachStepAndEndsWithFailureWhenOneFails) {
  MakeCtlUser("Carl Connector", "carl.connector@corp.example", "5006");
  const Ctl ctl;
  const auto fine = ctl.Run({"connector", "test", "--mailbox", "carl.connector@corp.example"});
  EXPECT_EQ(fine.exit_code, 0) << fine.err;
  EXPECT_THAT(fine.out, HasSubstr("impersonation"));
  const auto wrong = ctl.Run({"connector", "test", "--mailbox", "nobody.at.all@corp.example"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.out, HasSubstr("FAILED"));
}

TEST(CtlConnector, IsSetPieceByPieceAndShown) {
  const Ctl ctl("admin", {"tenant_admin"}, "south");
  const auto exchange = CtlStack().exchange().ews_url();
  const auto set =
      ctl.Run({"connector", "set", "--address", exchange, "--username", "x", "--password", "x", "--enable"});
  EXPECT_EQ(set.exit_code, 0) << set.err;
  EXPECT_THAT(set.out, HasSubstr("enabled  yes"));
  EXPECT_EQ(ctl.Run({"connector", "set", "--disable"}).exit_code, 0);
  const auto shown = ctl.Run({"connector", "get"});
  EXPECT_THAT(shown.out, HasSubstr("enabled  no"));
  EXPECT_THAT(shown.out, HasSubstr(exchange)) << "what was not given stays";
  EXPECT_EQ(ctl.Run({"connector", "set"}).exit_code, 2);
  const auto wrong = ctl.Run({"connector", "set", "--password", ""});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("password"));
}

TEST(CtlOutbox, WithNothingWaitingItSaysSoAndReplayNeedsANameOrAll) {
  const Ctl ctl("operator", {"operator"});
  const auto list = ctl.Run({"outbox", "list", "--service", "meeting-sync"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.err, HasSubstr("no work waits"));
  EXPECT_EQ(ctl.Run({"outbox", "replay"}).exit_code, 2);
  EXPECT_EQ(ctl.Run({"outbox", "replay", "--all", "--service", "meeting-sync"}).exit_code, 0);
  const auto unknown =
      ctl.Run({"outbox", "replay", "--service", "meeting-sync", "cp:{meeting_sync:default:u1}:outbox/1-0"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("NO_DEAD_LETTER"));
}

}  // namespace
}  // namespace crosspoint::testing
