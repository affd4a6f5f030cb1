#pragma once

namespace crosspoint {

// Rouses a thread that waits in poll() for its descriptor. Signals that nobody has taken yet count once. Thread-safe.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  int fd() const { return fd_; }
  void Signal();
  void Take();

 private:
  int fd_;
};

}  // namespace crosspoint
