#pragma once

#include <thread>

namespace crosspoint {

// SIGTERM and SIGINT of this process: the first one ends Wait(), a second one ends the process at once with exit
// code 1. Make it before any other thread, which then inherit that these signals are not theirs. SIGPIPE is ignored: a
// peer that hangs up is an error of its write.
class SignalWatcher {
 public:
  SignalWatcher();
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  // Blocks until the first signal, and returns its number.
  int Wait();

 private:
  void Watch();

  int signal_fd_;
  int stop_fd_;
  int first_fd_;  // counts up by the number of the first signal
  std::thread thread_;
};

}  // namespace crosspoint
