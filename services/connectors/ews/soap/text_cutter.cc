#include "connectors/ews/soap/text_cutter.h"

#include <optional>

namespace crosspoint::ews {
namespace {

// Behind the '>' that ends the tag beginning at `tag`; a '>' inside an attribute's value does not.
std::optional<size_t> EndOfTag(std::string_view document, size_t tag) {
  for (size_t at = tag; at != document.npos; ++at) {
    at = document.find_first_of("\"'>", at);
    if (at == document.npos) return std::nullopt;
    if (document[at] == '>') return at + 1;
    at = document.find(document[at], at + 1);
    if (at == document.npos) return std::nullopt;
  }
  return std::nullopt;
}

// Whether `tag`, from '<' to '>', opens an element of that local name that has content.
bool Opens(std::string_view tag, std::string_view local_name) {
  if (tag.size() < 3 || tag[tag.size() - 2] == '/') return false;
  std::string_view name = tag.substr(1, tag.find_first_of(" \t\r\n>") - 1);
  if (const size_t colon = name.find(':'); colon != name.npos) name.remove_prefix(colon + 1);
  return name == local_name;
}

}  // namespace

std::string CutText(std::string& document, std::string_view local_name) {
  const std::string_view view = document;
  for (size_t tag = view.find('<'); tag != view.npos; tag = view.find('<', tag)) {
    if (view.substr(tag + 1, 1) == "!") return {};
    const auto begin = EndOfTag(view, tag);
    if (!begin) return {};
    if (!Opens(view.substr(tag, *begin - tag), local_name)) {
      tag = *begin;
      continue;
    }
    const size_t end = view.find('<', *begin);
    if (end == view.npos || view.substr(end, 2) != "</") return {};
    if (view.substr(*begin, end - *begin).find('&') != view.npos) return {};
    // The large part stays in its memory; only what stands around it moves.
    std::string rest(view.substr(0, *begin));
    rest.append(view.substr(end));
    document.resize(end);
    document.erase(0, *begin);
    std::string text = std::move(document);
    document = std::move(rest);
    return text;
  }
  return {};
}

}  // namespace crosspoint::ews
