// One server account, several services: what Exchange asks of one of them all keep. And what each tells of its Redis.
#include <gmock/gmock.h>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

bool SearchIsPartial() {
  directory::SearchPeopleRequest request;
  request.set_parent(testing::Stack::kTenant);
  request.set_query("Nobody Ofthisname");
  directory::SearchPeopleResponse response;
  const auto status = Outcome(Directory()->SearchPeople(TheStack().AsUser("users/searcher").get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response.partial();
}

absl::Status List(const Person& person) {
  meetings::ListMeetingsRequest request;
  request.set_parent(person.name);
  meetings::ListMeetingsResponse response;
  return Outcome(Meetings()->ListMeetings(TheStack().AsUser(person.name).get(), request, &response));
}

TEST(Politeness, SilenceAskedOfTheDirectoryIsKeptByMeetingSync) {
  const auto person = NewPerson();
  ASSERT_TRUE(testing::Eventually([&] { return List(person).ok(); }));
  TheStack().exchange().Post("/sim/faults",
                             R"({"operation": "ResolveNames", "kind": "server_busy", "back_off_ms": 2000})");
  const auto begin = steady_clock::now();
  EXPECT_TRUE(SearchIsPartial());
  const auto status = List(person);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_GE(steady_clock::now() - begin, 2000ms);
  EXPECT_TRUE(testing::Eventually([] { return !SearchIsPartial(); }));
}

TEST(Politeness, EveryServiceTellsWhatItsRedisDoes) {
  TheStack();
  for (auto* process : TheStack().processes()) {
    const auto text = process->Get("/metrics").second;
    EXPECT_THAT(text, ::testing::HasSubstr("\ncrosspoint_redis_connected 1\n")) << process->label();
    EXPECT_THAT(text, ::testing::HasSubstr("\ncrosspoint_redis_commands_total{code=\"OK\",kind=\"command\"} "));
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("commands_total{code=\"OK\",kind=\"command\"} 0\n")))
        << process->label() << ": at least readiness asks";
  }
}

}  // namespace
}  // namespace crosspoint::e2e
