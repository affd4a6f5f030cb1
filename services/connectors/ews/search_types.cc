#include "connectors/ews/search_types.h"

#include <fmt/format.h>

#include "common/status/status.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

bool IsNamed(const SearchField& field) {
  const auto* name = std::get_if<FieldName>(&field);
  return name == nullptr || !name->uri.empty();
}

// Adds the nodes of `restriction` to `nodes` and stops when there are too many, so that depth is bounded, too.
absl::Status Check(const Restriction& restriction, int& nodes) {
  if (++nodes > kMaxRestrictionNodes) {
    return InvalidField("restriction", fmt::format("must have at most {} nodes", kMaxRestrictionNodes));
  }
  using Kind = Restriction::Kind;
  const bool joins = restriction.kind == Kind::kAnd || restriction.kind == Kind::kOr;
  if (!joins && restriction.kind != Kind::kNot) {
    return IsNamed(restriction.field) ? absl::OkStatus() : InvalidField("restriction", "has a field without a name");
  }
  if (joins ? restriction.terms.empty() : restriction.terms.size() != 1) {
    return InvalidField("restriction", "has a part without its terms");
  }
  for (const Restriction& term : restriction.terms) CROSSPOINT_RETURN_IF_ERROR(Check(term, nodes));
  return absl::OkStatus();
}

}  // namespace

SearchValue::SearchValue(int number) : text_(std::to_string(number)) {}
SearchValue::SearchValue(bool value) : text_(value ? "true" : "false") {}
SearchValue::SearchValue(TimePoint time) : text_(FormatDateTime(time)) {}

absl::Status Restriction::Validate() const {
  int nodes = 0;
  return Check(*this, nodes);
}

Restriction Compare(Restriction::Kind kind, SearchField field, const SearchValue& value) {
  return {.kind = kind, .field = std::move(field), .value = value.text(), .terms = {}};
}

Restriction IsEqualTo(SearchField field, const SearchValue& value) {
  return Compare(Restriction::Kind::kIsEqualTo, std::move(field), value);
}

Restriction IsNotEqualTo(SearchField field, const SearchValue& value) {
  return Compare(Restriction::Kind::kIsNotEqualTo, std::move(field), value);
}

Restriction Contains(SearchField field, std::string text, ContainmentMode mode, ContainmentComparison comparison) {
  return {.kind = Restriction::Kind::kContains,
          .field = std::move(field),
          .value = std::move(text),
          .mode = mode,
          .comparison = comparison,
          .terms = {}};
}

Restriction Exists(SearchField field) {
  return {.kind = Restriction::Kind::kExists, .field = std::move(field), .value = {}, .terms = {}};
}

Restriction And(std::vector<Restriction> terms) {
  return {.kind = Restriction::Kind::kAnd, .field = {}, .value = {}, .terms = std::move(terms)};
}

Restriction Or(std::vector<Restriction> terms) {
  return {.kind = Restriction::Kind::kOr, .field = {}, .value = {}, .terms = std::move(terms)};
}

Restriction Not(Restriction term) {
  Restriction restriction{.kind = Restriction::Kind::kNot, .field = {}, .value = {}, .terms = {}};
  restriction.terms.push_back(std::move(term));
  return restriction;
}

absl::Status PageQuery::Validate() const {
  if (offset < 0) return InvalidField("page.offset", "must not be negative");
  if (max_entries < 1 || max_entries > kMaxPageEntries) {
    return InvalidField("page.max_entries", fmt::format("must be 1 to {}", kMaxPageEntries));
  }
  return absl::OkStatus();
}

absl::Status FindItemsQuery::Validate() const {
  CROSSPOINT_RETURN_IF_ERROR(page.Validate());
  for (const SortKey& key : sort) {
    if (!IsNamed(key.field)) return InvalidField("sort", "has a field without a name");
  }
  return restriction ? restriction->Validate() : absl::OkStatus();
}

absl::Status CompletePageEnd(const PageQuery& query, size_t count, PageEnd& end) {
  if (end.next_offset <= query.offset) end.next_offset = query.offset + static_cast<int>(count);
  if (!end.includes_last && end.next_offset == query.offset) {
    return absl::UnavailableError("the server sent an empty page that is not the last");
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::ews
