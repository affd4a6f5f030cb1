#include "ctl/client/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

namespace crosspoint::ctl {
namespace {

// SIGUSR1 tells the waiter that the program ends by itself.
sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGUSR1);
  return signals;
}

}  // namespace

Interrupt::Interrupt() {
  const auto signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  waiter_ = std::thread([this] { Wait(); });
}

Interrupt::~Interrupt() {
  {
    const std::lock_guard lock(mu_);
    ending_ = true;
  }
  pthread_kill(waiter_.native_handle(), SIGUSR1);
  waiter_.join();
}

void Interrupt::Wait() {
  const auto signals = Signals();
  for (;;) {
    int number = 0;
    sigwait(&signals, &number);
    std::function<void()> stop;
    {
      const std::lock_guard lock(mu_);
      if (ending_) return;
      stop = std::exchange(stop_, nullptr);
    }
    if (number == SIGUSR1) continue;
    if (stop == nullptr) _exit(128 + number);
    stop();
  }
}

Interrupt::Scope::Scope(Interrupt& interrupt, std::function<void()> stop) : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mu_);
  interrupt_.stop_ = std::move(stop);
}

Interrupt::Scope::~Scope() {
  const std::lock_guard lock(interrupt_.mu_);
  interrupt_.stop_ = nullptr;
}

}  // namespace crosspoint::ctl
