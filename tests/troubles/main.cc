// Presence under trouble, at size: what watchers see, and when. See README.md.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "tests/troubles/scenes.h"

int main(int argc, char** argv) {
  using namespace crosspoint::troubles;
  CLI::App app("Presence under trouble: replicas as processes, watchers of all users on each, a truth they must equal");
  SceneOptions options;
  std::string scene = "storm";
  app.add_option("scene", scene, "storm, edges or cuts")->check(CLI::IsMember({"storm", "edges", "cuts"}));
  app.add_option("--replicas", options.replicas, "presence replicas")->check(CLI::Range(1, 8));
  app.add_option("--users", options.users, "users (storm: claims at one moment; edges: scheduled claims)")
      ->check(CLI::Range(100, 1'000'000));
  app.add_option("--watchers", options.watchers, "on each replica; each watches its share of the users")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--limit", options.limit_ms, "milliseconds until all watchers must equal the truth");
  app.add_option("--only", options.only, "one of the troubles of cuts, by its name");
  app.add_flag("--namespaces", options.namespaces, "replicas in the network namespaces cp1, cp2, …");
  CLI11_PARSE(app, argc, argv);
  rlimit files{65'536, 65'536};
  setrlimit(RLIMIT_NOFILE, &files);
  if (scene == "storm") return Storm(options);
  if (scene == "edges") return Edges(options);
  return Cuts(options);
}
