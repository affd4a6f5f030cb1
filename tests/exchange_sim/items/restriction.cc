#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_fields.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr int kMaxNodes = 255;

absl::StatusOr<bool> Evaluate(const FieldReader& read, pugi::xml_node node, int& nodes);

absl::StatusOr<bool> Combine(const FieldReader& read, pugi::xml_node node, bool all, int& nodes) {
  for (const pugi::xml_node child : Elements(node)) {
    CROSSPOINT_ASSIGN_OR_RETURN(const bool fits, Evaluate(read, child, nodes));
    if (fits != all) return fits;
  }
  return all;
}

bool Fits(std::string_view text, std::string_view wanted, std::string_view mode) {
  if (mode == "FullString") return text == wanted;
  if (mode == "Prefixed") return text.starts_with(wanted);
  if (mode == "PrefixOnWords" || mode == "ExactPhrase" || mode == "Substring") {
    const size_t at = text.find(wanted);
    if (mode == "Substring" || at == std::string_view::npos) return at != std::string_view::npos;
    const bool starts = at == 0 || text[at - 1] == ' ';
    const bool ends = at + wanted.size() == text.size() || text[at + wanted.size()] == ' ';
    return starts && (ends || mode == "PrefixOnWords");
  }
  return false;
}

absl::StatusOr<bool> Contains(const FieldReader& read, pugi::xml_node node) {
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string text, read(Elements(node).front()));
  const std::string wanted = node.child("t:Constant").attribute("Value").value();
  const std::string_view mode = node.attribute("ContainmentMode").value();
  const std::string_view comparison = node.attribute("ContainmentComparison").value();
  const bool ignore_case = comparison.find("IgnoreCase") != std::string_view::npos || comparison == "Loose";
  const std::string_view effective = mode.empty() ? "FullString" : mode;
  return ignore_case ? Fits(Lower(text), Lower(wanted), effective) : Fits(text, wanted, effective);
}

// -1, 0 or 1; nullopt when the property is unset.
absl::StatusOr<std::optional<int>> Compare(const FieldReader& read, pugi::xml_node node) {
  const auto parts = Elements(node);
  if (parts.size() != 2) return SchemaError("a comparison needs a path and a FieldURIOrConstant");
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string text, read(parts[0]));
  const auto operand = Elements(parts[1]);
  if (operand.empty()) return SchemaError("a comparison needs a Constant or a path");
  std::string wanted = operand[0].attribute("Value").value();
  if (LocalName(operand[0]) != "Constant") {
    CROSSPOINT_ASSIGN_OR_RETURN(wanted, read(operand[0]));
  } else if (const auto time = ParseDateTime(wanted); time && wanted.size() >= 19) {
    wanted = fmt::format("{:020}", time->at);
  }
  if (text.empty()) return std::nullopt;
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (is_number(text) && is_number(wanted) && text.size() != wanted.size()) return text.size() < wanted.size() ? -1 : 1;
  return std::clamp(text.compare(wanted), -1, 1);
}

absl::StatusOr<bool> Evaluate(const FieldReader& read, pugi::xml_node node, int& nodes) {
  if (++nodes > kMaxNodes) return EwsError("ErrorRestrictionTooComplex", "The restriction has more than 255 nodes.");
  const std::string_view name = LocalName(node);
  if (name == "And" || name == "Or") return Combine(read, node, name == "And", nodes);
  const auto parts = Elements(node);
  if (parts.empty()) return SchemaError("an empty search expression");
  if (name == "Not") {
    CROSSPOINT_ASSIGN_OR_RETURN(const bool fits, Evaluate(read, parts[0], nodes));
    return !fits;
  }
  if (name == "Contains") return Contains(read, node);
  if (name == "Exists") {
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string text, read(parts[0]));
    return !text.empty();
  }
  if (name != "IsEqualTo" && name != "IsNotEqualTo" && !name.starts_with("IsGreaterThan") &&
      !name.starts_with("IsLessThan")) {
    return EwsError("ErrorUnsupportedQueryFilter", fmt::format("The filter {} is not simulated.", name));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const std::optional<int> order, Compare(read, node));
  if (!order) return name == "IsNotEqualTo";
  if (name == "IsEqualTo") return *order == 0;
  if (name == "IsNotEqualTo") return *order != 0;
  if (name.ends_with("OrEqualTo") && *order == 0) return true;
  return name.starts_with("IsGreaterThan") ? *order > 0 : *order < 0;
}

}  // namespace

absl::StatusOr<bool> Matches(const ItemView& view, pugi::xml_node restriction) {
  return Fulfils([&view](pugi::xml_node path) { return FieldText(view, path); }, restriction);
}

absl::StatusOr<bool> Fulfils(const FieldReader& read, pugi::xml_node restriction) {
  if (!restriction) return true;
  const auto expressions = Elements(restriction);
  if (expressions.size() != 1) return SchemaError("a Restriction holds one search expression");
  int nodes = 0;
  return Evaluate(read, expressions[0], nodes);
}

}  // namespace crosspoint::exchange_sim
