#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

#include "common/config/binder.h"
#include "common/config/binder_state.h"
#include "common/config/nearest.h"
#include "common/status/status.h"

namespace crosspoint::config {
namespace {

std::string VariableName(std::string_view prefix, std::string_view key) {
  std::string name(prefix);
  for (const char c : key) {
    name += c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

// Kubernetes puts addresses of Services into every pod's environment; a Service called crosspoint-presence makes
// CROSSPOINT_PRESENCE_PORT=tcp://…, which is not meant for us. Source: Kubernetes documentation, "Accessing the
// Service".
bool IsServiceLink(std::string_view name_after_prefix, const std::string& value) {
  static const std::regex kNames(
      "SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");
  const std::string name(name_after_prefix);
  return std::regex_match(name, kNames) || (name == "PORT" && value.find("://") != std::string::npos);
}

bool IsEntryName(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> items;
  size_t begin = 0;
  while (begin <= text.size() && !text.empty()) {
    const auto end = std::min(text.find(',', begin), text.size());
    auto item = text.substr(begin, end - begin);
    const auto first = item.find_first_not_of(' ');
    item = first == std::string::npos ? "" : item.substr(first, item.find_last_not_of(' ') - first + 1);
    if (!item.empty()) items.push_back(std::move(item));
    begin = end + 1;
  }
  return items;
}

}  // namespace

// One reading of one file and one environment. Problems are thrown inside, as yaml-cpp's are, and end in Load.
class Binder::Loader {
 public:
  Loader(Binder& binder, std::string file, std::string_view env_prefix)
      : binder_(binder), state_(*binder.state_), file_(std::move(file)), env_prefix_(env_prefix) {}

  struct Problem {
    std::string line;
  };

  void ReadFile() {
    YAML::Node root;
    try {
      root = YAML::LoadFile(file_);
    } catch (const YAML::BadFile&) {
      throw Problem{fmt::format("{}: cannot be read", file_)};
    } catch (const YAML::ParserException& error) {
      throw Problem{fmt::format("{}:{}: not YAML: {}", file_, error.mark.line + 1, error.msg)};
    }
    if (root.IsNull()) return;
    if (!root.IsMap()) throw Problem{fmt::format("{}: must hold keys and values", At(root))};
    ReadMapping(root, "");
  }

  void ReadVariables(const Environment& environment) {
    for (const auto& [name, value] : environment) {
      if (name.rfind(env_prefix_, 0) != 0) continue;
      auto* entry = FindByVariable(name);
      if (entry == nullptr && IsServiceLink(std::string_view(name).substr(env_prefix_.size()), value)) continue;
      if (entry == nullptr) throw Problem{UnknownVariable(name)};
      if (const auto* set_text = std::get_if<SetText>(&entry->target)) {
        Take((*set_text)(value), name, "");
      } else if (const auto* set_texts = std::get_if<SetTexts>(&entry->target)) {
        (*set_texts)(SplitAtCommas(value));
      } else {
        throw Problem{fmt::format("{}: holds several values and can only be set in the file", name)};
      }
      entry->set_at = name;
    }
  }

  void CheckAll() {
    for (const auto& entry : state_.entries) {
      if (!entry.required || !entry.set_at.empty()) continue;
      const auto variable = VariableName(env_prefix_, entry.key);
      throw Problem{file_.empty()
                        ? fmt::format("{}: is required; set {} or name a file with --config", entry.key, variable)
                        : fmt::format("{}: {}: is required; set it here or as {}", file_, entry.key, variable)};
    }
    for (const auto& [key, objection] : state_.checks) {
      const auto text = objection();
      if (text.empty()) continue;
      const auto* entry = state_.Find(key);
      auto at = entry != nullptr && !entry->set_at.empty() ? entry->set_at : file_;
      if (at.rfind(env_prefix_, 0) != 0) at += at.empty() ? key : ": " + key;
      throw Problem{fmt::format("{}: {}", at, text)};
    }
  }

 private:
  std::string At(const YAML::Node& node) const { return fmt::format("{}:{}", file_, node.Mark().line + 1); }

  static void Take(const std::optional<std::string>& objection, const std::string& at, const std::string& key) {
    if (!objection) return;
    throw Problem{key.empty() ? fmt::format("{}: {}", at, *objection) : fmt::format("{}: {}: {}", at, key, *objection)};
  }

  void ReadMapping(const YAML::Node& mapping, const std::string& prefix) {
    std::set<std::string> seen;
    for (const auto& pair : mapping) {
      const auto at = At(pair.first);
      const auto name = pair.first.IsScalar() ? pair.first.Scalar() : std::string();
      const auto key = prefix + name;
      if (!seen.insert(name).second) throw Problem{fmt::format("{}: {}: is there twice", at, key)};
      // A dot in a name would reach into a block from outside, past the check for twice.
      auto* entry = name.find('.') == std::string::npos ? state_.Find(key) : nullptr;
      if (entry != nullptr) {
        ReadEntry(*entry, pair.second, at);
      } else if (HasBlock(key)) {
        ReadBlock(pair.second, key, at);
      } else {
        throw Problem{fmt::format("{}: {}: unknown key{}", at, key, Advice(prefix, key))};
      }
    }
  }

  void ReadBlock(const YAML::Node& node, const std::string& key, const std::string& at) {
    if (node.IsNull()) return;
    if (!node.IsMap()) throw Problem{fmt::format("{}: {}: must be a block with keys of its own", at, key)};
    ReadMapping(node, key + ".");
  }

  void ReadEntry(State::Entry& entry, const YAML::Node& node, const std::string& at) {
    entry.set_at = at;
    std::visit([&](const auto& target) { ReadTarget(target, entry.key, node, at); }, entry.target);
  }

  void ReadTarget(const SetText& set, const std::string& key, const YAML::Node& node, const std::string& at) {
    if (node.IsNull()) throw Problem{fmt::format("{}: {}: has no value; set one or remove the key", at, key)};
    if (!node.IsScalar()) throw Problem{fmt::format("{}: {}: must be a single value", at, key)};
    Take(set(node.Scalar()), at, key);
  }

  void ReadTarget(const SetTexts& set, const std::string& key, const YAML::Node& node, const std::string& at) {
    std::vector<std::string> texts;
    if (!node.IsSequence()) throw Problem{fmt::format("{}: {}: must be a list: [first, second]", at, key)};
    for (const auto& item : node) {
      if (!item.IsScalar()) throw Problem{fmt::format("{}: {}: must be a list of single values", At(item), key)};
      texts.push_back(item.Scalar());
    }
    set(std::move(texts));
  }

  // The nesting ends before anything is read: a map inside a map names its own place in full.
  void BindInside(const std::string& key, const std::function<void()>& bind) {
    const Nesting nesting(binder_, key);
    bind();
  }

  void ReadTarget(const BindEntries& bind, const std::string& key, const YAML::Node& node, const std::string& at) {
    if (node.IsNull()) return;
    if (!node.IsMap()) throw Problem{fmt::format("{}: {}: must be a block of names, each with its keys", at, key)};
    std::vector<std::string> names;
    for (const auto& pair : node) {
      const auto name = pair.first.IsScalar() ? pair.first.Scalar() : std::string();
      if (!IsEntryName(name)) {
        throw Problem{fmt::format("{}: {}: names consist of letters, digits, - and _", At(pair.first), key)};
      }
      if (std::find(names.begin(), names.end(), name) != names.end()) {
        throw Problem{fmt::format("{}: {}.{}: is there twice", At(pair.first), key, name)};
      }
      names.push_back(name);
    }
    BindInside(key, [&] { bind(binder_, names); });
    for (const auto& pair : node) ReadBlock(pair.second, key + "." + pair.first.Scalar(), At(pair.first));
  }

  void ReadTarget(const BindItems& bind, const std::string& key, const YAML::Node& node, const std::string& at) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) throw Problem{fmt::format("{}: {}: must be a list of blocks", at, key)};
    BindInside(key, [&] { bind(binder_, node.size()); });
    for (size_t i = 0; i < node.size(); ++i) ReadBlock(node[i], fmt::format("{}.{}", key, i), At(node[i]));
  }

  bool HasBlock(const std::string& key) const {
    return std::any_of(state_.entries.begin(), state_.entries.end(),
                       [&](const auto& entry) { return entry.key.rfind(key + ".", 0) == 0; });
  }

  State::Entry* FindByVariable(const std::string& name) {
    for (auto& entry : state_.entries) {
      if (VariableName(env_prefix_, entry.key) == name) return &entry;
    }
    return nullptr;
  }

  // What to do about an unknown key: the one probably meant, else all that are possible in its block.
  std::string Advice(const std::string& prefix, const std::string& key) const {
    std::set<std::string> here;
    std::vector<std::string> candidates;
    for (const auto& entry : state_.entries) {
      candidates.push_back(entry.key);
      for (auto dot = entry.key.find('.'); dot != std::string::npos; dot = entry.key.find('.', dot + 1)) {
        candidates.push_back(entry.key.substr(0, dot));
      }
      if (entry.key.rfind(prefix, 0) == 0)
        here.insert(entry.key.substr(prefix.size(), entry.key.find('.', prefix.size()) - prefix.size()));
    }
    const auto nearest = Nearest(key, candidates);
    if (!nearest.empty()) return fmt::format("; did you mean {}?", nearest);
    return fmt::format("; known {}: {}", prefix.empty() ? "at top level" : "here", fmt::join(here, ", "));
  }

  std::string UnknownVariable(const std::string& name) const {
    std::vector<std::string> candidates;
    for (const auto& entry : state_.entries) candidates.push_back(VariableName(env_prefix_, entry.key));
    const auto nearest = Nearest(name, candidates);
    return nearest.empty() ? fmt::format("{}: unknown variable; {}* are read as configuration", name, env_prefix_)
                           : fmt::format("{}: unknown variable; did you mean {}?", name, nearest);
  }

  Binder& binder_;
  State& state_;
  std::string file_;
  std::string env_prefix_;
};

absl::Status Binder::Load(const std::filesystem::path& file, std::string_view env_prefix,
                          const Environment& environment) {
  Loader loader(*this, file.string(), env_prefix);
  try {
    if (!file.empty()) loader.ReadFile();
    loader.ReadVariables(environment);
    loader.CheckAll();
  } catch (const Loader::Problem& problem) {
    return absl::InvalidArgumentError(problem.line);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(fmt::format("{}:{}: {}", file.string(), error.mark.line + 1, error.msg));
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::config
