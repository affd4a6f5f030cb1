#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/ews/autodiscover/mailbox_endpoints.h"

namespace crosspoint::ews {

// Where a mailbox is asked, and with whom it may share a stream.
struct MailboxPlace {
  std::string url;
  std::string grouping;
  bool operator==(const MailboxPlace&) const = default;
};

// The places of a tenant's mailboxes, looked up by Autodiscover. While Autodiscover does not answer, a mailbox is where
// it was known to be, or else at the tenant's own address. Thread-safe.
class MailboxPlaces {
 public:
  using Deadline = Autodiscover::Deadline;

  struct Options {
    std::string home;  // the tenant's own EWS address
    std::chrono::seconds fresh_for{6 * 3600};
    std::chrono::seconds retry_after{60};  // pause after trouble, and between two questions about one mailbox
  };
  // Called when Autodiscover ceases to answer, and with OK when it answers again.
  using OnTurn = std::function<void(const absl::Status&)>;

  // `clock` must outlive this.
  MailboxPlaces(MailboxEndpoints::Discover discover, const Clock& clock, Options options, OnTurn on_turn);

  // Who else will be asked for: they are looked up together. Before the first Find; called on its threads.
  void SetCompanions(std::function<std::vector<std::string>()> companions) { companions_ = std::move(companions); }

  // Asks when it is not known. `deadline` of a call that a person waits for, which gets half of that time at most;
  // nullopt: background work.  Errors of Autodiscover::Discover that are about this mailbox.
  absl::StatusOr<MailboxPlace> Find(const std::string& mailbox, std::optional<Deadline> deadline);
  // As far as is known, without asking; nullopt when it should be asked for again.
  std::optional<MailboxPlace> Known(const std::string& mailbox) const;
  // What a call about `mailbox` came to.
  void Note(const std::string& mailbox, const absl::Status& status) { endpoints_.Note(mailbox, status); }

 private:
  MailboxEndpoints::Endpoints Ask(const std::vector<std::string>& mailboxes, Deadline deadline);
  std::vector<std::string> Batch(const std::string& mailbox) const;
  MailboxPlace PlaceOf(const MailboxEndpoint& endpoint) const;
  MailboxPlace Home() const { return {options_.home, ""}; }

  const MailboxEndpoints::Discover discover_;
  const Clock& clock_;
  const Options options_;
  const OnTurn on_turn_;
  std::function<std::vector<std::string>()> companions_;
  MailboxEndpoints endpoints_;
  std::timed_mutex asking_;  // by background work: who waits finds the answer
  std::mutex mu_;
  std::map<std::string, TimePoint> silent_until_;  // by mail domain; guarded by mu_
  bool in_trouble_ = false;                        // guarded by mu_
};

}  // namespace crosspoint::ews
