#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "exchange_sim/call.h"
#include "exchange_sim/moment.h"

namespace crosspoint::exchange_sim {

// What changed the store, as the requests that did it, so that a simulator that was killed comes back with everything
// it had answered: the same mailboxes, items, ids and change keys, and sync states that go on. A line of JSON for each;
// an entry is written before it takes effect, so what was killed in between happens although nobody was answered.
// Thread-safe.
class Journal {
 public:
  // Something that is done again. One of the two kinds.
  struct Entry {
    Moment moment;
    std::string operation;  // an EWS operation, run as `caller`; or
    std::string path;       // a command of the side channel
    std::string body;       // the operation's element, or the command's
    Caller caller;
    std::string zone;  // of the request
  };

  // Creates `file`, or reads what is in it; a last line that was cut off is dropped.
  //   kInvalidArgument  not a journal, or of a company made from other arguments
  static absl::StatusOr<std::unique_ptr<Journal>> Open(const std::string& file, int people, uint64_t seed);

  const Birth& birth() const { return birth_; }
  // What was in the file; once.
  std::vector<Entry> TakePast() { return std::move(past_); }
  void Write(const Entry& entry);

  // Whether an EWS operation changes anything that a restart must bring back.
  static bool Changes(std::string_view operation);

 private:
  Journal() = default;
  absl::Status Read(const std::string& file, int people, uint64_t seed);
  void WriteLine(const std::string& line);

  Birth birth_;
  std::vector<Entry> past_;
  std::mutex mu_;
  std::ofstream out_;  // guarded by mu_
};

}  // namespace crosspoint::exchange_sim
