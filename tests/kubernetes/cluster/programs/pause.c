// Holds a pod's namespaces open and takes in its orphans; a container runtime would fetch such a program from a registry.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void Leave(int signal) {
  (void)signal;
  _exit(0);
}

static void Reap(int signal) {
  (void)signal;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(void) {
  signal(SIGTERM, Leave);
  signal(SIGINT, Leave);
  signal(SIGCHLD, Reap);
  for (;;) pause();
}
