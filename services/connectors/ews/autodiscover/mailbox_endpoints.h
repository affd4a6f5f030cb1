#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "connectors/ews/autodiscover/autodiscover.h"

namespace crosspoint::ews {

// Remembers where mailboxes are, and asks again when a call says that they moved (Reaction::kRediscover) or the answer
// grew old. Thread-safe; two threads that miss the same mailbox both ask.
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

 private:
  struct Entry {
    absl::StatusOr<MailboxEndpoint> endpoint;
    TimePoint asked;
    TimePoint good_until;
  };
  void Keep(const std::string& mailbox, absl::StatusOr<MailboxEndpoint>& answer, TimePoint now);  // needs mu_

  const Discover discover_;
  const Clock& clock_;
  const Options options_;
  std::mutex mu_;
  std::map<std::string, Entry> entries_;  // by address in lower case; guarded by mu_
};

}  // namespace crosspoint::ews
