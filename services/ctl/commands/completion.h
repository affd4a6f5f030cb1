#pragma once

#include <string>

namespace CLI {
class App;
}

namespace crosspoint::ctl {

// A script that completes the commands, options and fixed words of `app`, for "bash" or "zsh"; empty for other shells.
std::string CompletionScript(const CLI::App& app, const std::string& shell);

}  // namespace crosspoint::ctl
