#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crosspoint::exchange_sim {

// Trouble ordered in advance. README.md describes the kinds.
struct InjectedFault {
  std::string operation = "*";  // "*" for any
  std::string mailbox;          // address, empty for any
  std::string kind;
  std::string code;       // an EWS response code, where the kind takes one
  std::string location;   // http_redirect
  int after = 0;          // so many that fit are let through before
  int count = 1;          // how many it hits
  int back_off_ms = 0;    // 0: the answer names none
  int retry_after_s = 0;  // Retry-After, 0: none
  int delay_ms = 0;       // delay: before the answer; drips and what never ends: between pieces
  int bytes = 1;          // drips: of a piece
  int every = 2;          // item_error: every so many-th item of the batch
  bool enforce = false;   // server_busy: what comes before the back-off is over is refused and prolongs it
  bool stop = false;      // item_error: what follows the first failed item was not tried
};

// Thread-safe.
class Faults {
 public:
  //   kInvalidArgument  naming the field
  static absl::StatusOr<InjectedFault> FromJson(std::string_view json);

  void Add(InjectedFault fault);
  void Clear();
  struct Request {
    std::string_view operation;
    std::string_view mailbox;
    bool has_sync_state = false;
  };
  // The oldest that fits a request, used up by one.
  std::optional<InjectedFault> Take(const Request& request);
  // The same for what a stream is about to tell; `concerns` knows the mailboxes it is about.
  std::optional<InjectedFault> TakeForStream(const std::function<bool(std::string_view mailbox)>& concerns);
  size_t waiting() const;

 private:
  std::optional<InjectedFault> TakeIf(const std::function<bool(const InjectedFault&)>& fits);

  mutable std::mutex mu_;
  std::list<InjectedFault> waiting_;  // guarded by mu_
};

}  // namespace crosspoint::exchange_sim
