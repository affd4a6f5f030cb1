#pragma once

#include <string>

namespace crosspoint::troubles {

struct SceneOptions {
  int replicas = 3;
  int users = 10'000;
  int watchers = 10;
  int limit_ms = 2'000;
  bool namespaces = false;
  std::string only;  // of the troubles; empty: all
};

// Each prints what it saw, in the last line as key=value, and answers the program's exit code.

// All users' meetings begin at one moment, while a PBX reports a call of each of them.
int Storm(const SceneOptions& options);
// Meetings begin one after another while all replicas but one are killed: every edge once, in order, on time.
int Edges(const SceneOptions& options);
// Lines cut and lossy, replicas and Redis killed and frozen, readers that do not read, Redis emptied.
int Cuts(const SceneOptions& options);

}  // namespace crosspoint::troubles
