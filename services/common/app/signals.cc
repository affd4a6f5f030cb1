#include "common/app/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace crosspoint {
namespace {

int Checked(int fd) {
  if (fd < 0) std::abort();  // out of descriptors before the first port is open
  return fd;
}

}  // namespace

SignalWatcher::SignalWatcher() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  signal_fd_ = Checked(signalfd(-1, &ours, SFD_CLOEXEC));
  stop_fd_ = Checked(eventfd(0, EFD_CLOEXEC));
  first_fd_ = Checked(eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { Watch(); });
}

SignalWatcher::~SignalWatcher() {
  eventfd_write(stop_fd_, 1);
  thread_.join();
  for (const int fd : {signal_fd_, stop_fd_, first_fd_}) close(fd);
}

int SignalWatcher::Wait() {
  eventfd_t number = 0;
  while (eventfd_read(first_fd_, &number) != 0) {
  }
  return static_cast<int>(number);
}

void SignalWatcher::Watch() {
  bool first = true;
  while (true) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signal_fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    if (!first) _exit(1);
    first = false;
    eventfd_write(first_fd_, info.ssi_signo);
  }
}

}  // namespace crosspoint
