// F4: the Outlook icon is fed while its device's program holds the role. F9: one owner per device. F10: not for Mac.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>

#include "tests/e2e/gateway_calls.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;

std::string Told(const grpc::Status& status) {
  const auto told = Outcome(status);
  const auto info = GetErrorInfo(told);
  return absl::StatusCodeToString(told.code()) + (info ? " " + info->reason : "");
}

std::string Acquire(const std::string& user, const std::string& session, gateway::RoleLease& lease,
                    gateway::ClientRole role = gateway::CLIENT_ROLE_OUTLOOK_PRESENCE, int replica = 0) {
  gateway::AcquireRoleRequest request;
  request.set_session(session);
  request.set_role(role);
  return Told(Gateway(replica)->AcquireRole(TheStack().AsUser(user).get(), request, &lease));
}

std::string Renew(const std::string& user, const std::string& session, gateway::RoleLease& lease, int replica = 0) {
  gateway::RenewRoleRequest request;
  request.set_session(session);
  request.set_role(gateway::CLIENT_ROLE_OUTLOOK_PRESENCE);
  request.set_fencing_token(lease.fencing_token());
  return Told(Gateway(replica)->RenewRole(TheStack().AsUser(user).get(), request, &lease));
}

std::string Release(const std::string& user, const std::string& session, int64_t fencing_token, int replica = 0) {
  gateway::ReleaseRoleRequest request;
  request.set_session(session);
  request.set_role(gateway::CLIENT_ROLE_OUTLOOK_PRESENCE);
  request.set_fencing_token(fencing_token);
  gateway::ReleaseRoleResponse response;
  return Told(Gateway(replica)->ReleaseRole(TheStack().AsUser(user).get(), request, &response));
}

std::unique_ptr<GatewayProgram> Open(const std::string& user, gateway::ProgramKind kind, const std::string& device,
                                     int replica = 0) {
  return std::make_unique<GatewayProgram>(TheStack().GatewayChannel(replica), Forever(user),
                                          testing::HelloOf(kind, device, {gateway::CHANNEL_PRESENCE}));
}

bool Sees(const GatewayProgram& program, const std::string& user, const std::string& state, size_t from = 0) {
  return program.WaitFor([&](const auto& event) { return Tells(event, user, state); }, from) >= 0;
}

// The reason the presence channel ended with; empty when it does not.
std::string ChannelEnd(const GatewayProgram& program, std::chrono::milliseconds limit = 10s) {
  const int at = program.WaitFor([](const auto& event) { return event.has_channel_end(); }, 0, limit);
  return at < 0 ? "" : program.events()[static_cast<size_t>(at)].channel_end().reason();
}

TEST(F4, TheIconEndsWithAReasonWhenTheRolesLeaseDoesAndOthersGoOn) {
  const auto shown = NewPerson();  // without any program: its state is shown all the same
  const auto viewer = NewPerson();
  const auto other = NewPerson();
  const auto icon = Open(viewer.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1");
  const auto watcher = Open(other.name, gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-2", 1);
  gateway::RoleLease lease;
  ASSERT_EQ(Acquire(viewer.name, icon->session(), lease), "OK");
  ASSERT_TRUE(icon->Watch({shown.name}, "", gateway::CLIENT_ROLE_OUTLOOK_PRESENCE));
  ASSERT_TRUE(watcher->Watch({shown.name}));
  EXPECT_TRUE(Sees(*icon, shown.name, "available"));
  EXPECT_TRUE(Sees(*watcher, shown.name, "available"));

  // Held for longer than one lease by renewing it.
  for (int i = 0; i < 5; ++i) {
    testing::Pause(600ms);
    icon->Heartbeat();
    watcher->Heartbeat();
    ASSERT_EQ(Renew(viewer.name, icon->session(), lease, i % 2), "OK");
  }
  ASSERT_TRUE(SetState(shown.name, "vacation").ok());
  EXPECT_TRUE(Sees(*icon, shown.name, "vacation"));
  EXPECT_TRUE(Sees(*watcher, shown.name, "vacation"));

  // No longer renewed, while the session goes on.
  const auto begin = std::chrono::steady_clock::now();
  while (ChannelEnd(*icon, 100ms).empty() && std::chrono::steady_clock::now() - begin < 8s) {
    icon->Heartbeat();
    watcher->Heartbeat();
  }
  EXPECT_EQ(ChannelEnd(*icon, 0ms), "ROLE_LOST");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s) << "the lease was 2 s";
  const auto events = icon->events().size();
  ASSERT_TRUE(SetState(shown.name, "custom").ok());
  EXPECT_TRUE(Sees(*watcher, shown.name, "custom"));
  EXPECT_FALSE(watcher->ended());
  EXPECT_FALSE(icon->ended());
  for (size_t i = events; i < icon->events().size(); ++i) EXPECT_FALSE(icon->events()[i].has_channel_event());

  ASSERT_EQ(Acquire(viewer.name, icon->session(), lease), "OK");
  ASSERT_TRUE(icon->Watch({shown.name}, "", gateway::CLIENT_ROLE_OUTLOOK_PRESENCE));
  EXPECT_TRUE(Sees(*icon, shown.name, "custom", events)) << "fed again";
}

TEST(F4, TheIconEndsAtOnceWhenTheHolderClosesOnAnotherReplica) {
  const auto viewer = NewPerson();
  const auto holder = Open(viewer.name, gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1", 1);
  const auto icon = Open(viewer.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1", 0);
  gateway::RoleLease lease;
  ASSERT_EQ(Acquire(viewer.name, holder->session(), lease), "OK");
  ASSERT_TRUE(icon->Watch({viewer.name}, "", gateway::CLIENT_ROLE_OUTLOOK_PRESENCE));
  ASSERT_TRUE(Sees(*icon, viewer.name, "available"));
  holder->Close();
  EXPECT_EQ(holder->End(), "OK");
  EXPECT_EQ(ChannelEnd(*icon, 1s), "ROLE_LOST");
}

TEST(F4, TheStreamEndsWhenTheViewersLeaseDoes) {
  const auto viewer = NewPerson();
  const auto icon = Open(viewer.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1");
  gateway::RoleLease lease;
  ASSERT_EQ(Acquire(viewer.name, icon->session(), lease), "OK");
  ASSERT_TRUE(icon->Watch({viewer.name}, "", gateway::CLIENT_ROLE_OUTLOOK_PRESENCE));
  EXPECT_EQ(icon->End(), "ABORTED SESSION_EXPIRED");
}

TEST(F4, WithoutTheRoleOnThisDeviceThereIsNoIcon) {
  const auto viewer = NewPerson();
  const auto neighbour = NewPerson();
  const auto theirs = Open(neighbour.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1");
  const auto elsewhere = Open(viewer.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-2");
  gateway::RoleLease lease;
  ASSERT_EQ(Acquire(neighbour.name, theirs->session(), lease), "OK");
  ASSERT_EQ(Acquire(viewer.name, elsewhere->session(), lease), "OK");
  const auto icon = Open(viewer.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1");
  ASSERT_TRUE(icon->Watch({viewer.name}, "", gateway::CLIENT_ROLE_OUTLOOK_PRESENCE));
  EXPECT_EQ(ChannelEnd(*icon), "ROLE_NOT_HELD");
  const auto mac = Open(viewer.name, gateway::PROGRAM_KIND_DESKTOP_MAC, "pc-2");
  ASSERT_TRUE(mac->Watch({viewer.name}, "", gateway::CLIENT_ROLE_OUTLOOK_PRESENCE));
  EXPECT_EQ(ChannelEnd(*mac), "PROGRAM_NOT_ALLOWED");
}

// A hundred programs on one device reach for the role at once, again and again; whoever got it releases it. How many
// rounds it came to: on a machine so slow that leases end on the way the next programs go on.
int Race(int rounds) {
  constexpr int kPrograms = 100;
  constexpr auto kRoleLease = 2s;  // of the running system, shorter than a session's
  auto heard = std::chrono::steady_clock::now();
  const auto person = NewPerson();
  std::vector<std::unique_ptr<GatewayProgram>> programs;
  for (int i = 0; i < kPrograms; ++i) {
    programs.push_back(Open(person.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1", i % 2));
  }
  std::vector<std::string> sessions;
  for (const auto& program : programs) sessions.push_back(program->session());
  std::vector<std::string> told(kPrograms);
  std::vector<gateway::RoleLease> leases(kPrograms);
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::jthread> racers;
    for (int i = 0; i < kPrograms; ++i) {
      racers.emplace_back([&, i] {
        programs[i]->Heartbeat();
        told[i] = Acquire(person.name, sessions[i], leases[i], gateway::CLIENT_ROLE_OUTLOOK_PRESENCE, i % 2);
      });
    }
    racers.clear();
    std::set<int64_t> holders;
    for (int i = 0; i < kPrograms; ++i) {
      if (told[i] == "OK") {
        EXPECT_TRUE(holders.insert(leases[i].fencing_token()).second) << "two hold it as the same holder";
      }
    }
    if (std::chrono::steady_clock::now() - heard > kRoleLease) return round + 1;
    heard = begin;
    EXPECT_THAT(holders, ::testing::ElementsAre(round + 1)) << "one, and it counts the holders before";
    EXPECT_EQ(std::count(told.begin(), told.end(), "ALREADY_EXISTS ROLE_HELD"), kPrograms - 1);
    const auto winner = std::find(told.begin(), told.end(), "OK") - told.begin();
    if (winner == kPrograms) return rounds;
    const auto released = Release(person.name, sessions[winner], leases[winner].fencing_token(), round % 2);
    if (std::chrono::steady_clock::now() - heard > kRoleLease) return round + 1;
    EXPECT_EQ(released, "OK");
  }
  return rounds;
}

TEST(F9, AHundredProgramsRaceForTheRoleAndOneHasIt) {
  constexpr int kAtOnce = 50;  // no session outlives its token
  const char* const races = std::getenv("CROSSPOINT_ROLE_RACES");
  int left = races == nullptr ? 3 : std::atoi(races);
  int slow = 0;
  while (left > 0 && !HasFailure()) {
    const int wanted = std::min(left, kAtOnce);
    const int came = Race(wanted);
    if (came < wanted) ++slow;
    left -= came;
  }
  RecordProperty("programs_that_were_too_slow", slow);
}

TEST(F9, TheNextOneComesWhenTheHolderClosesAndTheOldTokenIsGoodForNothing) {
  const auto person = NewPerson();
  const auto first = Open(person.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1", 0);
  const auto second = Open(person.name, gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1", 1);
  const auto third = Open(person.name, gateway::PROGRAM_KIND_SKYPE_TELEPHONY, "pc-3", 1);
  gateway::RoleLease held;
  gateway::RoleLease other;
  ASSERT_EQ(Acquire(person.name, first->session(), held), "OK");
  EXPECT_EQ(Acquire(person.name, first->session(), held), "OK") << "its holder again";
  EXPECT_EQ(held.fencing_token(), 1);
  EXPECT_EQ(Acquire(person.name, second->session(), other), "ALREADY_EXISTS ROLE_HELD");
  EXPECT_EQ(Acquire(person.name, third->session(), other), "OK") << "another device";
  const auto session = first->session();
  first->Close();
  EXPECT_EQ(first->End(), "OK");
  ASSERT_EQ(Acquire(person.name, second->session(), other), "OK");
  EXPECT_EQ(other.fencing_token(), 2);
  EXPECT_EQ(Renew(person.name, session, held), "ABORTED ROLE_LOST");
  EXPECT_EQ(Release(person.name, session, held.fencing_token()), "ABORTED ROLE_LOST");
  EXPECT_EQ(Renew(person.name, second->session(), other), "OK") << "untouched by the old holder";
}

TEST(F9, AHolderFrozenBeyondItsLeaseCannotActByItAgain) {
  const auto person = NewPerson();
  const auto frozen = Open(person.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1");
  const auto next = Open(person.name, gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1");
  gateway::RoleLease held;
  gateway::RoleLease taken;
  ASSERT_EQ(Acquire(person.name, frozen->session(), held), "OK");
  std::string told;
  ASSERT_TRUE(testing::Eventually(
      [&] {
        testing::Pause(200ms);
        frozen->Heartbeat();
        next->Heartbeat();
        return (told = Acquire(person.name, next->session(), taken)) == "OK";
      },
      6s))
      << told;
  EXPECT_EQ(taken.fencing_token(), held.fencing_token() + 1);
  EXPECT_EQ(Renew(person.name, frozen->session(), held), "ABORTED ROLE_LOST");
  EXPECT_EQ(Release(person.name, frozen->session(), held.fencing_token()), "ABORTED ROLE_LOST");
}

// A replica that does nothing, like a holder that hears and says nothing, until the object is gone.
class Frozen {
 public:
  explicit Frozen(testing::ServiceProcess& process) : process_(process) { process_.Signal(SIGSTOP); }
  ~Frozen() { process_.Signal(SIGCONT); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  testing::ServiceProcess& process_;
};

// How long the frozen holder stays so: long enough by default for its lease of 2 s.
std::chrono::seconds FreezeTime() {
  const char* const seconds = std::getenv("CROSSPOINT_ROLE_FREEZE_S");
  return std::chrono::seconds(seconds == nullptr ? 3 : std::atoi(seconds));
}

TEST(F9, AHolderFrozenWithItsReplicaComesTooLateWithWhatItSaidMeanwhile) {
  const auto person = NewPerson();
  const auto holder = Open(person.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1", 1);
  const auto next = Open(person.name, gateway::PROGRAM_KIND_DESKTOP_WINDOWS, "pc-1", 0);
  gateway::RoleLease held;
  ASSERT_EQ(Acquire(person.name, holder->session(), held, gateway::CLIENT_ROLE_OUTLOOK_PRESENCE, 1), "OK");
  const auto session = holder->session();
  gateway::RoleLease taken;
  std::future<std::string> late;
  {
    const Frozen frozen(TheStack().gateway(1));
    const auto until = std::chrono::steady_clock::now() + FreezeTime();
    auto mine = held;
    late = std::async(std::launch::async, [&person, session, mine]() mutable {
      gateway::RenewRoleRequest request;
      request.set_session(session);
      request.set_role(gateway::CLIENT_ROLE_OUTLOOK_PRESENCE);
      request.set_fencing_token(mine.fencing_token());
      return Told(Gateway(1)->RenewRole(Forever(person.name).get(), request, &mine));
    });
    ASSERT_TRUE(testing::Eventually([&] {
      testing::Pause(100ms);
      next->Heartbeat();
      return Acquire(person.name, next->session(), taken) == "OK";
    }));
    while (std::chrono::steady_clock::now() < until) {
      testing::Pause(200ms);
      next->Heartbeat();
      ASSERT_EQ(Renew(person.name, next->session(), taken), "OK");
    }
  }
  EXPECT_EQ(taken.fencing_token(), held.fencing_token() + 1);
  EXPECT_NE(late.get(), "OK");  // over a minute its connection is given up as dead
  EXPECT_THAT(Release(person.name, session, held.fencing_token(), 1),
              ::testing::AnyOf("ABORTED ROLE_LOST", "NOT_FOUND SESSION_UNKNOWN"));
  EXPECT_EQ(Renew(person.name, next->session(), taken), "OK") << "untouched by the frozen one";
}

TEST(F9, AnIconFrozenWithItsReplicaTellsNothingAfterTheRoleEnded) {
  const auto shown = NewPerson();
  const auto viewer = NewPerson();
  const auto icon = Open(viewer.name, gateway::PROGRAM_KIND_OUTLOOK_ADDIN, "pc-1", 1);
  gateway::RoleLease lease;
  ASSERT_EQ(Acquire(viewer.name, icon->session(), lease, gateway::CLIENT_ROLE_OUTLOOK_PRESENCE, 1), "OK");
  ASSERT_TRUE(icon->Watch({shown.name}, "", gateway::CLIENT_ROLE_OUTLOOK_PRESENCE));
  ASSERT_TRUE(Sees(*icon, shown.name, "available"));
  {
    const Frozen frozen(TheStack().gateway(1));
    testing::Pause(FreezeTime());
    ASSERT_TRUE(SetState(shown.name, "vacation").ok());
  }
  // By the role or, when the session's lease is over as well, with the session.
  EXPECT_TRUE(testing::Eventually([&] { return icon->ended() || ChannelEnd(*icon, 0ms) == "ROLE_LOST"; }));
  for (const auto& event : icon->events()) EXPECT_FALSE(Tells(event, shown.name, "vacation"));
}

TEST(F10, TheRoleIsRefusedToMacWithAReason) {
  const auto person = NewPerson();
  const auto mac = Open(person.name, gateway::PROGRAM_KIND_DESKTOP_MAC, "mac-1");
  gateway::RoleLease lease;
  EXPECT_EQ(Acquire(person.name, mac->session(), lease), "FAILED_PRECONDITION PROGRAM_NOT_ALLOWED");
  EXPECT_EQ(Acquire(person.name, mac->session(), lease, gateway::CLIENT_ROLE_TELEPHONY_WINDOW), "OK");
  const auto stranger = NewPerson();
  EXPECT_EQ(Acquire(stranger.name, mac->session(), lease), "NOT_FOUND SESSION_UNKNOWN");
}

}  // namespace
}  // namespace crosspoint::e2e
