#pragma once

#include <filesystem>

#include "tests/story/stage.h"
#include "tests/support/stack/stack.h"

namespace crosspoint::story {

struct TokenFiles {
  std::filesystem::path anna;  // who also administers
  std::filesystem::path pbx;
  std::filesystem::path operations;
};

// Tokens good for 12 hours, as files token-anna, token-pbx and token-operator of `dir`.
TokenFiles WriteTokens(Stage& stage, const std::filesystem::path& dir);

// Prints how to talk to the running stack, with crosspointctl and with grpcurl, and writes the files that this needs
// into the stack's folder.
void TellHowToGoOn(Stage& stage, testing::Stack& stack);

}  // namespace crosspoint::story
