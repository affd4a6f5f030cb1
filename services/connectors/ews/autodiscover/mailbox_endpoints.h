#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "connectors/ews/autodiscover/autodiscover.h"

namespace crosspoint::ews {

// Whether nobody answered, which says nothing about the mailbox.
bool IsNoAnswer(const absl::Status& status);

// Remembers where mailboxes are, and asks again when a call says that they moved (Reaction::kRediscover, also as what
// comes after repeating in vain) or the answer grew old. Thread-safe; two threads that miss the same mailbox both ask.
class MailboxEndpoints {
 public:
  using Deadline = Autodiscover::Deadline;
  using Endpoints = Autodiscover::Endpoints;
  using Discover = std::function<Endpoints(const std::vector<std::string>&, Deadline)>;

  struct Options {
    std::chrono::seconds fresh_for{6 * 3600};
    std::chrono::seconds failure_for{60};     // how long a failure is the answer
    std::chrono::seconds rediscover_gap{60};  // a mailbox is not asked for again sooner, however often it is noted
    size_t max_mailboxes = 50'000;            // beyond it everything is forgotten: asking again costs only time
  };

  // `clock` must outlive this.
  MailboxEndpoints(Discover discover, const Clock& clock, Options options);
  MailboxEndpoints(Discover discover, const Clock& clock) : MailboxEndpoints(std::move(discover), clock, Options()) {}

  // In the order asked. Where Autodiscover is in trouble, what was known before is given on.
  Endpoints Get(const std::vector<std::string>& mailboxes, Deadline deadline);
  // What a call about `mailbox` came to.
  void Note(const std::string& mailbox, const absl::Status& status);

  // What was told last, however old, without asking: nullopt when nothing was, kAborted once Note has cast doubt on it.
  std::optional<absl::StatusOr<MailboxEndpoint>> Known(const std::string& mailbox) const;
  // Up to `most` of `mailboxes`, those whose answer is missing or grew old.
  std::vector<std::string> Missing(const std::vector<std::string>& mailboxes, size_t most) const;

 private:
  struct Entry {
    absl::StatusOr<MailboxEndpoint> endpoint;
    TimePoint asked;
    TimePoint good_until;
    bool doubted = false;  // it may have moved
  };
  void Keep(const std::string& mailbox, absl::StatusOr<MailboxEndpoint>& answer, TimePoint now);  // needs mu_

  const Discover discover_;
  const Clock& clock_;
  const Options options_;
  mutable std::mutex mu_;
  std::map<std::string, Entry> entries_;  // by address in lower case; guarded by mu_
};

}  // namespace crosspoint::ews
