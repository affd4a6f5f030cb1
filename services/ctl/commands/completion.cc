#include "ctl/commands/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <vector>

namespace crosspoint::ctl {
namespace {

// One place of the command line: after these commands, these words may come.
struct Place {
  std::string path;                                           // "users import"; empty at the beginning
  std::vector<std::pair<std::string, std::string>> commands;  // word and help
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::string> valued;  // options that take a value
};

void CollectOptions(const CLI::App& app, Place& place) {
  for (const auto* option : app.get_options()) {
    std::vector<std::string> words;
    for (const auto& name : option->get_lnames()) words.push_back("--" + name);
    for (const auto& name : option->get_snames()) words.push_back("-" + name);
    for (const auto& word : words) {
      place.options.emplace_back(word, option->get_description());
      if (option->get_items_expected_max() > 0) place.valued.push_back(word);
    }
  }
}

// The global options can stand everywhere.
void Collect(const CLI::App& app, const CLI::App& root, const std::string& path, std::vector<Place>& places) {
  Place place{.path = path};
  CollectOptions(app, place);
  if (&app != &root) CollectOptions(root, place);
  for (const auto* command : app.get_subcommands(nullptr)) {
    place.commands.emplace_back(command->get_name(), command->get_description());
  }
  places.push_back(std::move(place));
  for (const auto* command : app.get_subcommands(nullptr)) {
    Collect(*command, root, path.empty() ? command->get_name() : path + " " + command->get_name(), places);
  }
}

template <class Pairs>
std::string Words(const Pairs& pairs) {
  std::string words;
  for (const auto& [word, help] : pairs) words += (words.empty() ? "" : " ") + word;
  return words;
}

// In single quotes of a shell, with colons kept apart from zsh's own.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string Escaped(const std::string& word, const std::string& help) {
  std::string escaped;
  for (const char c : word) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
  return Quoted(escaped + ":" + help);
}

// Shell code that walks the words typed so far: options and their values are passed over.
std::string WalkPaths(const std::vector<Place>& places) {
  std::string code;
  for (const auto& place : places) {
    for (const auto& [word, help] : place.commands) {
      code += fmt::format("      {}) place={} ;;\n", Quoted(place.path + "|" + word),
                          Quoted(place.path.empty() ? word : place.path + " " + word));
    }
  }
  return code;
}

std::string ValuedOptions(const std::vector<Place>& places) {
  std::string pattern;
  for (const auto& place : places) {
    for (const auto& word : place.valued) {
      if (("|" + pattern + "|").find("|" + word + "|") == std::string::npos) {
        pattern += (pattern.empty() ? "" : "|") + word;
      }
    }
  }
  return pattern;
}

std::string Bash(const std::vector<Place>& places) {
  std::string cases;
  for (const auto& place : places) {
    cases += fmt::format("    {}) words={}; options={} ;;\n", Quoted(place.path), Quoted(Words(place.commands)),
                         Quoted(Words(place.options)));
  }
  return fmt::format(R"(# bash completion for crosspointctl: source it, or put it into /etc/bash_completion.d/
_crosspointctl() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} place='' words='' options='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place|${{COMP_WORDS[i]}}" in
{}    esac
  done
  case "$place" in
{}  esac
  case "$previous" in
    {}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}}
complete -o filenames -F _crosspointctl crosspointctl
)",
                     WalkPaths(places), cases, ValuedOptions(places));
}

std::string Zsh(const std::vector<Place>& places) {
  std::string cases;
  for (const auto& place : places) {
    std::string commands;
    for (const auto& [word, help] : place.commands) commands += " " + Escaped(word, help);
    std::string options;
    for (const auto& [word, help] : place.options) options += " " + Escaped(word, help);
    cases += fmt::format("    {}) commands=({}); options=({}) ;;\n", Quoted(place.path), commands, options);
  }
  return fmt::format(R"(#compdef crosspointctl
# zsh completion for crosspointctl: put it as _crosspointctl into a folder of $fpath
_crosspointctl() {{
  local place='' i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    case "$place|${{words[i]}}" in
{}    esac
  done
  case "$place" in
{}  esac
  case "${{words[CURRENT-1]}}" in
    {}) _files; return ;;
  esac
  if [[ ${{words[CURRENT]}} == -* ]]; then
    _describe -o option options
  elif (( ${{#commands}} )); then
    _describe command commands
  else
    _files
  fi
}}
if [[ $funcstack[1] == _crosspointctl ]]; then _crosspointctl "$@"; else compdef _crosspointctl crosspointctl; fi
)",
                     WalkPaths(places), cases, ValuedOptions(places));
}

}  // namespace

std::string CompletionScript(const CLI::App& app, const std::string& shell) {
  std::vector<Place> places;
  Collect(app, app, "", places);
  if (shell == "bash") return Bash(places);
  if (shell == "zsh") return Zsh(places);
  return "";
}

}  // namespace crosspoint::ctl
