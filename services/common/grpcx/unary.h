#pragma once

#include "common/grpcx/guard_state.h"

namespace crosspoint::grpcx {

// Takes the calls of a unary method, one after another, from now until the server shuts down. Quick methods run on the
// thread that read the call, the others on the pool for calls that wait.
void AcceptUnary(GuardedMethod& method);

}  // namespace crosspoint::grpcx
