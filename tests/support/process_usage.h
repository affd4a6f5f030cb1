#pragma once

#include <sys/types.h>

namespace crosspoint::testing {

// What a running process has used: processor time in seconds, user and system; memory that is its own, in kB. 0 when it
// is gone.
double CpuSeconds(pid_t pid);
double PrivateKb(pid_t pid);

}  // namespace crosspoint::testing
