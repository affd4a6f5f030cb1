#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace crosspoint::ctl {

// Ctrl-C and SIGTERM. Made first in main, before any other thread, so that all of them leave these signals to it. While
// a Scope lives the signal calls its function, once; otherwise, or the second time, it ends the process with 128 plus
// its number.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // `stop` is called on another thread.
  class Scope {
   public:
    Scope(Interrupt& interrupt, std::function<void()> stop);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Interrupt& interrupt_;
  };

 private:
  void Wait();

  std::mutex mu_;
  std::function<void()> stop_;  // guarded by mu_
  bool ending_ = false;         // guarded by mu_
  std::thread waiter_;
};

}  // namespace crosspoint::ctl
