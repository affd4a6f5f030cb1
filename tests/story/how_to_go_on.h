#pragma once

#include "tests/story/stage.h"

namespace crosspoint::story {

// Prints how to talk to the running system, with crosspointctl and with grpcurl, and writes the files that this needs
// into the stack's folder.
void TellHowToGoOn(Stage& stage);

}  // namespace crosspoint::story
