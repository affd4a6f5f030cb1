// Parts killed in the middle of work: what was acknowledged is there, callers get UNAVAILABLE with a reason, and the
// system recovers by itself.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <signal.h>

#include <atomic>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "connectors/ews/properties.h"
#include "tests/e2e/running_system.h"
#include "tests/story/presence_watcher.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using story::PresenceWatcher;

// Sets people's states without pause from several threads, and remembers what was acknowledged.
class StateSetters {
 public:
  StateSetters(std::vector<Person> people, std::vector<int> replicas) : people_(std::move(people)) {
    for (size_t i = 0; i < people_.size(); ++i) {
      threads_.emplace_back([this, i, replicas] { Run(people_[i], replicas[i % replicas.size()]); });
    }
  }
  ~StateSetters() { Stop(); }

  void Stop() {
    stop_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  // Of a user: the last acknowledged state, and whether a later one was attempted without an answer.
  struct Last {
    std::string acknowledged;
    std::string attempted;  // empty when nothing is open
  };
  std::map<std::string, Last> last() const {
    const std::lock_guard lock(mu_);
    return last_;
  }
  // What callers saw, by code and reason.
  std::map<std::string, int> outcomes() const {
    const std::lock_guard lock(mu_);
    return outcomes_;
  }

 private:
  void Run(const Person& person, int replica) {
    const auto stub = Presence(replica);
    for (int i = 0; !stop_; ++i) {
      presence::SetAvailabilityRequest request;
      request.set_user(person.name);
      request.set_state(i % 2 == 0 ? "vacation" : "custom");
      request.set_note(std::to_string(i));
      presence::Presence answer;
      const auto context = TheStack().AsUser(person.name);
      context->set_deadline(std::chrono::system_clock::now() + 2s);
      {
        const std::lock_guard lock(mu_);
        last_[person.name].attempted = request.note();
      }
      const auto status = Outcome(stub->SetAvailability(context.get(), request, &answer));
      const std::lock_guard lock(mu_);
      const auto info = GetErrorInfo(status);
      ++outcomes_[absl::StatusCodeToString(status.code()) + (info ? " " + info->reason : "")];
      if (status.ok()) last_[person.name] = {request.note(), ""};
      if (!status.ok()) testing::Pause(5ms);
    }
  }

  const std::vector<Person> people_;
  std::atomic<bool> stop_{false};
  mutable std::mutex mu_;
  std::map<std::string, Last> last_;     // guarded by mu_
  std::map<std::string, int> outcomes_;  // guarded by mu_
  std::vector<std::thread> threads_;
};

std::string NoteOf(const std::string& user, int replica) {
  presence::GetPresenceRequest request;
  request.set_user(user);
  presence::Presence answer;
  const auto status = Outcome(Presence(replica)->GetPresence(TheStack().AsUser(user).get(), request, &answer));
  return status.ok() ? answer.availability().note() : status.ToString();
}

std::vector<Person> People(int count) {
  std::vector<Person> people;
  for (int i = 0; i < count; ++i) people.push_back(NewPerson());
  return people;
}

// What was acknowledged last, or attempted after it, is what all replicas say within two seconds.
void ExpectTruth(const StateSetters& setters) {
  for (const auto& [user, last] : setters.last()) {
    for (int replica = 0; replica < TheStack().Replicas("presence"); ++replica) {
      EXPECT_TRUE(testing::Eventually(
          [&] {
            const auto note = NoteOf(user, replica);
            return note == last.acknowledged || (!last.attempted.empty() && note == last.attempted);
          },
          2s))
          << user << " on presence-" << replica << " says " << NoteOf(user, replica) << ", acknowledged was "
          << last.acknowledged << ", attempted " << last.attempted;
    }
  }
}

void Print(const char* what, const std::map<std::string, int>& outcomes) {
  std::cout << what << ":";
  for (const auto& [outcome, count] : outcomes) std::cout << " " << outcome << "=" << count;
  std::cout << "\n";
}

// Only these may reach a caller when a part dies.
void ExpectPlainOutcomes(const std::map<std::string, int>& outcomes) {
  for (const auto& [outcome, count] : outcomes) {
    EXPECT_TRUE(outcome.starts_with("OK") || outcome.starts_with("UNAVAILABLE") ||
                outcome.starts_with("DEADLINE_EXCEEDED"))
        << outcome << " " << count << " times";
  }
}

TEST(Killed, APresenceReplicaUnderLoad) {
  const auto people = People(4);
  PresenceWatcher watcher(TheStack().Channel("presence", 0), TheStack().AsUser(people[0].name),
                          {people[0].name, people[1].name, people[2].name, people[3].name});
  StateSetters setters(people, {0, 1});
  testing::Pause(500ms);
  TheStack().presence(1).Kill();
  testing::Pause(500ms);
  TheStack().presence(1).Start();
  TheStack().presence(1).WaitReady();
  testing::Pause(500ms);
  setters.Stop();
  Print("presence-1 killed", setters.outcomes());
  ExpectPlainOutcomes(setters.outcomes());
  EXPECT_GT(setters.outcomes()["OK"], 100);
  ExpectTruth(setters);
  EXPECT_FALSE(watcher.ended()) << "the other replica's watchers are not touched";
}

TEST(Killed, RedisUnderLoad) {
  const auto people = People(4);
  PresenceWatcher watcher(TheStack().Channel("presence", 0), TheStack().AsUser(people[0].name), {people[0].name});
  StateSetters setters(people, {0, 1});
  testing::Pause(500ms);
  TheStack().redis().Kill();
  testing::Pause(300ms);
  TheStack().redis().Restart();
  for (auto* process : TheStack().processes()) process->WaitReady();
  testing::Pause(500ms);
  setters.Stop();
  Print("redis killed", setters.outcomes());
  ExpectPlainOutcomes(setters.outcomes());
  ExpectTruth(setters);
  // The watcher that lived through it has the truth too.
  ASSERT_FALSE(watcher.ended());
  const auto count = watcher.count();
  presence::SetAvailabilityRequest set;
  set.set_user(people[0].name);
  set.set_state("do-not-disturb");
  presence::Presence answer;
  ASSERT_TRUE(Outcome(Presence(1)->SetAvailability(TheStack().AsUser(people[0].name).get(), set, &answer)).ok());
  EXPECT_TRUE(watcher.WaitFor(people[0].name, "do-not-disturb", count, 2s).has_value());
}

TEST(Killed, TheDirectoryWhileUsersAreCreated) {
  NewPerson();  // the system runs
  std::atomic<bool> stop{false};
  std::vector<std::string> acknowledged;
  std::map<std::string, int> outcomes;
  std::thread creator([&] {
    const auto stub = Directory();
    for (int i = 0; !stop; ++i) {
      directory::CreateUserRequest request;
      request.set_parent(testing::Stack::kTenant);
      request.mutable_user()->set_display_name("Killed " + std::to_string(i));
      request.mutable_user()->set_mailbox_binding(directory::MAILBOX_BINDING_NONE);
      directory::User user;
      const auto status = Outcome(stub->CreateUser(TheStack().AsAdmin().get(), request, &user));
      ++outcomes[absl::StatusCodeToString(status.code())];
      if (status.ok()) acknowledged.push_back(user.name());
    }
  });
  testing::Pause(300ms);
  TheStack().directory().Kill();
  testing::Pause(100ms);
  TheStack().directory().Start();
  TheStack().directory().WaitReady();
  testing::Pause(500ms);
  stop = true;
  creator.join();
  Print("directory killed", outcomes);
  ExpectPlainOutcomes(outcomes);
  ASSERT_GT(acknowledged.size(), 5u);
  const auto get = [](const std::string& name) {
    directory::GetUserRequest request;
    request.set_name(name);
    directory::User user;
    const auto context = TheStack().AsAdmin();
    // A client of the synchronous API makes no progress in connecting while none of its calls waits.
    context->set_wait_for_ready(true);
    return Outcome(Directory()->GetUser(context.get(), request, &user));
  };
  for (const auto& name : acknowledged) EXPECT_TRUE(get(name).ok()) << name;
}

TEST(Killed, MeetingSyncAndAMeetingMadeMeanwhileStillTakesEffect) {
  const auto person = NewPerson();
  const auto now = NextSecondAfter(0s);
  ews::CalendarDraft draft{.subject = "Known before", .start = now + 600s, .end = now + 1200s};
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  TheStack().meeting_sync().Kill();
  // Made while nobody listens, running already when somebody does again.
  draft = {.subject = "Made meanwhile", .start = now, .end = now + 600s};
  draft.extended_properties = {{ews::CrosspointAvailabilityStatePath(), "do-not-disturb"}};
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  TheStack().meeting_sync().Start();
  TheStack().meeting_sync().WaitReady();
  EXPECT_TRUE(testing::Eventually([&] { return StateOf(person.name) == "do-not-disturb"; }, 30s))
      << StateOf(person.name);
}

TEST(Killed, TheNotificationStreamAndChangesAreStillSeen) {
  const auto person = NewPerson();
  const auto put = [&](const char* state) {
    const auto now = NextSecondAfter(0s);
    ews::CalendarDraft draft{.subject = state, .start = now, .end = now + 600s};
    draft.extended_properties = {{ews::CrosspointAvailabilityStatePath(), state}};
    return TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok();
  };
  ASSERT_TRUE(put("custom"));
  ASSERT_TRUE(testing::Eventually([&] { return StateOf(person.name) == "custom"; }));
  TheStack().exchange().Post("/sim/cut-streams");
  TheStack().exchange().Post("/sim/drop-subscriptions");
  testing::Pause(1100ms);  // so that the next meeting begins in a later second: the latest start wins
  ASSERT_TRUE(put("vacation"));
  EXPECT_TRUE(testing::Eventually([&] { return StateOf(person.name) == "vacation"; }, 30s)) << StateOf(person.name);
}

TEST(Footprint, EveryServiceComesBackAndSaysHowSoonAndHowBig) {
  for (auto* process : TheStack().processes()) {
    ASSERT_EQ(process->Terminate(), 0) << process->label();
    const auto start = std::chrono::steady_clock::now();
    process->Start();
    process->WaitReady();
    const auto ready = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    const double resident = process->MemoryKb("Rss") / 1024.0;
    const double own = (process->MemoryKb("Private_Clean") + process->MemoryKb("Private_Dirty")) / 1024.0;
    std::cout << process->label() << ": ready in " << ready << " ms, resident " << resident << " MB, private " << own
              << " MB\n";
    RecordProperty(process->label() + "_ready_ms", std::to_string(ready));
    RecordProperty(process->label() + "_resident_mb", std::to_string(resident));
    RecordProperty(process->label() + "_private_mb", std::to_string(own));
    EXPECT_GT(resident, 0);
  }
}

}  // namespace
}  // namespace crosspoint::e2e
