#pragma once

#include <map>
#include <optional>
#include <set>

#include "common/clock/time_point.h"
#include "connectors/ews/types.h"
#include "tests/chaos/actor.h"

namespace crosspoint::chaos {

// People who put meetings into their mailboxes, and take some out again; each is listed once and has one claim.
class Calendars final : public Actor {
 public:
  explicit Calendars(World& world);
  std::string name() const override { return "calendars"; }
  void Act(const std::atomic<bool>& stop) override;
  Difference Check() override;

 private:
  void Make(const World::Person& person, const std::atomic<bool>& stop);
  void Remove(const World::Person& person, const std::atomic<bool>& stop);
  // The item as the mailbox has it: asked before anything is done once more. Waits until Exchange answers.
  std::optional<ews::ItemId> Find(const World::Person& person, const std::string& subject);
  Difference CheckList(const World::Person& person, const std::set<std::string>& subjects);
  Difference CheckClaims(const World::Person& person, size_t count);

  World& world_;
  const TimePoint first_;  // meetings lie in the days after
  int next_ = 0;
  std::map<std::string, std::set<std::string>> made_;  // by e-mail: subjects
};

}  // namespace crosspoint::chaos
