#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/config/binder.h"

namespace crosspoint::config {

// What a Binder knows; between binder.cc (declaring) and loader.cc (reading).
struct Binder::State {
  struct Entry {
    std::string key;
    Target target;
    bool required = false;
    std::string set_at;  // "presence.yaml:12" or the name of a variable; empty while unset
  };

  Entry* Find(std::string_view key) {
    for (auto& entry : entries) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }

  std::deque<Entry> entries;  // a deque, so that entries stay where they are while maps add their own
  std::vector<std::pair<std::string, std::function<std::string()>>> checks;
};

}  // namespace crosspoint::config
